//! What is collected of a node: everything that explains its state, nothing that is secret.

use std::time::SystemTime;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use proto::common::ContainerDriver;
use proto::cosi::resource::meta::resource_definition_spec::Sensitivity;
use proto::machine::{ContainerInfo, ContainersRequest, DiskStat, DmesgRequest, LogsRequest};
use proto::resource::hardware::PciDeviceSpec;

use crate::commands::{inspect, mounts, processes, service, version};
use crate::node::Node;
use crate::output::{Table, human};
use crate::resource::resolve::definitions;
use crate::resource::show::View;
use crate::resource::store::{self, Kind};
use crate::stream;

/// What a collector found, and what it could not.
#[derive(Debug, Default)]
pub struct Found {
    /// Files of the archive: the name below the node's folder, and the content.
    pub files: Vec<(String, Vec<u8>)>,
    /// What it could not get, and why.
    pub missing: Vec<(String, anyhow::Error)>,
}

impl Found {
    fn file(name: &str, content: impl Into<Vec<u8>>) -> Self {
        Self { files: vec![(name.to_owned(), content.into())], missing: Vec::new() }
    }

    fn add(&mut self, name: String, content: anyhow::Result<Vec<u8>>) {
        match content {
            Ok(content) => self.files.push((name, content)),
            Err(error) => self.missing.push((name, error)),
        }
    }
}

/// Collects some files.
pub struct Collector {
    /// What it collects.
    pub name: &'static str,
    /// Asks the node.
    pub collect: for<'a> fn(&'a Node) -> LocalBoxFuture<'a, anyhow::Result<Found>>,
}

/// All of them.
pub const ALL: [Collector; 9] = [
    Collector { name: "kernel log", collect: |node| kernel_log(node).boxed_local() },
    Collector { name: "logs of services", collect: |node| service_logs(node).boxed_local() },
    Collector { name: "logs of system pods", collect: |node| pod_logs(node).boxed_local() },
    Collector { name: "state of services", collect: |node| service_states(node).boxed_local() },
    Collector { name: "mounts and processes", collect: |node| kernel_state(node).boxed_local() },
    Collector { name: "I/O of block devices", collect: |node| io(node).boxed_local() },
    Collector { name: "PCI devices", collect: |node| devices(node).boxed_local() },
    Collector { name: "dependencies of controllers", collect: |node| dependencies(node).boxed_local() },
    Collector { name: "resources", collect: |node| resources(node).boxed_local() },
];

const PCI_DEVICES: Kind<'static> = Kind { namespace: "hardware", typ: "PCIDevices.hardware.talos.dev" };

/// Pods of the cluster's own.
const SYSTEM_PODS: &str = "kube-system/";

/// Lines of each log.
const LINES: i32 = 10_000;

async fn read(
    stream: Result<tonic::Response<tonic::Streaming<proto::common::Data>>, tonic::Status>,
) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    let keep = |chunk: bytes::Bytes| {
        text.extend_from_slice(&chunk);
        Ok(())
    };
    stream::copy(stream.map(tonic::Response::into_inner), keep).await?;
    Ok(text)
}

/// Versions of this program and of the node: asked for first, whoever gives them is there.
pub async fn summary(node: &Node) -> anyhow::Result<Found> {
    let answer = node.machine().version(node.request(())).await?.into_inner();
    let mut text = format!("collected {}\nclient:\n{}", human::now(), version::block(&version::own()));
    for version in &answer.messages {
        text.push_str(&version::server(&node.name, version));
        let platform = version.platform.clone().unwrap_or_default();
        text.push_str(&format!("\tPlatform:    {} ({})\n", platform.name, platform.mode));
    }
    Ok(Found::file("summary", text))
}

async fn kernel_log(node: &Node) -> anyhow::Result<Found> {
    let request = node.request(DmesgRequest { follow: false, tail: false });
    Ok(Found::file("dmesg.log", read(node.machine().dmesg(request).await).await?))
}

async fn log(node: &Node, namespace: &str, driver: ContainerDriver, id: &str) -> anyhow::Result<Vec<u8>> {
    let request = LogsRequest {
        namespace: namespace.to_owned(),
        id: id.to_owned(),
        driver: driver as i32,
        follow: false,
        tail_lines: LINES,
    };
    read(node.machine().logs(node.request(request)).await).await
}

async fn service_logs(node: &Node) -> anyhow::Result<Found> {
    // The node says which logs there are: a service that never ran has none.
    let answer = node.machine().logs_containers(node.request(())).await?.into_inner();
    let mut found = Found::default();
    for id in answer.messages.into_iter().flat_map(|m| m.ids) {
        let text = log(node, "system", ContainerDriver::Containerd, &id).await;
        found.add(format!("service-logs/{}.log", file_name(&id)), text);
    }
    Ok(found)
}

async fn pod_logs(node: &Node) -> anyhow::Result<Found> {
    let request = ContainersRequest { namespace: "k8s.io".to_owned(), driver: ContainerDriver::Cri as i32 };
    let answer = node.machine().containers(node.request(request)).await?.into_inner();
    let containers = answer.messages.into_iter().flat_map(|m| m.containers);
    let mut found = Found::default();
    for container in containers.filter(has_log) {
        let text = log(node, "k8s.io", ContainerDriver::Cri, &container.id).await;
        found.add(format!("kube-system/{}.log", file_name(&container.id)), text);
    }
    Ok(found)
}

