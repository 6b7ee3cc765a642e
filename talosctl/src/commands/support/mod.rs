//! `talosctl support`: one archive with what explains the state of nodes.

mod cluster;
mod collect;
mod report;

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use futures::stream::{self, StreamExt};

use crate::failure::text;
use crate::files;
use crate::global::{Global, Insecure};
use crate::node::Node;
use crate::output::note;
use crate::prompt;
use crate::session::Session;
use crate::track::{Progress, Style};
use collect::{ALL, Found};
pub use report::Report;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Collect logs and state of nodes in one archive
///
/// Resources that hold secrets are left out. The archive is not encrypted: look through it before you pass
/// it on. What could not be collected is told, and stands in errors.log of the archive.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2,10.5.0.3 support
  talosctl -n 10.5.0.2 support -O node.zip")]
pub struct Args {
    /// The archive
    #[arg(short = 'O', long, default_value = "support.zip", value_name = "FILE")]
    output: PathBuf,
    /// How many things are asked for at once
    #[arg(short = 'w', long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    num_workers: u8,
    /// Say what is put into the archive
    #[arg(short, long)]
    verbose: bool,
    /// Accepted: the archive is never encrypted
    #[arg(long, hide = true)]
    no_encryption: bool,
    /// Whom to encrypt the archive for
    #[arg(long, hide = true, value_delimiter = ',', value_name = "KEY")]
    encryption_recipients: Vec<String>,
    /// Encrypt for those only
    #[arg(long, hide = true)]
    encryption_no_default_recipients: bool,
    #[command(flatten)]
    insecure: Insecure,
}

/// How long a node may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is about the whole cluster, in reports.
const CLUSTER: &str = "cluster";

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    anyhow::ensure!(
        args.encryption_recipients.is_empty() && !args.encryption_no_default_recipients,
        "archives cannot be encrypted yet: leave out --encryption-recipients and encrypt the file with a program of yours"
    );
    let session = Session::open_for(global, &args.insecure)?;
    let nodes = session.nodes()?;
    if args.output.exists() {
        let question = format!("{} exists already, replace it?", args.output.display());
        anyhow::ensure!(
            prompt::somebody_there() && prompt::confirm(&question).await,
            "{} exists already: name another file with -O",
            args.output.display()
        );
    }
    let how = How { workers: args.num_workers, verbose: args.verbose, kubernetes: !args.insecure.insecure };
    let report = place(&nodes, &args.output, how).await?;
    report.result()
}

/// Collects everything of these nodes into a new archive.
///
/// # Errors
/// If the archive cannot be written.
pub async fn archive(nodes: &[Node], output: &Path) -> anyhow::Result<Report> {
    files::ensure_free(output, false)?;
    place(nodes, output, How { workers: 1, verbose: false, kubernetes: true }).await
}

/// How it is collected.
#[derive(Debug, Clone, Copy)]
struct How {
    /// Things that are asked for at once.
    workers: u8,
    /// Whether each file is told.
    verbose: bool,
    /// Whether Kubernetes is asked as well.
    kubernetes: bool,
}

async fn place(nodes: &[Node], output: &Path, how: How) -> anyhow::Result<Report> {
    let place = files::target(output).with_context(|| format!("cannot write {}", output.display()))?;
    let part = place.with_added_extension("part");
    let made = write(&part, nodes, how).await;
    let placed = made.and_then(|report| {
        let named = std::fs::rename(&part, &place);
        named.with_context(|| format!("cannot name the archive {}", output.display()))?;
        Ok(report)
    });
    if placed.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    let report = placed?;
    note(&format!("support bundle is written to {}", output.display()));
    Ok(report)
}

/// The archive under way.
struct Bundle<'a> {
    zip: ZipWriter<BufWriter<File>>,
    report: Report,
    progress: &'a Progress,
    verbose: bool,
}

impl Bundle<'_> {
    /// Takes what was found of a node, or of the cluster.
    fn take(&mut self, whose: &str, what: &str, found: anyhow::Result<Found>) -> anyhow::Result<()> {
        let found = found.unwrap_or_else(|error| {
            self.miss(whose, what, &error);
            Found::default()
        });
        // An address of IPv6 is no name for a folder everywhere.
        let folder =
            if whose == CLUSTER { cluster::FOLDER.to_owned() } else { whose.replace([':', '/'], "-") };
        for (name, content) in found.files {
            put(&mut self.zip, &format!("{folder}/{name}"), &content)?;
            if self.verbose {
                self.progress.line(whose, &format!("{name}, {} bytes", content.len()));
            }
        }
        for (name, error) in found.missing {
            self.miss(whose, &name, &error);
        }
        Ok(())
    }

    fn miss(&mut self, whose: &str, what: &str, error: &anyhow::Error) {
        let line = self.report.miss(whose, what, error);
        self.progress.line(whose, &format!("not collected: {line}"));
    }

    fn finish(mut self) -> anyhow::Result<Report> {
        if let Some(text) = self.report.file() {
            put(&mut self.zip, "errors.log", text.as_bytes())?;
        }
        let file = self.zip.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(self.report)
    }
}

/// Adds a file. Its date is the earliest that there is: the content says when it was made.
fn put<W: Write + Seek>(zip: &mut ZipWriter<W>, name: &str, content: &[u8]) -> anyhow::Result<()> {
    zip.start_file(name, SimpleFileOptions::default().unix_permissions(0o600))?;
    Ok(zip.write_all(content)?)
}

