//! `talosctl rollback`.

use proto::machine::RollbackRequest;

use crate::global::Global;
use crate::node::Node;
use crate::session::Session;

/// Reboot nodes into the version that they ran before
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  talosctl -n 10.5.0.3 rollback")]
pub struct Args {}

/// Runs it.
pub async fn run(global: &Global, _: Args) -> anyhow::Result<()> {
    let work = async |node: Node| {
        node.machine().rollback(node.request(RollbackRequest {})).await?;
        Ok(())
    };
    Session::open(global)?.each("error executing rollback", work).await
}
