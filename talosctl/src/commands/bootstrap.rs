//! `talosctl bootstrap`.

use std::path::PathBuf;

use anyhow::Context as _;
use bytes::Bytes;
use futures::StreamExt;
use proto::common::Data;
use proto::machine::BootstrapRequest;

use crate::global::Global;
use crate::node::Node;
use crate::output::note;
use crate::session::Session;
use crate::snapshot;

/// Start etcd on one control plane node: once in the life of a cluster
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 bootstrap
  talosctl -n 10.5.0.2 bootstrap --recover-from db.snapshot")]
pub struct Args {
    /// Recover etcd from this snapshot
    #[arg(long, value_name = "SNAPSHOT")]
    recover_from: Option<PathBuf>,
    /// Do not check the snapshot's hash: for a copied database file
    #[arg(long)]
    recover_skip_hash_check: bool,
}

/// Bytes in a message of an upload.
const CHUNK: usize = 32 << 10;

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    // First: a node that was given what it cannot use is hard to bring back.
    if let Some(path) = &args.recover_from {
        let info = snapshot::check(path, args.recover_skip_hash_check)
            .with_context(|| format!("cannot recover from {}", path.display()))?;
        note(&format!("recovering from snapshot {}: {info}", path.display()));
    }
    let session = Session::open(global)?;
    session.one()?;
    session.each("error executing bootstrap", async |node| bootstrap(&node, &args).await).await
}

async fn bootstrap(node: &Node, args: &Args) -> anyhow::Result<()> {
    if let Some(path) = &args.recover_from {
        let snapshot =
            std::fs::read(path).with_context(|| format!("cannot read the snapshot {}", path.display()))?;
        let snapshot = Bytes::from(snapshot);
        let count = snapshot.len().div_ceil(CHUNK);
        let chunks = futures::stream::iter(0..count).map(move |i| {
            let end = ((i + 1) * CHUNK).min(snapshot.len());
            Data { metadata: None, bytes: snapshot.slice(i * CHUNK..end) }
        });
        node.machine().etcd_recover(node.request(chunks)).await?;
    }
    let request = BootstrapRequest {
        recover_etcd: args.recover_from.is_some(),
        recover_skip_hash_check: args.recover_skip_hash_check,
    };
    node.machine().bootstrap(node.request(request)).await?;
    Ok(())
}
