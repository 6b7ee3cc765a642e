//! `talosctl cluster destroy`.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use provision::local;

use super::files;
use crate::commands::support;
use crate::global::Global;
use crate::output::note;
use crate::session::Session;

/// Remove a cluster and everything that it made
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl cluster destroy
  talosctl cluster destroy --name demo --save-cluster-logs-archive-path logs.tar.gz")]
pub struct Args {
    #[command(flatten)]
    place: super::Place,
    /// Go on where something is in the way
    #[arg(short, long)]
    force: bool,
    /// Keep what explains the state of the nodes in this zip, as `talosctl support` does
    #[arg(long, value_name = "FILE")]
    save_support_archive_path: Option<PathBuf>,
    /// Keep the logs of nodes and host in this tar.gz
    #[arg(long, value_name = "FILE")]
    save_cluster_logs_archive_path: Option<PathBuf>,
    /// Client configuration that has the context, instead of $TALOSCONFIG or ~/.talos/config
    #[arg(long, value_name = "PATH", alias = "talosconfig")]
    talosconfig_destination: Option<PathBuf>,
}

/// Runs it.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let root = args.place.root()?;
    let dir = root.join(&args.place.name);
    if let Some(path) = &args.save_cluster_logs_archive_path {
        let saved =
            save_logs(&dir, path).with_context(|| format!("cannot save the logs in {}", path.display()));
        go_on(saved, args.force)?;
    }
    if let Some(path) = &args.save_support_archive_path {
        let saved = save_support(&root, &args.place.name, path).await;
        go_on(
            saved.with_context(|| format!("cannot save the support archive in {}", path.display())),
            args.force,
        )?;
    }
    // While the cluster's own files say what its entries are.
    let talosconfig = files::destination(args.talosconfig_destination);
    let global = Global { talosconfig, ..Global::default() };
    if sys::process::is_root() {
        go_on(files::forget(&global, &dir), args.force)?;
    }
    let progress = |event: local::Event| {
        if let local::Event::Cluster(text) = event {
            note(&text);
        }
    };
    Ok(local::destroy(&root, &args.place.name, &progress).await?)
}

async fn save_support(root: &Path, name: &str, path: &Path) -> anyhow::Result<()> {
    let cluster = local::show(root, name)?.cluster;
    let own = files::own(&cluster)?;
    let session = Session::with_context(&Global::default(), own.select(None)?)?;
    // A node of which nothing could be collected does not keep the cluster from going.
    support::archive(&session.nodes()?, path).await.map(drop)
}

fn go_on(result: anyhow::Result<()>, force: bool) -> anyhow::Result<()> {
    match result {
        Err(error) if force => {
            note(&format!("{error:#}"));
            Ok(())
        }
        other => other,
    }
}

/// The host's log, and the console of each node.
fn save_logs(dir: &Path, path: &Path) -> anyhow::Result<()> {
    let mut archive = tar::Builder::new(GzEncoder::new(File::create(path)?, Compression::default()));
    let mut add = |file: &Path, name: String| {
        if file.is_file() { archive.append_path_with_name(file, name) } else { Ok(()) }
    };
    add(&dir.join("host.log"), "host.log".to_owned())?;
    for entry in std::fs::read_dir(dir.join("nodes")).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        for log in ["console.log", "console.log.1"] {
            add(&entry.path().join(log), format!("{name}/{log}"))?;
        }
    }
    archive.into_inner()?.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_of_host_and_nodes_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("nodes/cp")).unwrap();
        std::fs::write(dir.path().join("host.log"), "h").unwrap();
        std::fs::write(dir.path().join("nodes/cp/console.log"), "c").unwrap();
        let path = dir.path().join("logs.tar.gz");
        save_logs(dir.path(), &path).unwrap();
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(File::open(path).unwrap()));
        let names: Vec<String> =
            archive.entries().unwrap().map(|e| e.unwrap().path().unwrap().display().to_string()).collect();
        assert_eq!(names, ["host.log", "cp/console.log"]);
    }
}
