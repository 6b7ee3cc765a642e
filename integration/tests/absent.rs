//! A node that is asked for what is not there: images of a version that it does not carry, without a network to fetch
//! them. It says what is missing, soon.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say bluntly what they expect"
)]

mod support;

use support::{Cluster, SINGLE, skipped, text};

/// A version of Kubernetes that is supported and in no image.
const VERSION: &str = "1.35.99";

#[test]
fn an_image_that_is_not_there_is_named_by_the_service_and_by_health() {
    if skipped("absent") {
        return;
    }
    let cluster = Cluster::in_maintenance("absent", SINGLE);
    let node = cluster.nodes[0].as_str();
    let folder = cluster.user_folder("generated").to_str().unwrap().to_owned();
    let endpoint = format!("https://{node}:6443");
    let version = ["--kubernetes-version", VERSION, "--output", &folder, "--force"];
    cluster.ok(&[&["gen", "config", "absent", &endpoint][..], &version].concat());
    std::fs::copy(format!("{folder}/talosconfig"), cluster.talosconfig()).unwrap();
    cluster.ok(&["config", "endpoint", node]);
    cluster.ok(&["-n", node, "apply-config", "--insecure", "-f", &format!("{folder}/controlplane.yaml")]);

    let image = format!("kubelet:v{VERSION}");
    cluster.until("the service names its image", |c| {
        let shown = text(&c.run(&["-n", node, "service", "kubelet"]));
        shown.contains(&image) && shown.contains("not found")
    });

    // Nobody has bootstrapped it yet: that is what everybody says.
    cluster
        .until("etcd says what it waits for", |c| c.ok(&["-n", node, "services"]).contains("bootstrap call"));
    let health = cluster.fails(&["-n", node, "health", "--wait-timeout", "2s"]);
    assert!(health.contains("etcd") && health.contains("bootstrap"), "{health}");
    // Its clock is the machine's: nothing waits for a time server.
    let synced = cluster.ok(&["-n", node, "get", "timestatus", "node", "-o", "jsonpath={.spec.synced}"]);
    assert_eq!(synced.trim(), "true");

    cluster.ok(&["-n", node, "bootstrap"]);
    let image = format!("kube-apiserver:v{VERSION}");
    cluster.until("the node names the image of its API server", |c| {
        text(&c.run(&["-n", node, "get", "notices", "image-kube-apiserver", "-o", "yaml"])).contains(&image)
    });
    // What comes first on the way to a cluster is named first.
    let health = cluster.fails(&["-n", node, "health", "--wait-timeout", "2s"]);
    assert!(health.contains(&format!("kubelet:v{VERSION}: not found")), "{health}");
}
