//! `talosctl containers`.

use proto::machine::{ContainerInfo, ContainersRequest};

use crate::global::Global;
use crate::node::Node;
use crate::output::Table;
use crate::runtime_of::{self, Containers};
use crate::session::Session;

/// List containers
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl -n 10.5.0.2 containers
  talosctl -n 10.5.0.2 containers -k")]
pub struct Args {
    #[command(flatten)]
    containers: Containers,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let session = Session::open(global)?;
    let (namespace, driver) = args.containers.wire();
    let request = ContainersRequest { namespace, driver };
    let ask =
        async |node: Node| Ok(node.machine().containers(node.request(request.clone())).await?.into_inner());
    let (answers, failures) = session.gather(ask).await?;
    let mut table = Table::new(["NODE", "NAMESPACE", "ID", "IMAGE", "PID", "STATUS"]);
    for (node, answer) in answers {
        for row in rows(&node, answer.messages.into_iter().flat_map(|m| m.containers).collect()) {
            table.row(row);
        }
    }
    table.print()?;
    failures.into_result("error getting container list")
}

fn rows(node: &str, mut containers: Vec<ContainerInfo>) -> Vec<[String; 6]> {
    containers.sort_by(|a, b| runtime_of::order(&a.id, &a.pod_id).cmp(&runtime_of::order(&b.id, &b.pod_id)));
    let row = |c: &ContainerInfo| {
        let id = runtime_of::indented(&c.id, &c.pod_id);
        [node.to_owned(), c.namespace.clone(), id, c.image.clone(), c.pid.to_string(), c.status.clone()]
    };
    containers.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_stand_below_their_pod() {
        let container =
            |id: &str, pod: &str| ContainerInfo { id: id.into(), pod_id: pod.into(), ..Default::default() };
        let found = rows(
            "n",
            vec![
                container("ns/pod:ctr:abc", "ns/pod"),
                container("ns/pod-2", "ns/pod-2"),
                container("ns/pod", "ns/pod"),
            ],
        );
        let ids: Vec<&str> = found.iter().map(|row| row[2].as_str()).collect();
        assert_eq!(ids, ["ns/pod", "└─ ns/pod:ctr:abc", "ns/pod-2"]);
    }
}
