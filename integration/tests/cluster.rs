//! The main job: a cluster of several nodes that runs workloads, seen by its users.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say bluntly what they expect"
)]

mod support;

use std::process::ExitCode;

use support::chapters::{chapter, tell};
use support::{Cluster, DEFAULT, text};

/// A server on one worker, found by its name from the other.
const WORKLOAD: &str = r#"
apiVersion: apps/v1
kind: Deployment
metadata: {name: echo}
spec:
  replicas: 1
  selector: {matchLabels: {app: echo}}
  template:
    metadata: {labels: {app: echo}}
    spec:
      nodeName: SERVER
      containers: [{name: echo, image: "registry.local/echo:1", args: [serve]}]
---
apiVersion: v1
kind: Service
metadata: {name: echo}
spec: {selector: {app: echo}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec:
  nodeName: CLIENT
  restartPolicy: Never
  containers: [{name: client, image: "registry.local/echo:1", args: [get, "http://echo.default.svc.cluster.local/hello", "60"]}]
"#;

fn main() -> ExitCode {
    let begin = || Cluster::start("default", DEFAULT);
    let chapters = [
        chapter(it_runs_workloads),
        chapter(creating_it_again_says_that_it_is_there),
        chapter(all_nodes_answer_everyday_questions),
        chapter(all_nodes_know_the_members),
        chapter(a_worker_is_rebooted),
        chapter(it_survives_its_host),
    ];
    tell("cluster", begin, chapters)
}

fn it_runs_workloads(cluster: &Cluster) {
    let manifest = WORKLOAD.replace("SERVER", &cluster.node_name(1)).replace("CLIENT", &cluster.node_name(2));
    cluster.apply(&manifest);
    cluster.until("the client's pod has ended", |c| {
        let phase = c.kube(&["get", "pod", "client", "-o", "jsonpath={.status.phase}"]);
        assert_ne!(phase, "Failed", "{}", c.kube(&["logs", "client"]));
        phase == "Succeeded"
    });
    let answer = cluster.kube(&["logs", "client"]);
    assert!(answer.contains("/hello"), "{answer}");
}

fn creating_it_again_says_that_it_is_there(cluster: &Cluster) {
    let again = cluster.run(&["cluster", "create", "--name", "default"]);
    assert!(again.status.success() && text(&again).contains("is running already"), "{}", text(&again));
}

/// What operators ask first, of all nodes at once.
fn all_nodes_answer_everyday_questions(cluster: &Cluster) {
    let nodes = cluster.nodes.join(",");
    for command in [
        vec!["version"],
        vec!["services"],
        vec!["get", "members"],
        vec!["get", "machinestatus", "-o", "yaml"],
        vec!["logs", "kubelet", "--tail", "5"],
        vec!["containers"],
        vec!["containers", "-k"],
        vec!["processes"],
        vec!["memory"],
        vec!["mounts"],
        vec!["list", "/"],
        vec!["stats"],
        vec!["dmesg"],
    ] {
        let mut args = vec!["--nodes", nodes.as_str()];
        args.extend(&command);
        let shown = cluster.ok(&args);
        for node in &cluster.nodes {
            assert!(shown.contains(node.as_str()), "{} says nothing of {node}: {shown}", command.join(" "));
        }
    }
    let read = cluster.ok(&["--nodes", &cluster.nodes[1], "read", "/proc/version"]);
    assert!(read.contains("Linux version"), "{read}");
}

fn all_nodes_know_the_members(cluster: &Cluster) {
    for node in &cluster.nodes {
        let members = cluster.ok(&["--nodes", node, "get", "members"]);
        let found = cluster.nodes.iter().filter(|n| members.contains(&format!("\"{n}\""))).count();
        assert_eq!(found, cluster.nodes.len(), "{node} knows these members: {members}");
    }
    let etcd = cluster.ok(&["--nodes", &cluster.nodes[0], "etcd", "members"]);
    assert!(etcd.contains(&cluster.node_name(0)), "{etcd}");
}

/// The command follows the node to the end, and the end is that it is ready again.
fn a_worker_is_rebooted(cluster: &Cluster) {
    let (worker, name) = (cluster.nodes[1].as_str(), cluster.node_name(1));
    let boot = |c: &Cluster| c.ok(&["-n", worker, "read", "/proc/sys/kernel/random/boot_id"]);
    let before = boot(cluster);
    let rebooted = cluster.run(&["-n", worker, "reboot", "--timeout", "3m"]);
    let told = text(&rebooted);
    assert!(rebooted.status.success() && told.contains(&format!("{worker}: done")), "{told}");
    assert_ne!(boot(cluster), before);
    let ready = ["get", "node", &name, "-o", "jsonpath={.status.conditions[?(@.type=='Ready')].status}"];
    cluster.until("Kubernetes says so, too", |c| c.kube(&ready) == "True");
}

/// Everything of the cluster is killed, as if the machine had lost power; creating it again goes on with it.
fn it_survives_its_host(cluster: &Cluster) {
    cluster.kube(&["create", "configmap", "kept", "--from-literal=a=b"]);
    cluster.kill_host();
    let again = cluster.run(&["cluster", "create", "--name", "default"]);
    assert!(again.status.success(), "{}", text(&again));
    assert_eq!(cluster.kube(&["get", "configmap", "kept", "-o", "jsonpath={.data.a}"]), "b");
}
