//! `talosctl shutdown`.

use futures::FutureExt;
use proto::machine::ShutdownRequest;

use crate::global::Global;
use crate::node::Node;
use crate::track::{self, Goal, Starting, Tracking};

/// Turn nodes off
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.3 shutdown
  talosctl -n 10.5.0.3 shutdown --force")]
pub struct Args {
    /// Do not cordon and drain the node first
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    tracking: Tracking,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let force = args.force;
    let start = move |node: &Node| -> Starting {
        let node = node.clone();
        async move {
            let answer = node.machine().shutdown(node.request(ShutdownRequest { force })).await?.into_inner();
            Ok(answer.messages.into_iter().map(|m| m.actor_id).next().unwrap_or_default())
        }
        .boxed_local()
    };
    track::run(global, "error executing shutdown", Goal::Down, &args.tracking, &start).await
}
