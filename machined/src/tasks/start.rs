//! On the way up.

use anyhow::Context;
use sys::fs::create_dir;
use sys::mount::{MountPort, MountSpec, Mounts, MsFlags};

use crate::configuration::active;
use crate::machine::Machine;
use crate::sequencer::plan::Task;
use crate::stage::Stage;

/// Folders below /var, with modes (contract os.md 3.3).
const VAR_FOLDERS: &[(&str, u32)] = &[
    ("/var/lib", 0o700),
    ("/var/lib/containerd", 0o700),
    ("/var/lib/kubelet", 0o700),
    ("/var/lib/kubelet/seccomp", 0o700),
    ("/var/lib/kubelet/seccomp/profiles", 0o700),
    ("/var/lib/cni", 0o700),
    ("/var/log", 0o755),
    ("/var/log/audit", 0o711),
    ("/var/log/audit/kube", 0o700),
    ("/var/log/containers", 0o755),
    ("/var/log/pods", 0o755),
    ("/var/mnt", 0o755),
    ("/var/lib/etcd", 0o700),
];

/// uid and gid of etcd, and of the API server's audit log (contract os.md 3.3, 6.2).
const OWNERS: &[(&str, u32)] = &[("/var/lib/etcd", 60), ("/var/log/audit/kube", 65534)];

/// Services that exist before there is a configuration.
pub async fn early(machine: &Machine, task: Task) -> anyhow::Result<()> {
    let ids: &[&str] = match task {
        Task::StartApid => &["networkd", "apid"],
        _ => &["machined"],
    };
    for id in ids {
        machine.services.start(id)?;
    }
    Ok(())
}

/// Takes up the configuration that STATE holds, or waits for one in maintenance.
pub async fn load_config(machine: &Machine, stage: &Stage) -> anyhow::Result<()> {
    match machine.keeper.load().await {
        Ok(_) if !machine.maintenance().await => return Ok(()),
        Ok(_) => {}
        Err(error) => {
            // A configuration that cannot be read must not lock anybody out: maintenance lets a new one in.
            tracing::error!("the configuration on STATE cannot be used: {error:#}");
            machine.events.publish("", &proto::machine::ConfigLoadErrorEvent { error: format!("{error:#}") });
        }
    }
    stage.maintenance(true);
    tracing::info!("there is no configuration: waiting in maintenance mode for one");
    let complete = wait_for_config(machine).await;
    stage.maintenance(false);
    complete
}

async fn wait_for_config(machine: &Machine) -> anyhow::Result<()> {
    use futures::StreamExt;
    let pointer = state::Pointer::of::<proto::resource::config::MachineConfigSpec>(active::ACTIVE);
    let mut changes = machine.state.watch(state::Watch::one(&pointer)).await?;
    while let Some(change) = changes.next().await {
        change?;
        if !machine.maintenance().await {
            return Ok(());
        }
    }
    anyhow::bail!("the store stopped telling of changes of the configuration")
}

/// EPHEMERAL is a folder of the host in container mode: it only needs its own folders.
pub fn ephemeral(machine: &Machine) -> anyhow::Result<()> {
    for (path, mode) in VAR_FOLDERS {
        create_dir(path.as_ref(), *mode)?;
    }
    for (path, owner) in OWNERS {
        let id = nix::unistd::Uid::from_raw(*owner);
        let group = nix::unistd::Gid::from_raw(*owner);
        nix::unistd::chown(*path, Some(id), Some(group))
            .with_context(|| format!("cannot give {path} to {owner}"))?;
    }
    machine.services.set_volumes_mounted(true);
    machine.logs.keep_in("/var/log".as_ref());
    Ok(())
}

/// Mounts that containers make have to be seen by the kubelet and the other way round (contract os.md 2.4).
pub fn shared_filesystems() -> anyhow::Result<()> {
    for path in ["/", "/var", "/etc/cni", "/run"] {
        if std::path::Path::new(path).exists() {
            Mounts.mount(&MountSpec::propagation(path, MsFlags::MS_SHARED | MsFlags::MS_REC))?;
        }
    }
    Ok(())
}

/// Files of the configuration that are to be written under /var.
pub async fn user_files(machine: &Machine) -> anyhow::Result<()> {
    let Some(active) = machine.active.complete(&*machine.state).await? else { return Ok(()) };
    for file in active.config.machine_files() {
        if !file.path.starts_with("/var/") {
            tracing::warn!(
                "machine.files: {} is not below /var and is left alone in container mode",
                file.path
            );
            continue;
        }
        let path = std::path::Path::new(&file.path);
        if let Some(folder) = path.parent() {
            create_dir(folder, 0o755)?;
        }
        sys::fs::write_atomically(path, file.content.as_bytes(), file.permissions)
            .with_context(|| format!("machine.files: cannot write {}", file.path))?;
    }
    Ok(())
}

/// Everything that the configuration asks for; readiness is the services' own business.
pub async fn all_services(machine: &Machine) -> anyhow::Result<()> {
    let Some(active) = machine.active.complete(&*machine.state).await? else {
        anyhow::bail!("there is no configuration to start services from")
    };
    let mut ids = vec!["registryd", "cri", "kubelet"];
    if active.config.is_control_plane() {
        ids.push("trustd");
        if active.config.etcd().is_some_and(|etcd| etcd.ca.is_some()) {
            ids.push("etcd");
        }
    }
    for id in ids {
        if machine.services.is_defined(id) {
            machine.services.start(id)?;
        }
    }
    Ok(())
}
