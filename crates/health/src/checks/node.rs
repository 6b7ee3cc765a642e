//! Each machine for itself.

use proto::internal::specs::NoticeSpec;
use proto::resource::enums::RuntimeMachineStage;
use proto::resource::runtime::{DiagnosticSpec, MachineStatusSpec};
use serde_json::Value;

use crate::cluster::{Cluster, on_each};
use crate::node::{self, Kind, Node};
use crate::run::Verdict;

const DIAGNOSTICS: Kind = Kind { namespace: "runtime", typ: "Diagnostics.runtime.talos.dev" };
const NOTICES: Kind = Kind { namespace: "runtime", typ: "Notices.runtime.talos.dev" };
const KUBELET: Kind = Kind { namespace: "k8s", typ: "KubeletConfigs.kubernetes.talos.dev" };
const MACHINE_STATUS: Kind = Kind { namespace: "runtime", typ: "MachineStatuses.runtime.talos.dev" };
const STATIC_PODS: Kind = Kind { namespace: "k8s", typ: "StaticPods.kubernetes.talos.dev" };
const STATIC_POD_STATUSES: Kind = Kind { namespace: "k8s", typ: "StaticPodStatuses.kubernetes.talos.dev" };

/// Least memory in MiB, tolerance taken off (contract os.md 2.4).
const LEAST_MEMORY: (u64, u64) = (1848 - 150, 1024 - 150);

/// Least size of /var in bytes (contract os.md 2.4): 6 GiB and some that file systems take themselves.
const LEAST_DISK: u64 = (6 << 30) - (300 << 20);

pub(super) async fn apid(cluster: &Cluster) -> anyhow::Result<Verdict> {
    on_each(cluster.nodes(), |node| async move { Ok(node.machine().version(node.request(())).await?) })
        .await?;
    Ok(Verdict::Passed)
}

pub(super) async fn memory(cluster: &Cluster) -> anyhow::Result<Verdict> {
    let groups = [(&cluster.control_planes, LEAST_MEMORY.0), (&cluster.workers, LEAST_MEMORY.1)];
    for (nodes, least) in groups {
        on_each(nodes.iter(), |node| async move {
            let answer = node.machine().memory(node.request(())).await?.into_inner();
            for info in answer.messages.into_iter().filter_map(|m| m.meminfo) {
                let has = info.memtotal / 1024;
                anyhow::ensure!(has >= least, "{has} MiB of memory are too little: {least} MiB are needed");
            }
            Ok(())
        })
        .await?;
    }
    Ok(Verdict::Passed)
}

pub(super) async fn disk(cluster: &Cluster) -> anyhow::Result<Verdict> {
    on_each(cluster.nodes(), |node| async move {
        let answer = node.machine().mounts(node.request(())).await?.into_inner();
        let found = answer.messages.into_iter().flat_map(|m| m.stats).find(|stat| stat.mounted_on == "/var");
        let Some(stat) = found else { anyhow::bail!("/var is not mounted yet") };
        let has = stat.size >> 20;
        anyhow::ensure!(stat.size >= LEAST_DISK, "/var with {has} MiB is too small: 6 GiB are needed");
        Ok(())
    })
    .await?;
    Ok(Verdict::Passed)
}

/// Why something does not work is worth more than that it does not: what a control plane has to say of itself
/// goes before an error.
pub(super) async fn with_trouble(cluster: &Cluster, error: anyhow::Error) -> anyhow::Error {
    match trouble(cluster).await {
        Some(trouble) => anyhow::anyhow!("{trouble} ({error:#})"),
        None => error,
    }
}

async fn trouble(cluster: &Cluster) -> Option<String> {
    for node in &cluster.control_planes {
        let diagnostics = diagnostics_of(node).await.unwrap_or_default();
        let mut messages = diagnostics.into_iter().map(|(_, message)| message);
        let first = match messages.next() {
            Some(message) => Some(message),
            None => broken(node).await.unwrap_or_default(),
        };
        if let Some(message) = first {
            return Some(format!("{}: {message}", node.name));
        }
    }
    None
}

/// The first thing of which a node says that it does not work, though that makes nobody unhealthy by itself.
async fn broken(node: &Node) -> anyhow::Result<Option<String>> {
    for found in node.list(NOTICES).await? {
        let spec: NoticeSpec = node::spec(&found)?;
        if spec.is_error() {
            return Ok(Some(spec.message));
        }
    }
    Ok(None)
}

pub(super) async fn diagnostics(cluster: &Cluster) -> anyhow::Result<Verdict> {
    on_each(cluster.nodes(), |node| async move {
        let all: Vec<String> =
            diagnostics_of(node).await?.into_iter().map(|(id, message)| format!("{id}: {message}")).collect();
        anyhow::ensure!(all.is_empty(), "{}", all.join("; "));
        Ok(())
    })
    .await?;
    Ok(Verdict::Passed)
}

