//! `talosctl dmesg`.

use proto::machine::DmesgRequest;

use crate::global::{Global, Insecure};
use crate::interrupt;
use crate::session::Session;
use crate::stream::print_records;

/// Show the kernel's log
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 dmesg
  talosctl -n 10.5.0.2,10.5.0.3 dmesg --follow --tail")]
pub struct Args {
    /// Go on with what is logged from now on
    #[arg(short, long)]
    follow: bool,
    /// With --follow: only what is logged from now on
    #[arg(long)]
    tail: bool,
    #[command(flatten)]
    insecure: Insecure,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let session = Session::open_for(global, &args.insecure)?;
    let request = DmesgRequest { follow: args.follow, tail: args.tail };
    let work = print_records(&session, async |node| {
        Ok(node.machine().dmesg(node.request(request)).await?.into_inner())
    });
    interrupt::until_pressed(work).await
}
