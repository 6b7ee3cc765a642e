//! Making clusters, against the bare parts of a node that a plain script starts.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use integration::median;

use crate::figure;
use crate::support::{Cluster, DEFAULT, SINGLE};

/// The first pod of a user, as on the bare parts; on a node that is a control plane too.
const POD: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: first}
spec:
  terminationGracePeriodSeconds: 0
  tolerations: [{key: node-role.kubernetes.io/control-plane, operator: Exists}]
  containers: [{name: echo, image: "registry.local/echo:1", args: [serve]}]
"#;

/// Runs of which the median counts.
const RUNS: usize = 3;

/// Prints the figures.
pub fn run() {
    println!("making clusters (median of {RUNS} runs):");
    let mut bare = Vec::new();
    let mut one = Vec::new();
    let mut one_ready = Vec::new();
    let mut three = Vec::new();
    for _ in 0..RUNS {
        bare.push(bare_parts());
        let (pod, ready) = single();
        one.push(pod);
        one_ready.push(ready);
        three.push(several());
    }
    let (bare, one, ready, three) = (median(bare), median(one), median(one_ready), median(three));
    figure("bare parts, until the first pod runs", &format!("{bare:.2} s"), "-");
    figure("1 control plane, until the first pod runs", &format!("{one:.2} s"), "-");
    figure("  as a multiple of the bare parts", &format!("{:.2} x", one / bare), "<= 1.3 x");
    figure("1 control plane, Ready", &format!("{ready:.2} s"), "-");
    figure("1 + 2 nodes, all Ready", &format!("{three:.2} s"), "-");
    figure("  as a multiple of 1 node Ready", &format!("{:.2} x", three / ready), "<= 2 x");
}

/// Seconds until a pod runs on the bare parts.
fn bare_parts() -> f64 {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/bare.sh");
    let output = Command::new(script).arg("--json").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let line = String::from_utf8_lossy(&output.stdout).into_owned();
    let figures: serde_json::Value = serde_json::from_str(line.lines().last().unwrap()).unwrap();
    figures["pod_running"].as_f64().unwrap()
}

/// Seconds until a pod runs on a cluster of one node, and until that node is Ready.
fn single() -> (f64, f64) {
    let begin = Instant::now();
    let cluster = Cluster::without_waiting("bench-one", SINGLE);
    let file = cluster.file("pod.yaml", POD);
    await_success(&cluster, &["create", "--validate=false", "-f", file.to_str().unwrap()]);
    let ready = ["wait", "--for=condition=Ready", "node", "--all", "--timeout=120s"];
    await_success(&cluster, &ready);
    let ready = begin.elapsed().as_secs_f64();
    let running = ["wait", "--for=jsonpath={.status.phase}=Running", "pod/first", "--timeout=120s"];
    await_success(&cluster, &running);
    (begin.elapsed().as_secs_f64(), ready)
}

/// Seconds until three nodes are Ready.
fn several() -> f64 {
    let begin = Instant::now();
    let cluster = Cluster::without_waiting("bench-three", DEFAULT);
    await_nodes(&cluster, 3);
    begin.elapsed().as_secs_f64()
}

fn await_success(cluster: &Cluster, args: &[&str]) {
    while !cluster.kubectl(args).status.success() {
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn await_nodes(cluster: &Cluster, count: usize) {
    const READY: &str = "jsonpath={.items[*].status.conditions[?(@.type==\"Ready\")].status}";
    loop {
        let shown = cluster.kubectl(&["get", "nodes", "-o", READY]);
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        if shown.split_whitespace().filter(|status| *status == "True").count() == count {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
