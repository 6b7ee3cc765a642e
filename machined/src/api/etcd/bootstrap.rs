//! `Bootstrap`: etcd begins a cluster with this node (contract api.md 5.1).

use std::path::Path;
use std::time::Duration;

use proto::internal::specs::RebootRequestSpec;
use proto::machine::BootstrapRequest;
use proto::resource::enums::RuntimeUnattendedInstallPhase;
use proto::resource::runtime::UnattendedInstallStatusSpec;
use proto::resource::secrets::EtcdRootSpec;
use proto::resource::time::StatusSpec as TimeStatusSpec;
use state::ops;
use tonic::Status;

use super::{SNAPSHOT, plain};
use crate::api::kubeconfig::control_plane_only;
use crate::machine::Machine;
use crate::services::definitions::etcd::{DATA, Restore};

/// Longest wait for the runtime (contract api.md 5.1).
const RUNTIME: Duration = Duration::from_secs(1);

/// Longest wait for the time (contract api.md 5.1).
const TIME: Duration = Duration::from_secs(5);

/// Handles `Bootstrap`: returns when etcd has been told to start.
pub async fn bootstrap(machine: &Machine, request: BootstrapRequest) -> Result<(), Status> {
    ready(machine).await?;
    let active = control_plane_only(machine, "bootstrap").await?;
    let authority = ops::get::<EtcdRootSpec>(&*machine.state, "etcd").await?;
    if authority.is_none() || active.config.etcd().is_none_or(|etcd| etcd.ca.is_none()) {
        return Err(Status::invalid_argument(
            "there is no etcd CA in the machine configuration: bootstrap needs one",
        ));
    }
    let synced = ops::wait_for::<TimeStatusSpec>(&*machine.state, "node", |t| t.spec.synced);
    match tokio::time::timeout(TIME, synced).await {
        Ok(Ok(_)) => {}
        _ => return Err(Status::failed_precondition("time is not in sync yet")),
    }
    if has_entries(Path::new(DATA)).map_err(|e| plain(format!("cannot look into {DATA}: {e}")))? {
        return Err(Status::already_exists("etcd data directory is not empty"));
    }
    let wish = machine.bootstrap.get().ok_or_else(|| Status::unavailable("the machine is starting"))?;
    if request.recover_etcd {
        if !Path::new(SNAPSHOT).exists() {
            return Err(Status::failed_precondition(format!(
                "there is no snapshot in {SNAPSHOT}: upload one first"
            )));
        }
        let skip_hash_check = request.recover_skip_hash_check;
        wish.ask_to_restore(Restore { snapshot: SNAPSHOT.into(), skip_hash_check });
    } else {
        wish.ask();
    }
    tracing::info!("etcd begins a new cluster with this node");
    machine.services.restart("etcd").await.map_err(|refused| plain(refused.to_string()))
}

/// Refuses while the node has other things to do first.
async fn ready(machine: &Machine) -> Result<(), Status> {
    let unavailable =
        |why: &str| Status::failed_precondition(format!("bootstrap is not available yet: {why}"));
    if tokio::time::timeout(RUNTIME, machine.services.up("cri")).await.is_err() {
        return Err(unavailable("the container runtime is not running"));
    }
    let install = ops::get::<UnattendedInstallStatusSpec>(&*machine.state, "unattended-install").await?;
    let installed = RuntimeUnattendedInstallPhase::UnattendedInstallPhaseInstalled as i32;
    if install.is_some_and(|i| i.spec.phase != installed) {
        return Err(unavailable("the machine is being installed"));
    }
    if ops::get::<RebootRequestSpec>(&*machine.state, "reboot-request").await?.is_some() {
        return Err(unavailable("the machine is going to reboot"));
    }
    Ok(())
}

fn has_entries(folder: &Path) -> std::io::Result<bool> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
