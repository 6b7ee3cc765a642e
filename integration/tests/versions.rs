//! Configurations as older versions generate them: each comes to a healthy cluster.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say bluntly what they expect"
)]

mod support;

use serde_json::Value;
use support::{Cluster, SINGLE, skipped};

#[test]
fn a_configuration_of_1_9_comes_to_a_healthy_cluster() {
    boots("v1.9");
}

#[test]
fn a_configuration_of_1_10_comes_to_a_healthy_cluster() {
    boots("v1.10");
}

#[test]
fn a_configuration_of_1_11_comes_to_a_healthy_cluster() {
    boots("v1.11");
}

#[test]
fn a_configuration_of_1_12_comes_to_a_healthy_cluster() {
    boots("v1.12");
}

#[test]
fn a_configuration_of_1_13_comes_to_a_healthy_cluster() {
    boots("v1.13");
}

fn boots(version: &str) {
    let name = version.replace('.', "");
    if skipped(&name) {
        return;
    }
    let cluster = Cluster::in_maintenance(&name, SINGLE);
    let files = cluster.generate(&["--talos-version", version]);
    cluster.give(&cluster.nodes[0], &files.join("controlplane.yaml"));
    cluster.come_up();
    cluster.has_no_diagnostics();
    api_server_is_left_alone(&cluster);
}

/// It refuses strangers in this form of the configuration, so a probe could only kill it.
fn api_server_is_left_alone(cluster: &Cluster) {
    let pods =
        cluster.kube(&["get", "pod", "-n", "kube-system", "-l", "k8s-app=kube-apiserver", "-o", "json"]);
    let pods: Value = serde_json::from_str(&pods).unwrap();
    let pod = &pods["items"][0];
    let container = pod["spec"]["containers"][0].as_object().unwrap();
    assert!(container["command"].as_array().unwrap().contains(&"--anonymous-auth=false".into()));
    assert!(!container.keys().any(|key| key.ends_with("Probe")), "{container:?}");
    assert_eq!(pod["status"]["containerStatuses"][0]["restartCount"], 0);
}