async fn write(part: &Path, nodes: &[Node], how: How) -> anyhow::Result<Report> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(part);
    let file = file.with_context(|| format!("cannot create {}", part.display()))?;
    let names: Vec<String> = nodes.iter().map(|node| node.name.clone()).collect();
    let progress = Progress::new(&names, Style::Auto);
    let zip = ZipWriter::new(BufWriter::new(file));
    let bundle =
        RefCell::new(Bundle { zip, report: Report::default(), progress: &progress, verbose: how.verbose });
    let there = present(nodes, &bundle).await?;
    let work = there.iter().flat_map(|node| ALL.iter().map(move |collector| (node, collector)));
    let mut running = stream::iter(work)
        .map(|(node, collector)| {
            progress.tell(&node.name, &format!("collecting {}", collector.name));
            async move { (node, collector, (collector.collect)(node).await) }
        })
        .buffer_unordered(usize::from(how.workers));
    while let Some((node, collector, result)) = running.next().await {
        bundle.borrow_mut().take(&node.name, collector.name, result)?;
    }
    if !there.is_empty() && how.kubernetes {
        let result = cluster::collect(&there).await;
        bundle.borrow_mut().take(CLUSTER, "nodes and pods of Kubernetes", result)?;
    }
    for node in &there {
        let text = match bundle.borrow().report.count(&node.name) {
            0 => "done".to_owned(),
            count => format!("done, {count} not collected"),
        };
        progress.tell(&node.name, &text);
    }
    bundle.into_inner().finish()
}

/// The nodes that answer. One that does not is not asked again: each question would take its time.
async fn present(nodes: &[Node], bundle: &RefCell<Bundle<'_>>) -> anyhow::Result<Vec<Node>> {
    let asked = nodes.iter().map(|node| async move {
        let answer = tokio::time::timeout(PATIENCE, collect::summary(node)).await;
        answer.with_context(|| format!("no answer within {} s", PATIENCE.as_secs())).flatten()
    });
    let mut there = Vec::new();
    for (node, answer) in nodes.iter().zip(futures::future::join_all(asked).await) {
        let mut bundle = bundle.borrow_mut();
        match answer {
            Ok(found) => {
                bundle.take(&node.name, "summary", Ok(found))?;
                there.push(node.clone());
            }
            Err(error) => {
                bundle.report.miss(&node.name, "summary", &error);
                bundle.report.silent(&node.name);
                bundle.progress.tell(&node.name, &format!("failed: {}", text(&error)));
            }
        }
    }
    Ok(there)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use tonic::Code;
    use zip::{CompressionMethod, ZipArchive};

    use super::*;
    use crate::fake::{Answer, node};

    fn files(path: &Path) -> Vec<String> {
        let archive = ZipArchive::new(File::open(path).unwrap()).unwrap();
        archive.file_names().map(|name| name.unwrap().into_owned()).collect()
    }

    #[test]
    fn files_in_the_archive_are_compressed_and_their_owners_alone() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let content = b"line\n".repeat(100);
        put(&mut zip, "a/one.log", &content).unwrap();
        let mut archive = ZipArchive::new(zip.finish().unwrap()).unwrap();
        let mut file = archive.by_name("a/one.log").unwrap();
        assert_eq!(file.compression(), CompressionMethod::Deflated);
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o600));
        let mut read = Vec::new();
        file.read_to_end(&mut read).unwrap();
        assert_eq!(read, content);
    }

    #[tokio::test]
    async fn a_node_that_does_not_answer_is_a_failure_and_the_others_are_collected() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s.zip");
        let here = node("10.5.0.2", |method, _| match method {
            "Version" => Answer::ok([proto::machine::VersionResponse {
                messages: vec![proto::machine::Version::default()],
            }]),
            "LogsContainers" => Answer::ok([proto::machine::LogsContainersResponse {
                messages: vec![proto::machine::LogsContainer {
                    metadata: None,
                    ids: vec!["apid".into(), "gone".into()],
                }],
            }]),
            "Logs" => Answer::ok([proto::common::Data { metadata: None, bytes: "line".into() }]),
            "ServiceList" => Answer::ok([proto::machine::ServiceListResponse {
                messages: vec![proto::machine::ServiceList {
                    metadata: None,
                    services: vec![proto::machine::ServiceInfo { id: "apid".into(), ..Default::default() }],
                }],
            }]),
            _ => Answer::refuse(Code::PermissionDenied, "not authorized"),
        });
        let dead = node("10.5.0.9", |_, _| Answer::refuse(Code::Unavailable, "no route to host"));
        let how = How { workers: 2, verbose: false, kubernetes: true };
        let report = write(&path, &[here, dead], how).await.unwrap();
        let names = files(&path);
        for name in ["summary", "service-logs/apid.log", "service-logs/apid.state"] {
            assert!(names.contains(&format!("10.5.0.2/{name}")), "{name} in {names:?}");
        }
        assert!(names.contains(&"errors.log".to_owned()));
        assert!(!names.iter().any(|name| name.starts_with("10.5.0.9")), "{names:?}");
        let missing = report.file().unwrap();
        for line in
            ["10.5.0.2: kernel log: rpc error", "10.5.0.9: summary: rpc error", "cluster: nodes and pods"]
        {
            assert!(missing.contains(line), "{line} in {missing}");
        }
        assert_eq!(report.count("10.5.0.9"), 1, "it is asked once");
        assert_eq!(report.result().unwrap_err().to_string(), "nothing could be collected of 10.5.0.9");
    }
}
