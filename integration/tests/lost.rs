//! Losing a control plane for good, resetting a node, and letting it join again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say bluntly what they expect"
)]

mod support;

use std::process::ExitCode;

use proto::machine::machine_service_client::MachineServiceClient;
use support::chapters::{chapter, tell};
use support::{Cluster, THREE, raw, text};

fn main() -> ExitCode {
    let begin = || {
        let cluster = Cluster::start("lost", THREE);
        cluster.kube(&["create", "configmap", "before", "--from-literal=a=b"]);
        cluster
    };
    let chapters = [
        chapter(one_that_was_reset_joins_again),
        chapter(two_of_three_keep_working),
        chapter(one_of_three_is_down),
    ];
    tell("lost", begin, chapters)
}

fn two_of_three_keep_working(cluster: &Cluster) {
    let (first, second) = (&cluster.nodes[0], &cluster.nodes[1]);
    let third = cluster.node_name(2);
    cluster.lose(&third);
    cluster.until("Kubernetes answers without the third node", |c| {
        let made =
            c.kubectl(&["create", "configmap", "after", "--from-literal=a=b", "--request-timeout=10s"]);
        made.status.success() || text(&made).contains("AlreadyExists")
    });
    for node in [first, second] {
        cluster.until(&format!("{node} answers"), |c| c.run(&["-n", node, "version"]).status.success());
    }
    for kept in ["before", "after"] {
        assert_eq!(cluster.kube(&["get", "configmap", kept, "-o", "jsonpath={.data.a}"]), "b");
    }
    let members = cluster.ok(&["-n", first, "etcd", "members"]);
    assert!(members.contains(&third), "{members}");
}

/// Those that are there answer; of the other it is said what is wrong with it.
fn one_of_three_is_down(cluster: &Cluster) {
    let lost = cluster.nodes[2].as_str();
    let alone = cluster.run(&["-n", lost, "version"]);
    assert!(!alone.status.success() && text(&alone).contains(lost), "{}", text(&alone));
    let all = cluster.run(&["-n", &cluster.nodes.join(","), "version"]);
    let told = text(&all);
    assert!(!all.status.success() && told.contains("Unavailable"), "{told}");
    for (index, node) in cluster.nodes.iter().enumerate() {
        assert_eq!(told.contains(&format!("NODE:        {node}")), index != 2, "{node}: {told}");
    }
    // As clients before 1.14 ask: one answer with an element for each node.
    raw::run(async {
        let channel = raw::channel(&cluster.talosconfig(), &cluster.nodes[0]);
        let metadata: Vec<_> = cluster.nodes.iter().map(|node| ("nodes", node.as_str())).collect();
        let request = raw::request((), &metadata);
        let answer = MachineServiceClient::new(channel).version(request).await.unwrap().into_inner();
        let mut wrong = Vec::new();
        for message in &answer.messages {
            let metadata = message.metadata.as_ref().unwrap();
            if !metadata.error.is_empty() {
                wrong.push(metadata.hostname.as_str());
            }
        }
        assert_eq!((answer.messages.len(), wrong), (3, vec![lost]));
    });
}

fn one_that_was_reset_joins_again(cluster: &Cluster) {
    let (node, index) = (cluster.nodes[1].as_str(), 1);
    let stored = cluster.ok(&["-n", node, "get", "machineconfig", "v1alpha1", "-o", "jsonpath={.spec}"]);
    let file = cluster.file("kept.yaml", &stored);
    let reset = cluster.run(&["-n", node, "reset", "--reboot", "--timeout", "5m"]);
    assert!(reset.status.success(), "{}", text(&reset));
    let name = cluster.node_name(index);
    let others = cluster.ok(&["-n", &cluster.nodes[0], "etcd", "members"]);
    assert!(!others.contains(&name), "a node that was reset gracefully has left etcd: {others}");
    cluster.until("the node waits for its configuration", |c| {
        c.run(&["-n", node, "version", "--insecure"]).status.success()
    });
    cluster.ok(&["-n", node, "apply-config", "--insecure", "-f", file.to_str().unwrap()]);
    cluster.until("the node is a member of etcd again", |c| {
        text(&c.run(&["-n", &c.nodes[0], "etcd", "members"])).contains(&name)
    });
    cluster.healthy();
}
