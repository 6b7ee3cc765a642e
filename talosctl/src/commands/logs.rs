//! `talosctl logs`.

use proto::common::ContainerDriver;
use proto::machine::LogsRequest;

use crate::global::{Global, Insecure};
use crate::interrupt;
use crate::output::print;
use crate::runtime_of::Containers;
use crate::session::Session;
use crate::stream::print_lines;

/// Show the log of a service or container
///
/// Without an id: which logs there are.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl logs kubelet -f
  talosctl logs -k kube-system/coredns-x:coredns --tail 100")]
pub struct Args {
    /// Service or container
    id: Option<String>,
    /// Go on with what is logged from now on
    #[arg(short, long)]
    follow: bool,
    /// Last lines to begin with; all if negative
    #[arg(long, default_value_t = -1, allow_negative_numbers = true)]
    tail: i32,
    #[command(flatten)]
    containers: Containers,
    /// Ask the CRI for a container of the system
    #[arg(long, hide = true)]
    use_cri: bool,
    #[command(flatten)]
    insecure: Insecure,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let session = Session::open_for(global, &args.insecure)?;
    let Some(id) = args.id else { return ids(&session).await };
    let (namespace, mut driver) = args.containers.wire();
    if args.use_cri {
        driver = ContainerDriver::Cri as i32;
    }
    let request = LogsRequest { namespace, id, driver, follow: args.follow, tail_lines: args.tail };
    let work = print_lines(&session, async |node| {
        Ok(node.machine().logs(node.request(request.clone())).await?.into_inner())
    });
    interrupt::until_pressed(work).await
}

async fn ids(session: &Session) -> anyhow::Result<()> {
    let ask = async |node: crate::node::Node| {
        Ok(node.machine().logs_containers(node.request(())).await?.into_inner())
    };
    let (answers, failures) = session.gather(ask).await?;
    let mut ids: Vec<String> =
        answers.into_iter().flat_map(|(_, a)| a.messages).flat_map(|m| m.ids).collect();
    ids.sort();
    ids.dedup();
    print(&ids.iter().map(|id| format!("{id}\n")).collect::<String>())?;
    failures.into_result("error listing logs")
}
