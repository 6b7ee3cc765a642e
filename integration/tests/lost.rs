//! Losing a control plane for good, resetting a node, and letting it join again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use support::{Cluster, THREE, skipped, text};

#[test]
fn two_control_planes_of_three_keep_working_and_a_reset_one_joins_again() {
    if skipped("lost") {
        return;
    }
    let cluster = Cluster::start("lost", THREE);
    let (first, second) = (cluster.nodes[0].clone(), cluster.nodes[1].clone());
    cluster.kube(&["create", "configmap", "before", "--from-literal=a=b"]);
    reset_and_join(&cluster, &second, 1);
    let third = cluster.node_name(2);
    cluster.lose(&third);
    cluster.until("Kubernetes answers without the third node", |c| {
        let made =
            c.kubectl(&["create", "configmap", "after", "--from-literal=a=b", "--request-timeout=10s"]);
        made.status.success() || text(&made).contains("AlreadyExists")
    });
    for node in [&first, &second] {
        cluster.until(&format!("{node} answers"), |c| c.run(&["-n", node, "version"]).status.success());
    }
    for kept in ["before", "after"] {
        assert_eq!(cluster.kube(&["get", "configmap", kept, "-o", "jsonpath={.data.a}"]), "b");
    }
    let members = cluster.ok(&["-n", &first, "etcd", "members"]);
    assert!(members.contains(&third), "{members}");
    let lost = cluster.run(&["-n", &cluster.nodes[2], "version"]);
    assert!(!lost.status.success() && text(&lost).contains(&cluster.nodes[2]), "{}", text(&lost));
}

fn reset_and_join(cluster: &Cluster, node: &str, index: usize) {
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
