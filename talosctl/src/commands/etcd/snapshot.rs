//! `talosctl etcd snapshot`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use proto::machine::EtcdSnapshotRequest;

use crate::files;
use crate::global::Global;
use crate::node::Node;
use crate::output::print;
use crate::session::Session;
use crate::snapshot::{Info, Writer, inspect};
use crate::stream;

/// Save a copy of etcd's data
///
/// The file gets its name only when it is whole and its hash is right.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 etcd snapshot db.snapshot
  talosctl -n 10.5.0.2 bootstrap --recover-from db.snapshot")]
pub struct Args {
    /// Where to put it
    path: PathBuf,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let node = Session::open(global)?.one()?;
    let place = files::target(&args.path).with_context(|| format!("cannot write {}", args.path.display()))?;
    let part = place.with_added_extension("part");
    let saved = save(&node, &part, &place).await;
    if saved.is_err() {
        // What is there is of no use.
        let _ = std::fs::remove_file(&part);
    }
    let (size, info) = saved?;
    let path = args.path.display().to_string();
    print(&format!("etcd snapshot saved to {path:?} ({size} bytes)\nsnapshot info: {info}\n"))
}

async fn save(node: &Node, part: &Path, path: &Path) -> anyhow::Result<(u64, Info)> {
    let mut writer =
        Writer::create(part).with_context(|| format!("error creating temporary file {}", part.display()))?;
    let request = node.request(EtcdSnapshotRequest {});
    let stream = node.machine().etcd_snapshot(request).await.map(tonic::Response::into_inner);
    stream::copy(stream, |chunk| writer.push(&chunk).context("error writing the snapshot"))
        .await
        .context("error reading snapshot")?;
    let size = writer.finish()?;
    let info = inspect(part).context("the snapshot is no database of etcd")?;
    std::fs::rename(part, path).with_context(|| format!("cannot name the snapshot {}", path.display()))?;
    Ok((size, info))
}
