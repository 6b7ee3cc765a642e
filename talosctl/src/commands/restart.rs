//! `talosctl restart`.

use proto::machine::RestartRequest;

use crate::global::Global;
use crate::node::Node;
use crate::runtime_of::Containers;
use crate::session::Session;

/// Restart a container's process
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 restart -k kube-system/coredns-x:coredns")]
pub struct Args {
    /// The container
    id: String,
    #[command(flatten)]
    containers: Containers,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let (namespace, driver) = args.containers.wire();
    let request = RestartRequest { namespace, id: args.id, driver };
    let work = async |node: Node| {
        node.machine().restart(node.request(request.clone())).await?;
        Ok(())
    };
    Session::open(global)?.each("error restarting process", work).await
}