/// A node's diagnostics: ids and messages.
async fn diagnostics_of(node: &Node) -> anyhow::Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    for found in node.list(DIAGNOSTICS).await? {
        let spec: DiagnosticSpec = node::spec(&found)?;
        all.push((node::id(&found).to_owned(), spec.message));
    }
    Ok(all)
}

/// Its configuration is sensitive: who may not look sees the service all the same.
async fn has_kubelet(node: &Node) -> anyhow::Result<bool> {
    match node.find(KUBELET, "kubelet").await {
        Ok(found) => Ok(found.is_some()),
        Err(status) if status.code() == tonic::Code::PermissionDenied => Ok(true),
        Err(status) => Err(status.into()),
    }
}

pub(super) async fn kubelet(cluster: &Cluster) -> anyhow::Result<Verdict> {
    let ran = on_each(cluster.nodes(), |node| async move {
        let has = has_kubelet(node).await?;
        if has {
            node.service_is_healthy("kubelet").await?;
        }
        Ok(has)
    })
    .await?;
    Ok(if ran.contains(&true) { Verdict::Passed } else { Verdict::Skipped })
}

pub(super) async fn booted(cluster: &Cluster) -> anyhow::Result<Verdict> {
    on_each(cluster.nodes(), |node| async move {
        let resource = node.get(MACHINE_STATUS, "machine").await?;
        let spec: MachineStatusSpec = node::spec(&resource)?;
        let stage = spec.stage();
        anyhow::ensure!(
            stage == RuntimeMachineStage::MachineStageRunning,
            "the machine is {}, not running",
            stage_name(stage)
        );
        Ok(())
    })
    .await?;
    Ok(Verdict::Passed)
}

/// A stage as resources call it: `shutting down`.
pub fn stage_name(stage: RuntimeMachineStage) -> String {
    let name = stage.as_str_name().to_lowercase();
    name.trim_start_matches("machine_stage_").replace('_', " ")
}

pub(super) async fn static_pods(cluster: &Cluster) -> anyhow::Result<Verdict> {
    let counts = on_each(cluster.control_planes.iter(), static_pods_of).await?;
    Ok(if counts.iter().all(|count| *count == 0) { Verdict::Skipped } else { Verdict::Passed })
}

async fn static_pods_of(node: &Node) -> anyhow::Result<usize> {
    let pods = node.list(STATIC_PODS).await?;
    let statuses = node.list(STATIC_POD_STATUSES).await?;
    let statuses: Vec<(String, Value)> =
        statuses.iter().map(|resource| (node::id(resource).to_owned(), node::spec_json(resource))).collect();
    for pod in &pods {
        is_running(node::id(pod), &statuses)?;
    }
    Ok(pods.len())
}

/// Its status is called after its namespace, itself and its node.
fn is_running(pod: &str, statuses: &[(String, Value)]) -> anyhow::Result<()> {
    let is_its = |id: &str| {
        let name = id.split_once('/').map_or(id, |(_, name)| name);
        name == pod || name.strip_prefix(pod).is_some_and(|rest| rest.starts_with('-'))
    };
    let Some((_, status)) = statuses.iter().find(|(id, _)| is_its(id)) else {
        anyhow::bail!("static pod {pod} was not started yet");
    };
    let conditions = status.get("conditions").and_then(Value::as_array);
    let ready = conditions.into_iter().flatten().any(|c| c["type"] == "Ready" && c["status"] == "True");
    anyhow::ensure!(ready, "static pod {pod} is not ready{}", reason(status));
    Ok(())
}

/// Why a container of a pod does not run, if kubelet says so.
fn reason(status: &Value) -> String {
    let containers = status.get("containerStatuses").and_then(Value::as_array);
    let waiting = containers.into_iter().flatten().find_map(|c| c.pointer("/state/waiting"));
    let text = |key: &str| waiting.and_then(|w| w.get(key)).and_then(Value::as_str).unwrap_or_default();
    match (text("reason"), text("message")) {
        ("", "") => String::new(),
        (reason, "") => format!(": {reason}"),
        (reason, message) => format!(": {reason}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_static_pod_is_running_when_its_status_is_ready() {
        let ready = json!({"conditions": [{"type": "Ready", "status": "True"}]});
        let pulling = json!({"containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff", "message": "m"}}}]});
        let statuses = [
            ("kube-system/kube-apiserver-cp-1".to_owned(), ready),
            ("kube-system/kube-scheduler-cp-1".to_owned(), pulling),
        ];
        assert!(is_running("kube-apiserver", &statuses).is_ok());
        let error = is_running("kube-scheduler", &statuses).unwrap_err().to_string();
        assert_eq!(error, "static pod kube-scheduler is not ready: ImagePullBackOff: m");
        assert!(
            is_running("kube-controller-manager", &statuses).unwrap_err().to_string().contains("not started")
        );
        assert!(is_running("kube", &[("ns/kubernetes-cp".to_owned(), json!({}))]).is_err());
    }

    #[test]
    fn stages_have_their_names_from_resources() {
        assert_eq!(stage_name(RuntimeMachineStage::MachineStageShuttingDown), "shutting down");
    }
}
