//! What happens when parts of a running node die or hang, and when somebody meddles with its network: it is
//! well again by itself and nothing that was committed is lost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say bluntly what they expect"
)]

mod support;

use std::process::ExitCode;

use nix::sys::signal::Signal;
use support::chapters::{chapter, tell};
use support::{Cluster, SINGLE};

/// The programs that a node consists of, and the service that each is.
const PARTS: [(&str, &str); 6] = [
    ("apid", "apid"),
    ("trustd", "trustd"),
    ("networkd", "networkd"),
    ("containerd", "cri"),
    ("etcd", "etcd"),
    ("kubelet", "kubelet"),
];

fn main() -> ExitCode {
    let begin = || Cluster::start("faults", SINGLE);
    let chapters = [
        chapter(each_part_that_is_killed_comes_back),
        chapter(each_part_that_hangs_comes_back),
        chapter(all_parts_that_are_killed_come_back),
        chapter(all_parts_that_hang_come_back),
        chapter(addresses_and_routes_come_back),
    ];
    tell("faults", begin, chapters)
}

fn each_part_that_is_killed_comes_back(cluster: &Cluster) {
    one_by_one(cluster, Signal::SIGKILL);
}

fn each_part_that_hangs_comes_back(cluster: &Cluster) {
    one_by_one(cluster, Signal::SIGSTOP);
}

fn all_parts_that_are_killed_come_back(cluster: &Cluster) {
    all_at_once(cluster, Signal::SIGKILL);
}

fn all_parts_that_hang_come_back(cluster: &Cluster) {
    all_at_once(cluster, Signal::SIGSTOP);
}

fn one_by_one(cluster: &Cluster, signal: Signal) {
    let node = cluster.node_name(0);
    for (program, service) in PARTS {
        let key = format!("{}-{program}", signal.as_str().to_lowercase());
        cluster.kube(&["create", "configmap", &key, "--from-literal=a=b"]);
        let before = cluster.processes(&node, program);
        cluster.signal(&node, program, signal);
        anew(cluster, &node, program, &before);
        well(cluster, service);
        kept(cluster, &key);
    }
}

fn all_at_once(cluster: &Cluster, signal: Signal) {
    let node = cluster.node_name(0);
    let key = format!("{}-all", signal.as_str().to_lowercase());
    cluster.kube(&["create", "configmap", &key, "--from-literal=a=b"]);
    let before = PARTS.map(|(program, _)| cluster.processes(&node, program));
    for (program, _) in PARTS {
        cluster.signal(&node, program, signal);
    }
    for ((program, service), before) in PARTS.into_iter().zip(before) {
        anew(cluster, &node, program, &before);
        well(cluster, service);
    }
    kept(cluster, &key);
    cluster.healthy();
}

fn addresses_and_routes_come_back(cluster: &Cluster) {
    let node = cluster.node_name(0);
    comes_back(cluster, &node, &["addr", "del"], &["-4", "-o", "addr", "show", "scope", "global"], "10.");
    comes_back(cluster, &node, &["route", "del", "default"], &["route", "show", "default"], "default");
}

fn anew(cluster: &Cluster, node: &str, program: &str, before: &[i32]) {
    cluster.until(&format!("{program} runs anew"), |c| {
        let now = c.processes(node, program);
        !now.is_empty() && now.iter().all(|pid| !before.contains(pid))
    });
}

fn well(cluster: &Cluster, service: &str) {
    cluster.until(&format!("{service} is well"), |c| {
        let shown = c.run(&["--nodes", &c.nodes[0], "service", service]);
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        shown.lines().any(|l| l.starts_with("STATE") && l.ends_with("Running"))
            && shown.lines().any(|l| l.starts_with("HEALTH") && l.ends_with("OK"))
    });
}

fn kept(cluster: &Cluster, key: &str) {
    cluster.until(&format!("{key} is still there"), |c| {
        let shown = c.kubectl(&["get", "configmap", key, "-o", "jsonpath={.data.a}", "--request-timeout=5s"]);
        assert!(!String::from_utf8_lossy(&shown.stderr).contains("NotFound"), "{key} was lost");
        shown.stdout == b"b"
    });
}

/// Removes something of the node's network by hand and waits until it is there again.
fn comes_back(cluster: &Cluster, node: &str, remove: &[&str], show: &[&str], what: &str) {
    let ip = |args: &[&str]| {
        let output = cluster.in_network(node, &[&["ip"], args].concat());
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let before = ip(show);
    let line = before.lines().find(|l| l.contains(what)).unwrap_or_else(|| panic!("no {what} in {before}"));
    if remove[0] == "addr" {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.iter().position(|w| *w == "inet").unwrap();
        ip(&["addr", "del", words[at + 1], "dev", words[1]]);
    } else {
        ip(remove);
    }
    cluster.until(&format!("{line} is back"), |_| ip(show).lines().any(|l| l.contains(what)));
    cluster.until("the API answers", |c| c.run(&["--nodes", &c.nodes[0], "version"]).status.success());
}
