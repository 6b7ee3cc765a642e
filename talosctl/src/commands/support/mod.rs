//! `talosctl support`: one archive with what explains the state of nodes.

mod collect;

use std::cell::{Cell, RefCell};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use futures::stream::{self, StreamExt};

use crate::failure::text;
use crate::global::{Global, Insecure};
use crate::node::Node;
use crate::output::note;
use crate::prompt;
use crate::session::Session;
use crate::track::{Progress, Style};
use collect::Collector;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Collect logs and state of nodes in one archive
///
/// Resources that hold secrets are left out. The archive is not encrypted: look through it before you pass
/// it on.
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
    /// Say what could not be collected
    #[arg(short, long)]
    verbose: bool,
    /// Accepted: the archive is never encrypted
    #[arg(long, hide = true)]
    no_encryption: bool,
    #[command(flatten)]
    insecure: Insecure,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
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
    let part = args.output.with_added_extension("part");
    let made = write(&part, &nodes, &args).await;
    let placed = made.and_then(|()| {
        std::fs::rename(&part, &args.output)
            .with_context(|| format!("cannot name the archive {}", args.output.display()))
    });
    if placed.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    placed?;
    note(&format!("support bundle is written to {}", args.output.display()));
    Ok(())
}

async fn write(part: &Path, nodes: &[Node], args: &Args) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(part);
    let file = file.with_context(|| format!("cannot create {}", part.display()))?;
    let zip = RefCell::new(ZipWriter::new(BufWriter::new(file)));
    let names: Vec<String> = nodes.iter().map(|node| node.name.clone()).collect();
    let progress = Progress::new(&names, Style::Auto);
    let collected = Cell::new(0usize);
    let failed = RefCell::new(String::new());
    let work = nodes.iter().flat_map(|node| collect::ALL.iter().map(move |collector| (node, collector)));
    let mut running = stream::iter(work)
        .map(|(node, collector)| {
            progress.tell(&node.name, &format!("collecting {}", collector.name));
            async move { (node, collector, (collector.collect)(node).await) }
        })
        .buffer_unordered(usize::from(args.num_workers));
    while let Some((node, collector, result)) = running.next().await {
        match result {
            Ok(files) => add(&zip, node, files, &collected)?,
            Err(error) => tell(args, &progress, &failed, node, collector, &error),
        }
    }
    names.iter().for_each(|name| progress.tell(name, "done"));
    if !failed.borrow().is_empty() {
        put(&mut zip.borrow_mut(), "errors.log", failed.borrow().as_bytes())?;
    }
    anyhow::ensure!(collected.get() > 0, "nothing could be collected:\n{}", failed.borrow());
    finish(zip.into_inner())
}

fn add(
    zip: &RefCell<ZipWriter<BufWriter<File>>>,
    node: &Node,
    files: Vec<collect::File>,
    collected: &Cell<usize>,
) -> anyhow::Result<()> {
    // An address of IPv6 is no name for a folder everywhere.
    let folder = node.name.replace([':', '/'], "-");
    for (name, content) in files {
        put(&mut zip.borrow_mut(), &format!("{folder}/{name}"), &content)?;
        collected.set(collected.get() + 1);
    }
    Ok(())
}

/// Adds a file. Its date is the earliest that there is: the content says when it was made.
fn put<W: Write + Seek>(zip: &mut ZipWriter<W>, name: &str, content: &[u8]) -> anyhow::Result<()> {
    zip.start_file(name, SimpleFileOptions::default().unix_permissions(0o600))?;
    Ok(zip.write_all(content)?)
}

fn tell(
    args: &Args,
    progress: &Progress,
    failed: &RefCell<String>,
    node: &Node,
    collector: &Collector,
    error: &anyhow::Error,
) {
    let line = format!("{}: {}", collector.name, text(error));
    if args.verbose {
        progress.line(&node.name, &line);
    }
    failed.borrow_mut().push_str(&format!("{}: {line}\n", node.name));
}

fn finish(zip: ZipWriter<BufWriter<File>>) -> anyhow::Result<()> {
    let file = zip.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    Ok(file.sync_all()?)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use zip::{CompressionMethod, ZipArchive};

    use super::*;

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
}
