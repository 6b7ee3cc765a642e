//! `talosctl stats`.

use proto::machine::{Stat, StatsRequest};

use crate::global::Global;
use crate::node::Node;
use crate::output::Table;
use crate::runtime_of::{self, Containers};
use crate::session::Session;

/// Show processor and memory use of containers
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 stats
  talosctl -n 10.5.0.2 stats -k")]
pub struct Args {
    #[command(flatten)]
    containers: Containers,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let session = Session::open(global)?;
    let (namespace, driver) = args.containers.wire();
    let request = StatsRequest { namespace, driver };
    let ask = async |node: Node| Ok(node.machine().stats(node.request(request.clone())).await?.into_inner());
    let (answers, failures) = session.gather(ask).await?;
    let mut table = Table::new(["NODE", "NAMESPACE", "ID", "MEMORY(MB)", "CPU"]);
    for (node, answer) in answers {
        let mut stats: Vec<Stat> = answer.messages.into_iter().flat_map(|m| m.stats).collect();
        stats.sort_by(|a, b| runtime_of::order(&a.id, &a.pod_id).cmp(&runtime_of::order(&b.id, &b.pod_id)));
        for stat in &stats {
            table.row(row(&node, stat));
        }
    }
    table.print()?;
    failures.into_result("error getting stats")
}

fn row(node: &str, stat: &Stat) -> [String; 5] {
    let memory = stat.memory_usage as f64 / 1e6;
    let id = runtime_of::indented(&stat.id, &stat.pod_id);
    [node.to_owned(), stat.namespace.clone(), id, format!("{memory:.2}"), stat.cpu_usage.to_string()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_megabytes_and_cpu_nanoseconds() {
        let stat = Stat {
            namespace: "system".into(),
            id: "apid".into(),
            memory_usage: 22_730_000,
            cpu_usage: 511_164_291,
            pod_id: "apid".into(),
            ..Stat::default()
        };
        assert_eq!(row("n", &stat), ["n", "system", "apid", "22.73", "511164291"]);
    }
}
