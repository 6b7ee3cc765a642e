//! A control plane that has nothing to do: memory and processor time of our own processes, and how fast they start.

use std::time::Duration;

use crate::support::{Cluster, SINGLE};
use crate::{figure, process, start};

/// Our processes: the first is machined.
const OURS: [&str; 3] = ["apid", "trustd", "networkd"];

/// How long it has been idle before, and how long it is looked at.
const SECONDS: u64 = 30;

/// Prints the figures.
pub fn run() {
    println!("one control plane:");
    let cluster = Cluster::in_maintenance("bench-idle", SINGLE);
    let node = cluster.node_name(0);
    start::run(&cluster, &node, "maintenance");
    configure(&cluster);
    start::run(&cluster, &node, "configured");
    std::thread::sleep(Duration::from_secs(SECONDS));
    look(&cluster, &node, "before bootstrap");
    cluster.ok(&["--nodes", &cluster.nodes[0], "--endpoints", &cluster.nodes[0], "bootstrap"]);
    cluster.healthy();
    std::thread::sleep(Duration::from_secs(SECONDS));
    look(&cluster, &node, "with Kubernetes");
}

/// Gives the node a configuration, and nothing to run.
fn configure(cluster: &Cluster) {
    let node = cluster.nodes[0].clone();
    let folder = cluster.talosconfig().parent().unwrap().join("generated");
    let folder = folder.to_str().unwrap();
    cluster.ok(&["gen", "config", "idle", &format!("https://{node}:6443"), "--output", folder]);
    let file = format!("{folder}/controlplane.yaml");
    cluster.ok(&["--nodes", &node, "apply-config", "--insecure", "--file", &file]);
    std::fs::copy(format!("{folder}/talosconfig"), cluster.talosconfig()).unwrap();
    cluster.ok(&["config", "endpoint", &node]);
    cluster.until("the configured node answers", |c| c.run(&["-n", &node, "version"]).status.success());
}

fn look(cluster: &Cluster, node: &str, when: &str) {
    let mut processes = vec![("machined", cluster.init_pid(node).unwrap())];
    for program in OURS {
        processes.extend(cluster.processes(node, program).into_iter().map(|pid| (program, pid)));
    }
    let memory: Vec<u64> = processes.iter().map(|(_, pid)| process::pss(*pid)).collect();
    let before: Vec<Duration> = processes.iter().map(|(_, pid)| process::cpu(*pid)).collect();
    std::thread::sleep(Duration::from_secs(SECONDS));
    let mut total = Duration::ZERO;
    for ((program, pid), (memory, before)) in processes.iter().zip(memory.iter().zip(before)) {
        let used = process::cpu(*pid).saturating_sub(before);
        total += used;
        let value = format!("{:.1} MiB {:.2} %", *memory as f64 / 1024.0, percent(used));
        figure(&format!("{program}, {when}"), &value, "-");
    }
    let mib = memory.iter().sum::<u64>() as f64 / 1024.0;
    let first = when == "before bootstrap";
    figure(
        &format!("memory together, {when}"),
        &format!("{mib:.1} MiB"),
        if first { "<= 45 MiB" } else { "-" },
    );
    let reach = if first { "<= 0.3 % of a core" } else { "-" };
    figure(&format!("processor together, {when}"), &format!("{:.2} %", percent(total)), reach);
}

fn percent(used: Duration) -> f64 {
    100.0 * used.as_secs_f64() / SECONDS as f64
}
