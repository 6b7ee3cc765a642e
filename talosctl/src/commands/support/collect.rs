//! What is collected of a node: everything that explains its state, nothing that is secret.

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use proto::common::ContainerDriver;
use proto::cosi::resource::meta::resource_definition_spec::Sensitivity;
use proto::machine::{ContainersRequest, DmesgRequest, LogsRequest};

use crate::commands::{inspect, mounts, processes};
use crate::node::Node;
use crate::output::Table;
use crate::resource::resolve::definitions;
use crate::resource::show::View;
use crate::resource::store::{self, Kind};
use crate::stream;

/// A file of the bundle: its name below the node's folder, and its content.
pub type File = (String, Vec<u8>);

/// Collects some files.
pub struct Collector {
    /// What it collects.
    pub name: &'static str,
    /// Asks the node.
    pub collect: for<'a> fn(&'a Node) -> LocalBoxFuture<'a, anyhow::Result<Vec<File>>>,
}

/// All of them.
pub const ALL: [Collector; 7] = [
    Collector { name: "kernel log", collect: |node| kernel_log(node).boxed_local() },
    Collector { name: "logs of services", collect: |node| service_logs(node).boxed_local() },
    Collector { name: "logs of system pods", collect: |node| pod_logs(node).boxed_local() },
    Collector { name: "state of services", collect: |node| service_states(node).boxed_local() },
    Collector { name: "mounts and processes", collect: |node| kernel_state(node).boxed_local() },
    Collector { name: "dependencies of controllers", collect: |node| dependencies(node).boxed_local() },
    Collector { name: "resources", collect: |node| resources(node).boxed_local() },
];

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

async fn kernel_log(node: &Node) -> anyhow::Result<Vec<File>> {
    let request = node.request(DmesgRequest { follow: false, tail: false });
    Ok(vec![("dmesg.log".to_owned(), read(node.machine().dmesg(request).await).await?)])
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

async fn service_logs(node: &Node) -> anyhow::Result<Vec<File>> {
    let answer = node.machine().logs_containers(node.request(())).await?.into_inner();
    let mut files = Vec::new();
    for id in answer.messages.into_iter().flat_map(|m| m.ids) {
        // A log that has just gone is no loss.
        if let Ok(text) = log(node, "system", ContainerDriver::Containerd, &id).await {
            files.push((format!("service-logs/{}.log", file_name(&id)), text));
        }
    }
    Ok(files)
}

async fn pod_logs(node: &Node) -> anyhow::Result<Vec<File>> {
    let request = ContainersRequest { namespace: "k8s.io".to_owned(), driver: ContainerDriver::Cri as i32 };
    let answer = node.machine().containers(node.request(request)).await?.into_inner();
    let containers = answer.messages.into_iter().flat_map(|m| m.containers);
    let mut files = Vec::new();
    for container in containers.filter(|c| c.id != c.pod_id && c.id.starts_with(SYSTEM_PODS)) {
        if let Ok(text) = log(node, "k8s.io", ContainerDriver::Cri, &container.id).await {
            files.push((format!("kube-system/{}.log", file_name(&container.id)), text));
        }
    }
    Ok(files)
}

async fn service_states(node: &Node) -> anyhow::Result<Vec<File>> {
    let answer = node.machine().service_list(node.request(())).await?.into_inner();
    let mut table = Table::new(["SERVICE", "STATE", "EVENT"]);
    for service in answer.messages.into_iter().flat_map(|m| m.services) {
        for event in service.events.iter().flat_map(|e| &e.events) {
            table.row([service.id.as_str(), &event.state, &event.msg]);
        }
    }
    Ok(vec![("services".to_owned(), table.render().into_bytes())])
}

async fn kernel_state(node: &Node) -> anyhow::Result<Vec<File>> {
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
    Ok(vec![
        ("mounts".to_owned(), found.render().into_bytes()),
        ("processes".to_owned(), running.render().into_bytes()),
    ])
}

async fn dependencies(node: &Node) -> anyhow::Result<Vec<File>> {
    Ok(vec![("dependencies.dot".to_owned(), inspect::graph(node, false).await?.into_bytes())])
}

async fn resources(node: &Node) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    for definition in definitions(node).await? {
        if definition.sensitivity != Sensitivity::NonSensitive as i32 {
            continue;
        }
        let kind = Kind { namespace: &definition.default_namespace, typ: &definition.resource_type };
        let Ok(list) = store::list(node, kind).await else { continue };
        let documents: Vec<String> =
            list.iter().map(|resource| View { node: &node.name, event: None, resource }.yaml()).collect();
        if !documents.is_empty() {
            let name = format!("resources/{}.yaml", file_name(&definition.resource_type.to_lowercase()));
            files.push((name, documents.join("---\n").into_bytes()));
        }
    }
    Ok(files)
}

/// A name that cannot lead out of its folder.
fn file_name(id: &str) -> String {
    id.replace(|c: char| !(c.is_ascii_alphanumeric() || "-_.:".contains(c)), "_").replace(':', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_a_node_stay_in_their_folder() {
        assert_eq!(file_name("kube-system/coredns-x:coredns:39"), "kube-system_coredns-x-coredns-39");
        assert_eq!(file_name("../../etc/passwd"), ".._.._etc_passwd");
    }
}
