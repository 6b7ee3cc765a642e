//! On the way down. Every step is bounded: nothing may hold the machine.

use std::time::Duration;

use proto::internal::specs::MachineResetSignalSpec;
use state::Context;

use crate::machine::Machine;

/// Longest wait for pods to stop (contract os.md 2.4).
const PODS: Duration = Duration::from_secs(180);

/// Longest wait for all services together.
const SERVICES: Duration = Duration::from_secs(45);

/// Socket of the runtime that Kubernetes uses.
const CRI_SOCKET: &str = "/run/containerd/containerd.sock";

/// Evicts what runs on this node. A node that never joined has nothing to evict.
pub async fn drain(machine: &Machine) -> anyhow::Result<()> {
    crate::controllers::k8s::node::drain::drain(&*machine.state).await
}

/// Stops the kubelet and all pods; removes them, too, when the node is to forget them.
pub async fn pods(machine: &Machine, remove: bool) -> anyhow::Result<()> {
    machine.services.stop("kubelet").await;
    if !machine.services.is_up("cri") {
        return Ok(());
    }
    tokio::time::timeout(PODS, stop_pods(remove))
        .await
        .map_err(|_| anyhow::anyhow!("pods did not stop within {} s", PODS.as_secs()))?
}

async fn stop_pods(remove: bool) -> anyhow::Result<()> {
    let cri = containerd::Cri::new(CRI_SOCKET);
    let pods = cri.pods().await?;
    let stops = pods.iter().map(|pod| {
        let cri = &cri;
        async move {
            cri.stop_pod(&pod.id).await?;
            if remove {
                cri.remove_pod(&pod.id).await?;
            }
            anyhow::Ok(())
        }
    });
    let results = futures::future::join_all(stops).await;
    results.into_iter().collect()
}

/// Takes this member out of etcd.
pub async fn leave_etcd(machine: &Machine) -> anyhow::Result<()> {
    if !std::path::Path::new("/var/lib/etcd/member").exists() {
        return Ok(());
    }
    crate::api::etcd::leave(machine).await.map_err(|status| anyhow::anyhow!("{}", status.message()))
}

/// Tells the controllers that this node goes: the discovery record is withdrawn.
pub async fn reset_signal(machine: &Machine) -> anyhow::Result<()> {
    let ctx = Context::new(machine.state.clone(), "runtime.MachineResetSignal");
    ctx.put("machine", MachineResetSignalSpec::default()).await?;
    Ok(())
}

/// From now on nothing new starts.
pub fn deny_new(machine: &Machine) -> anyhow::Result<()> {
    machine.services.deny_new(true);
    Ok(())
}

/// What depends on the runtime, then the runtime.
pub async fn workload_services(machine: &Machine) -> anyhow::Result<()> {
    let stop = machine.services.stop_with_dependents(&["cri", "trustd"]);
    tokio::time::timeout(SERVICES, stop)
        .await
        .map_err(|_| anyhow::anyhow!("services did not stop within {} s", SERVICES.as_secs()))
}

/// Everything else; apid and networkd last, for clients follow the end over them.
pub async fn all_services(machine: &Machine) -> anyhow::Result<()> {
    let stop = machine.services.stop_all(&["machined", "apid", "networkd"]);
    tokio::time::timeout(SERVICES, stop)
        .await
        .map_err(|_| anyhow::anyhow!("services did not stop within {} s", SERVICES.as_secs()))
}

/// Unmounts what pods left behind, the deepest first.
pub fn unmount_pods() -> anyhow::Result<()> {
    let mut targets: Vec<String> = std::fs::read_to_string("/proc/mounts")?
        .lines()
        .filter_map(|line| line.split(' ').nth(1))
        .filter(|target| target.starts_with("/var/"))
        .map(str::to_owned)
        .collect();
    targets.sort_by_key(|target| std::cmp::Reverse(target.len()));
    for target in targets {
        if let Err(error) = nix::mount::umount2(target.as_str(), nix::mount::MntFlags::MNT_DETACH) {
            tracing::debug!("cannot unmount {target}: {error}");
        }
    }
    Ok(())
}

/// Kills what is left, so that nothing writes to what is about to be wiped.
pub async fn force_cleanup(machine: &Machine) -> anyhow::Result<()> {
    machine.logs.release().await;
    unmount_pods()
}
