//! A node without a configuration: what it lets anybody do, and what it does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say bluntly what they expect"
)]

mod support;

use support::{Cluster, SINGLE, skipped};

#[test]
fn a_node_without_configuration_answers_without_credentials_and_takes_only_a_valid_configuration() {
    if skipped("maintenance") {
        return;
    }
    let cluster = Cluster::in_maintenance("maint", SINGLE);
    let node = cluster.nodes[0].clone();
    let insecure = |args: &[&str]| {
        let mut all = vec!["--nodes", node.as_str()];
        all.extend(args);
        all.push("--insecure");
        cluster.run(&all)
    };
    cluster.until("the API answers", |_| insecure(&["version"]).status.success());
    let version = insecure(&["version"]);
    let printed = String::from_utf8_lossy(&version.stdout).into_owned();
    assert!(printed.contains(&format!("NODE:        {node}")), "{printed}");
    assert!(!printed.contains("RBAC"), "a node in maintenance mode enforces no roles of its own: {printed}");
    let services = insecure(&["service"]);
    let listed = String::from_utf8_lossy(&services.stdout).into_owned();
    for id in ["apid", "machined", "networkd"] {
        assert!(listed.contains(id), "{listed}");
    }

    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "version: v1alpha1\nmachine:\n    type: controlplane\n    nope: 1\n")
        .unwrap();
    let refused = insecure(&["apply-config", "--file", file.path().to_str().unwrap()]);
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    assert!(error.contains("InvalidArgument") && error.contains("nope"), "{error}");
    assert!(error.contains('4'), "the line is named: {error}");
}
