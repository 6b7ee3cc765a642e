//! What docs/tools.md says, done step by step: configurations in the form in which other programs write them, given
//! to nodes in maintenance mode as those programs do it, come to a healthy cluster.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say bluntly what they expect"
)]

mod support;

use proto::cosi::resource::state_client::StateClient;
use proto::cosi::resource::{GetRequest, ListRequest};
use proto::machine::apply_configuration_request::Mode;
use proto::machine::machine_service_client::MachineServiceClient;
use proto::machine::{ApplyConfigurationRequest, BootstrapRequest};
use proto::resource::enums::RuntimeMachineStage;
use proto::resource::runtime::MachineStatusSpec;
use proto::resource::v1alpha1::ServiceSpec;
use proto::storage::storage_service_client::StorageServiceClient;
use std::path::Path;
use std::time::Duration;
use support::{Cluster, Topology, raw, skipped};
use tonic::transport::Channel;
use tonic::{Code, Status};

/// One of each.
const PAIR: Topology = Topology { control_planes: 1, workers: 1 };

#[test]
fn what_gen_config_makes_comes_to_a_healthy_cluster() {
    if skipped("procedure-gen-config") {
        return;
    }
    let cluster = Cluster::in_maintenance("plain", PAIR);
    let files = cluster.generate(&[]);
    cluster.give(&cluster.nodes[0], &files.join("controlplane.yaml"));
    cluster.give(&cluster.nodes[1], &files.join("worker.yaml"));
    cluster.come_up();
    cluster.has_no_diagnostics();
}

/// The name of a machine, its address and its name servers, as talhelper writes them for each node of its file.
fn as_talhelper(cluster: &Cluster, index: usize, name: &str) -> String {
    let (node, gateway) = (&cluster.nodes[index], cluster.gateway());
    format!(
        r#"machine:
  network:
    interfaces:
      - interface: eth0
        dhcp: false
        addresses: [{node}/24]
        routes: [{{network: 0.0.0.0/0, gateway: {gateway}}}]
  kubelet: {{nodeIP: {{validSubnets: [{node}/32]}}}}
  nodeLabels: {{rack: r{index}}}
---
apiVersion: v1alpha1
kind: HostnameConfig
auto: "off"
hostname: {name}
---
apiVersion: v1alpha1
kind: ResolverConfig
nameservers: [{{address: {gateway}}}]
"#
    )
}

#[test]
fn what_talhelper_writes_comes_to_a_healthy_cluster() {
    if skipped("procedure-talhelper") {
        return;
    }
    let cluster = Cluster::in_maintenance("talhelper", PAIR);
    let files = cluster.generate(&["--talos-version", "v1.13"]);
    for (index, name, role) in [(0, "rack-cp", "controlplane"), (1, "rack-worker", "worker")] {
        let patch = cluster.file(&format!("{name}.patch.yaml"), &as_talhelper(&cluster, index, name));
        let whole = files.join(format!("generated-{name}.yaml"));
        let patched = cluster.ok(&[
            "machineconfig",
            "patch",
            files.join(format!("{role}.yaml")).to_str().unwrap(),
            "--patch",
            &format!("@{}", patch.display()),
        ]);
        std::fs::write(&whole, patched).unwrap();
        cluster.give(&cluster.nodes[index], &whole);
    }
    cluster.come_up();
    cluster.has_no_diagnostics();
    for (name, rack) in [("rack-cp", "r0"), ("rack-worker", "r1")] {
        assert_eq!(cluster.kube(&["get", "node", name, "-o", "jsonpath={.metadata.labels.rack}"]), rack);
    }
}

/// What the provider's library writes out again: sections that say nothing are there, and empty.
const AS_TERRAFORM: &str = "\
apiVersion: v1alpha1
kind: KubeProxyConfig
config: {}
---
apiVersion: v1alpha1
kind: KubeNodeConfig
nodeIP: {}
";