/// A pod has no log of its own, and neither has a container that has not been started.
fn has_log(container: &ContainerInfo) -> bool {
    container.id != container.pod_id
        && container.id.starts_with(SYSTEM_PODS)
        && !container.status.ends_with("CREATED")
}

async fn service_states(node: &Node) -> anyhow::Result<Found> {
    let answer = node.machine().service_list(node.request(())).await?.into_inner();
    let (mut found, now) = (Found::default(), SystemTime::now());
    for info in answer.messages.iter().flat_map(|m| &m.services) {
        let state = service::details(&node.name, info, now).render();
        found.files.push((format!("service-logs/{}.state", file_name(&info.id)), state.into_bytes()));
    }
    Ok(found)
}

/// Counters of block devices; a node may have none.
async fn io(node: &Node) -> anyhow::Result<Found> {
    let answer = node.machine().disk_stats(node.request(())).await?.into_inner();
    let devices: Vec<DiskStat> = answer.messages.into_iter().flat_map(|m| m.devices).collect();
    if devices.is_empty() {
        return Ok(Found::default());
    }
    let heading = [
        "NAME",
        "READS",
        "READ SECTORS",
        "READ MS",
        "WRITES",
        "WRITTEN SECTORS",
        "WRITE MS",
        "IN PROGRESS",
        "IO MS",
        "WEIGHTED IO MS",
    ];
    let mut table = Table::new(heading);
    for d in devices {
        let counters = [
            d.read_completed,
            d.read_sectors,
            d.read_time_ms,
            d.write_completed,
            d.write_sectors,
            d.write_time_ms,
            d.io_in_progress,
            d.io_time_ms,
            d.io_time_weighted_ms,
        ];
        table.row(std::iter::once(d.name).chain(counters.map(|counter| counter.to_string())));
    }
    Ok(Found::file("io", table.render()))
}

/// Devices on the PCI bus; a node may have none.
async fn devices(node: &Node) -> anyhow::Result<Found> {
    let list = store::list(node, PCI_DEVICES).await?;
    if list.is_empty() {
        return Ok(Found::default());
    }
    let mut table = Table::new(["ADDRESS", "CLASS", "VENDOR", "PRODUCT", "DRIVER"]);
    for resource in &list {
        let device: PciDeviceSpec = store::spec(resource)?;
        let named = |name: String, id: String| if name.is_empty() { id } else { name };
        table.row([
            store::id(resource).to_owned(),
            named(device.class, device.class_id),
            named(device.vendor, device.vendor_id),
            named(device.product, device.product_id),
            device.driver,
        ]);
    }
    Ok(Found::file("devices", table.render()))
}

async fn kernel_state(node: &Node) -> anyhow::Result<Found> {
    let mut found = Table::plain();
    let answer = node.machine().mounts(node.request(())).await?.into_inner();
    for stat in answer.messages.iter().flat_map(|m| &m.stats) {
        found.row(mounts::row(&node.name, stat));
    }
    let mut running = Table::plain();
    let answer = node.machine().processes(node.request(())).await?.into_inner();
    for process in answer.messages.iter().flat_map(|m| &m.processes) {
        running.row(processes::row(&node.name, process));
    }
    let mut files = Found::file("mounts", found.render());
    files.add("processes".to_owned(), Ok(running.render().into_bytes()));
    Ok(files)
}

async fn dependencies(node: &Node) -> anyhow::Result<Found> {
    Ok(Found::file("dependencies.dot", inspect::graph(node, false).await?))
}

async fn resources(node: &Node) -> anyhow::Result<Found> {
    let mut found = Found::default();
    for definition in definitions(node).await? {
        if definition.sensitivity != Sensitivity::NonSensitive as i32 {
            continue;
        }
        let kind = Kind { namespace: &definition.default_namespace, typ: &definition.resource_type };
        let name = format!("resources/{}.yaml", file_name(&definition.resource_type.to_lowercase()));
        let list = match store::list(node, kind).await {
            Ok(list) => list,
            Err(status) => {
                found.missing.push((name, status.into()));
                continue;
            }
        };
        let documents: Vec<String> =
            list.iter().map(|resource| View { node: &node.name, event: None, resource }.yaml()).collect();
        if !documents.is_empty() {
            found.files.push((name, documents.join("---\n").into_bytes()));
        }
    }
    Ok(found)
}

/// A name that cannot lead out of its folder.
fn file_name(id: &str) -> String {
    id.replace(|c: char| !(c.is_ascii_alphanumeric() || "-_.:".contains(c)), "_").replace(':', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_containers_of_system_pods_that_ran_are_asked_for_their_log() {
        let container = |id: &str, status: &str| ContainerInfo {
            id: id.into(),
            pod_id: "kube-system/dns".into(),
            status: status.into(),
            ..ContainerInfo::default()
        };
        for (id, status, expected) in [
            ("kube-system/dns:coredns:1", "CONTAINER_RUNNING", true),
            ("kube-system/dns:coredns:1", "CONTAINER_EXITED", true),
            ("kube-system/dns:coredns:1", "CONTAINER_CREATED", false),
            ("kube-system/dns", "SANDBOX_READY", false),
            ("default/web:nginx:1", "CONTAINER_RUNNING", false),
        ] {
            assert_eq!(has_log(&container(id, status)), expected, "{id} {status}");
        }
    }

    #[test]
    fn names_from_a_node_stay_in_their_folder() {
        assert_eq!(file_name("kube-system/coredns-x:coredns:39"), "kube-system_coredns-x-coredns-39");
        assert_eq!(file_name("../../etc/passwd"), ".._.._etc_passwd");
    }
}
