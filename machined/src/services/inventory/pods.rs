//! Pods and their containers, as the runtime interface tells them.

use std::collections::BTreeMap;

use containerd::Cri;
use containerd::runtime::{Container, ContainerState, PodSandbox, PodSandboxState};
use proto::machine::{ContainerInfo, Stat};
use serde_json::Value;

use super::ids;
use crate::services::definitions::PODS_NAMESPACE;

/// Every pod, followed by its containers.
pub(super) async fn list(cri: &Cri) -> containerd::Result<Vec<ContainerInfo>> {
    let (pods, containers) = tokio::try_join!(cri.pods(), cri.containers())?;
    let mut all = Vec::new();
    for pod in &pods {
        let info = info(cri.pod(&pod.id, true).await?.map(|p| p.info));
        all.push(describe_pod(pod, &info));
        for container in containers.iter().filter(|c| c.pod_sandbox_id == pod.id) {
            let status = cri.container(&container.id, true).await?.map(|c| c.info);
            all.push(describe_container(pod, container, &self::info(status)));
        }
    }
    // Stable: containers stay behind their pod.
    all.sort_by(|a, b| a.pod_id.cmp(&b.pod_id));
    Ok(all)
}

/// What the runtime tells beside the interface, as JSON under `info`.
fn info(map: Option<BTreeMap<String, String>>) -> Value {
    let text = map.and_then(|mut m| m.remove("info")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

fn pid(info: &Value) -> u32 {
    info.get("pid").and_then(Value::as_u64).and_then(|p| u32::try_from(p).ok()).unwrap_or_default()
}

fn pod_name(pod: &PodSandbox) -> (String, String, String) {
    let metadata = pod.metadata.clone().unwrap_or_default();
    (metadata.namespace, metadata.name, metadata.uid)
}

fn describe_pod(pod: &PodSandbox, info: &Value) -> ContainerInfo {
    let (namespace, name, uid) = pod_name(pod);
    let status = match pod.state() {
        PodSandboxState::SandboxReady => "SANDBOX_READY",
        PodSandboxState::SandboxNotready => "SANDBOX_NOTREADY",
    };
    ContainerInfo {
        namespace: PODS_NAMESPACE.to_owned(),
        id: ids::pod(&namespace, &name),
        uid,
        internal_id: pod.id.clone(),
        image: text(info, "/image"),
        pid: pid(info),
        status: status.to_owned(),
        pod_id: ids::pod(&namespace, &name),
        name,
        network_namespace: network(info),
    }
}

fn text(info: &Value, pointer: &str) -> String {
    info.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Name of the network namespace that a pod has for itself; empty for the host's.
fn network(info: &Value) -> String {
    let namespaces = info.pointer("/runtimeSpec/linux/namespaces").and_then(Value::as_array);
    let network = namespaces.into_iter().flatten().find(|n| n.get("type").is_some_and(|t| t == "network"));
    let path = network.and_then(|n| n.get("path")).and_then(Value::as_str).unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

fn describe_container(pod: &PodSandbox, container: &Container, info: &Value) -> ContainerInfo {
    let (namespace, pod_name, uid) = pod_name(pod);
    let name = container.metadata.clone().unwrap_or_default().name;
    let status = match container.state() {
        ContainerState::ContainerCreated => "CONTAINER_CREATED",
        ContainerState::ContainerRunning => "CONTAINER_RUNNING",
        ContainerState::ContainerExited => "CONTAINER_EXITED",
        ContainerState::ContainerUnknown => "CONTAINER_UNKNOWN",
    };
    let image = container.image.clone().unwrap_or_default();
    let image = if image.user_specified_image.is_empty() { image.image } else { image.user_specified_image };
    let runs = container.state() == ContainerState::ContainerRunning;
    ContainerInfo {
        namespace: PODS_NAMESPACE.to_owned(),
        id: ids::container(&namespace, &pod_name, &name, &container.id),
        uid,
        internal_id: container.id.clone(),
        image,
        pid: if runs { pid(info) } else { 0 },
        status: status.to_owned(),
        pod_id: ids::pod(&namespace, &pod_name),
        name,
        network_namespace: network(info),
    }
}

/// Memory in use and processor time of all pods and containers.
pub(super) async fn stats(cri: &Cri) -> containerd::Result<Vec<Stat>> {
    let (pods, containers, figures) = tokio::try_join!(cri.pods(), cri.containers(), cri.container_stats())?;
    let pods: BTreeMap<&str, &PodSandbox> = pods.iter().map(|p| (p.id.as_str(), p)).collect();
    let containers: BTreeMap<&str, &Container> = containers.iter().map(|c| (c.id.as_str(), c)).collect();
    let mut all = Vec::new();
    for figure in figures {
        let id = figure.attributes.unwrap_or_default().id;
        let Some(container) = containers.get(id.as_str()) else { continue };
        let Some(pod) = pods.get(container.pod_sandbox_id.as_str()) else { continue };
        let (namespace, pod_name, _) = pod_name(pod);
        let name = container.metadata.clone().unwrap_or_default().name;
        all.push(Stat {
            namespace: PODS_NAMESPACE.to_owned(),
            id: ids::container(&namespace, &pod_name, &name, &id),
            memory_usage: figure.memory.and_then(|m| m.working_set_bytes).map_or(0, |v| v.value),
            cpu_usage: figure.cpu.and_then(|c| c.usage_core_nano_seconds).map_or(0, |v| v.value),
            pod_id: ids::pod(&namespace, &pod_name),
            name,
        });
    }
    all.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(all)
}

/// Where a container's log is; `None` when the container is gone or keeps none.
pub(super) async fn log_path(cri: &Cri, id: &str) -> containerd::Result<Option<String>> {
    let status = cri.container(id, false).await?.and_then(|c| c.status);
    Ok(status.map(|s| s.log_path).filter(|p| !p.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use containerd::runtime::PodSandboxMetadata;
    use serde_json::json;

    #[test]
    fn a_pod_is_told_with_its_process_and_its_network() {
        let metadata = PodSandboxMetadata {
            name: "dns".into(),
            namespace: "kube-system".into(),
            uid: "u".into(),
            ..Default::default()
        };
        let pod = PodSandbox { id: "aa".into(), metadata: Some(metadata), ..Default::default() };
        let namespaces = json!([{ "type": "pid" }, { "type": "network", "path": "/var/run/netns/cni-1" }]);
        let info = json!({
            "pid": 77, "image": "registry.k8s.io/pause:3.10.2",
            "runtimeSpec": { "linux": { "namespaces": namespaces } },
        });
        let told = describe_pod(&pod, &info);
        assert_eq!(
            (told.id.as_str(), told.pid, told.status.as_str()),
            ("kube-system/dns", 77, "SANDBOX_READY")
        );
        assert_eq!(told.network_namespace, "cni-1");
        assert_eq!(network(&json!({})), "");
    }
}