#[test]
fn what_terraform_does_comes_to_a_healthy_cluster() {
    if skipped("procedure-terraform") {
        return;
    }
    let cluster = Cluster::in_maintenance("terraform", PAIR);
    let patch = cluster.file("terraform.yaml", AS_TERRAFORM);
    let control_plane = format!("@{}", patch.display());
    let files = cluster.generate(&["--config-patch-control-plane", &control_plane]);
    for (node, file) in cluster.nodes.iter().zip(["controlplane.yaml", "worker.yaml"]) {
        let text = std::fs::read_to_string(files.join(file)).unwrap();
        raw::run(applied(node, &text));
        until("the node has booted", &cluster.talosconfig(), node, async |channel| booted(channel).await);
        // It looks for differences by comparing what the node has with what was given.
        assert_eq!(cluster.configuration(node).trim(), text.trim(), "{file}");
    }
    let first = cluster.nodes[0].as_str();
    until("etcd is bootstrapped", &cluster.talosconfig(), first, async |channel| {
        match MachineServiceClient::new(channel).bootstrap(BootstrapRequest::default()).await {
            Ok(_) => Ok(true),
            Err(status) if status.code() == Code::AlreadyExists => Ok(true),
            Err(status) if status.code() == Code::InvalidArgument => panic!("{status}"),
            Err(status) => Err(status),
        }
    });
    cluster.healthy();
    for node in &cluster.nodes {
        let found =
            raw::run(async { diagnostics(raw::channel(&cluster.talosconfig(), node)).await }).unwrap();
        assert_eq!(found, 0, "{node}");
    }
    // Its kubeconfig data source asks the node, and a Service answers: kube-proxy runs with its empty section.
    cluster.ok(&["kubeconfig", cluster.kubeconfig().to_str().unwrap(), "--force"]);
    for index in 0..cluster.nodes.len() {
        cluster.service_answers(&cluster.node_name(index), "10.96.0.1:443");
    }
}

/// Asks until the answer is yes; fails the test after three minutes of other answers.
fn until(what: &str, talosconfig: &Path, node: &str, look: impl AsyncFn(Channel) -> Result<bool, Status>) {
    let deadline = std::time::Instant::now() + Duration::from_secs(180);
    loop {
        let answer = raw::run(async { look(raw::channel(talosconfig, node)).await });
        if matches!(answer, Ok(true)) {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "{what}: not within three minutes: {answer:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Finds out whether the node waits for its configuration, by a call that names the node, and gives it.
async fn applied(node: &str, text: &str) {
    let mut last = None;
    for _ in 0..300 {
        let metadata = [("node", node)];
        let channel = raw::stranger(node);
        match StorageServiceClient::new(channel.clone()).disks(raw::request((), &metadata)).await {
            Ok(_) => {
                let data = text.as_bytes().to_vec();
                let message =
                    ApplyConfigurationRequest { data, mode: Mode::Auto as i32, ..Default::default() };
                let request = raw::request(message, &metadata);
                MachineServiceClient::new(channel).apply_configuration(request).await.unwrap();
                return;
            }
            Err(status) => last = Some(status),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{node} does not wait for its configuration: {last:?}");
}

async fn spec<S: prost::Message + Default>(
    channel: &Channel,
    namespace: &str,
    typ: &str,
    id: &str,
) -> Result<Option<S>, Status> {
    let request =
        GetRequest { namespace: namespace.into(), r#type: typ.into(), id: id.into(), options: None };
    let found = match StateClient::new(channel.clone()).get(request).await {
        Ok(answer) => answer.into_inner().resource,
        Err(status) if status.code() == Code::NotFound => None,
        Err(status) => return Err(status),
    };
    let spec = found.and_then(|resource| resource.spec);
    Ok(spec.map(|spec| S::decode(spec.proto_spec).unwrap()))
}

/// The stage, no installation under way, and the container runtime.
async fn booted(channel: Channel) -> Result<bool, Status> {
    let machine: Option<MachineStatusSpec> =
        spec(&channel, "runtime", "MachineStatuses.runtime.talos.dev", "machine").await?;
    let install: Option<proto::resource::runtime::UnattendedInstallStatusSpec> =
        spec(&channel, "runtime", "UnattendedInstallStatuses.runtime.talos.dev", "unattended-install")
            .await?;
    let cri: Option<ServiceSpec> = spec(&channel, "runtime", "Services.v1alpha1.talos.dev", "cri").await?;
    let stages = [RuntimeMachineStage::MachineStageBooting, RuntimeMachineStage::MachineStageRunning];
    Ok(machine.is_some_and(|m| stages.contains(&m.stage()))
        && install.is_none()
        && cri.is_some_and(|s| s.running && s.healthy && !s.unknown))
}

async fn diagnostics(channel: Channel) -> Result<usize, Status> {
    let request = ListRequest {
        namespace: "runtime".into(),
        r#type: "Diagnostics.runtime.talos.dev".into(),
        options: None,
    };
    let mut listed = StateClient::new(channel).list(request).await?.into_inner();
    let mut count = 0;
    while listed.message().await?.is_some() {
        count += 1;
    }
    Ok(count)
}
