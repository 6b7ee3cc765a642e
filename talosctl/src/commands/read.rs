//! `talosctl read`.

use anyhow::Context as _;
use proto::machine::ReadRequest;

use crate::global::Global;
use crate::output::print_bytes;
use crate::session::Session;
use crate::stream;

/// Print a file of a node
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl read /etc/os-release")]
pub struct Args {
    /// The file
    path: String,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let node = Session::open(global)?.one()?;
    let request = node.request(ReadRequest { path: args.path });
    let stream = node.machine().read(request).await.map(tonic::Response::into_inner);
    stream::copy(stream, |chunk| print_bytes(&chunk)).await.context("error reading")
}
