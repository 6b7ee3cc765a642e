//! `talosctl reboot`.

use std::time::Duration;

use futures::FutureExt;
use proto::machine::RebootRequest;
use proto::machine::reboot_request::Mode as Wire;

use crate::drain;
use crate::global::Global;
use crate::node::Node;
use crate::output::human;
use crate::session::Session;
use crate::track::{self, Goal, Starting, Tracking};

/// How to reboot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// Stop everything, then restart the kernel the fast way
    Default,
    /// Stop nothing: restart at once
    Force,
    /// Stop everything, then restart the whole machine
    Powercycle,
}

impl Mode {
    /// As it is on the wire.
    pub fn wire(self) -> i32 {
        let mode = match self {
            Mode::Default => Wire::Default,
            Mode::Force => Wire::Force,
            Mode::Powercycle => Wire::Powercycle,
        };
        mode as i32
    }
}

/// Reboot nodes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.3 reboot
  talosctl -n 10.5.0.3,10.5.0.4 reboot --drain --timeout 10m
  talosctl -n 10.5.0.3 reboot --mode powercycle --wait=false")]
pub struct Args {
    /// How to reboot
    #[arg(short, long, value_enum, default_value_t = Mode::Default)]
    mode: Mode,
    /// Cordon and drain the nodes of Kubernetes first, and make them schedulable afterwards
    #[arg(long)]
    drain: bool,
    /// How long draining may take
    #[arg(long, default_value = "5m", value_parser = human::parse_duration, value_name = "DURATION")]
    drain_timeout: Duration,
    #[command(flatten)]
    tracking: Tracking,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let start = action(args.mode);
    let work = track::run(global, "error executing reboot", Goal::Running, &args.tracking, &start);
    let limit = args.drain.then_some(args.drain_timeout);
    drain::around(&Session::open(global)?, limit, args.tracking.wait, work).await
}

/// Asks a node to reboot.
pub fn action(mode: Mode) -> impl Fn(&Node) -> Starting {
    move |node: &Node| {
        let (node, mode) = (node.clone(), mode.wire());
        async move {
            let answer = node.machine().reboot(node.request(RebootRequest { mode })).await?.into_inner();
            Ok(answer.messages.into_iter().map(|m| m.actor_id).next().unwrap_or_default())
        }
        .boxed_local()
    }
}
