//! Sections of the configuration whose content is another program's: empty ones and parts give programs that start.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say bluntly what they expect"
)]

mod support;

use support::{Cluster, SINGLE, skipped};

/// Nothing but what these documents cannot be without.
const EMPTY: &str = "\
kind: KubeletConfig
image: KUBELET
config: {}
extraArgs: {}
---
kind: KubeCredentialProviderConfig
configuration: {}
---
kind: KubeAPIServerConfig
image: SERVER
extraArgs: {}
env: {}
resources: {}
---
kind: KubeSchedulerConfig
image: SCHEDULER
config: {}
resources: {}
---
kind: KubeProxyConfig
image: PROXY
config: {}
resources: {}
---
kind: KubeAdmissionControlConfig
name: PodSecurity
configuration: {}
---
kind: KubeAuditPolicyConfig
configuration: {}
---
kind: KubeAuthenticationConfig
configuration: {}
---
kind: KubeCoreDNSConfig
---
kind: KubeFlannelCNIConfig
backendType: vxlan
backendExtraConfig: {}
resources: {}
extraArgs: []
";

/// The same with something that a user may want, and without what their programs call themselves.
const PARTS: &str = "\
kind: KubeletConfig
image: KUBELET
config: {maxPods: 60, logging: {verbosity: 1}, evictionHard: {memory.available: 50Mi}}
---
kind: KubeAPIServerConfig
image: SERVER
extraArgs: {v: 1}
resources: {requests: {cpu: 100m}}
---
kind: KubeSchedulerConfig
image: SCHEDULER
config: {profiles: [{schedulerName: default-scheduler}, {schedulerName: second}], clientConnection: {qps: 100}}
---
kind: KubeProxyConfig
image: PROXY
config: {conntrack: {min: 0}, metricsBindAddress: 127.0.0.1:10249, clientConnection: {qps: 10}}
---
kind: KubeAdmissionControlConfig
name: PodSecurity
configuration: {defaults: {enforce: baseline}, exemptions: {namespaces: [kube-system]}}
---
kind: KubeAuditPolicyConfig
configuration: {omitStages: [RequestReceived]}
---
kind: KubeAuthenticationConfig
configuration: {anonymous: {enabled: false}}
---
kind: KubeCoreDNSConfig
enabled: true
---
kind: KubeFlannelCNIConfig
backendType: vxlan
backendExtraConfig: {VNI: 77}
resources: {requests: {cpu: 50m}}
";

/// A generated configuration with these documents in the place of its own of the same kinds.
fn with_documents(generated: &str, documents: &str) -> String {
    let kind = |text: &str| text.lines().find_map(|line| line.strip_prefix("kind: ")).map(str::to_owned);
    let documents = [
        ("KUBELET", components::image::KUBELET),
        ("SERVER", components::image::KUBE_APISERVER),
        ("SCHEDULER", components::image::KUBE_SCHEDULER),
        ("PROXY", components::image::KUBE_PROXY),
    ]
    .iter()
    .fold(documents.to_owned(), |text, (name, image)| {
        text.replace(&format!("image: {name}"), &format!("image: {image}"))
    });
    let ours: Vec<String> =
        documents.split("---\n").map(|text| format!("apiVersion: v1alpha1\n{text}")).collect();
    let taken = |text: &str| kind(text).is_some_and(|k| ours.iter().any(|own| kind(own) == Some(k.clone())));
    let kept = generated.split("---\n").filter(|text| !taken(text)).map(str::to_owned);
    kept.chain(ours.iter().cloned()).collect::<Vec<_>>().join("---\n")
}

fn start(name: &str, documents: &str) -> Cluster {
    let cluster = Cluster::in_maintenance(name, SINGLE);
    let files = cluster.generate(&[]);
    let generated = std::fs::read_to_string(files.join("controlplane.yaml")).unwrap();
    let file = cluster.file("sections.yaml", &with_documents(&generated, documents));
    cluster.give(&cluster.nodes[0], &file);
    cluster.come_up();
    cluster.service_answers(&cluster.node_name(0), "10.96.0.1:443");
    cluster
}

fn log_of(cluster: &Cluster, component: &str) -> String {
    cluster.kube(&["logs", "-n", "kube-system", "-l", &format!("k8s-app={component}"), "--tail", "-1"])
}

#[test]
fn empty_sections_give_a_healthy_cluster() {
    if skipped("sections-empty") {
        return;
    }
    let cluster = start("empty", EMPTY);
    let proxies = cluster.kube(&["get", "daemonset", "kube-proxy", "-n", "kube-system", "-o", "yaml"]);
    assert!(proxies.contains("--hostname-override=$(NODE_NAME)"), "{proxies}");
    assert!(!log_of(&cluster, "kube-proxy").contains("Failed to retrieve node info"));
}

#[test]
fn parts_of_sections_give_a_healthy_cluster_that_has_them() {
    if skipped("sections-parts") {
        return;
    }
    let cluster = start("parts", PARTS);
    let node = cluster.node_name(0);
    let pods = cluster.kube(&["get", "node", &node, "-o", "jsonpath={.status.capacity.pods}"]);
    assert_eq!(pods, "60");
    let flannel = cluster.kube(&["get", "configmap", "kube-flannel-cfg", "-n", "kube-system", "-o", "yaml"]);
    assert!(flannel.contains("\"VNI\":77"), "{flannel}");
    // A pod for the second scheduler is placed, in a namespace where privileges are refused.
    cluster.apply(SECOND);
    cluster.until("the second profile places pods", |c| {
        !c.kube(&["get", "pod", "placed", "-o", "jsonpath={.spec.nodeName}"]).is_empty()
    });
    let refused = cluster.kubectl(&["run", "privileged", "--image=registry.local/echo:1", "--privileged"]);
    let said = support::text(&refused);
    assert!(!refused.status.success() && said.contains("PodSecurity"), "{said}");
}

const SECOND: &str = "
apiVersion: v1
kind: Pod
metadata: {name: placed}
spec:
  schedulerName: second
  tolerations: [{operator: Exists}]
  containers: [{name: echo, image: \"registry.local/echo:1\", args: [serve]}]
";
