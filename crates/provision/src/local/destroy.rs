//! Removing a cluster: everything that carries its hash, then its state.

use std::path::Path;
use std::time::Duration;

use sys::cgroup::{CgroupPort, Cgroups};
use sys::mount::{Mounts, mounts, unmount_below};
use sys::process::{Reaper, SpawnPort};

use super::error::{Error, Result};
use super::host::{PATIENCE, restore_forwarding};
use super::network;
use super::options::{Event, Progress};
use super::state::{Files, remove_tree};

/// Removes the cluster `name` whose state is below `root`, whatever state it is in: running,
/// half-made, or with nothing left but names in the kernel's tables. Removing a cluster that does
/// not exist succeeds.
///
/// # Errors
/// If this is not root, another command works on the cluster, or something cannot be removed.
pub async fn destroy(root: &Path, name: &str, progress: &dyn Progress) -> Result<()> {
    if !sys::process::is_root() {
        return Err(Error::Request(
            "removing a local cluster needs root, as creating it did; run the same command with sudo".into(),
        ));
    }
    let files = Files::new(root, name)?;
    let _lock = files.lock()?;
    let existed = files.exists();
    if existed {
        progress.event(Event::Cluster("stopping the nodes".into()));
    }
    let reaper = Reaper::start()?;
    // Without its files, too: the kernel's tables may hold something of it.
    remove(&files, &reaper).await?;
    progress.event(Event::Cluster(match existed {
        true => "removed".into(),
        false => format!("there is no cluster {name} in {}: nothing to remove", files.root().display()),
    }));
    Ok(())
}

/// Removes everything; the caller holds the cluster's lock.
pub(super) async fn remove(files: &Files, port: &dyn SpawnPort) -> Result<()> {
    end_host(files).await?;
    let names = files.names();
    let cgroups = Cgroups::detect()?;
    sys::cgroup::destroy(&cgroups, &cgroups.group(&names.cgroup()), PATIENCE).await?;
    network::sweep(port, &names).await?;
    let dir = files.dir();
    if dir.exists() {
        unmount_below(&Mounts, &mounts()?, &dir)?;
        // By another name first: from now on the cluster does not exist, whatever happens next.
        let condemned = files.root().join(format!(".{}.removed", files.name()));
        remove_tree(&condemned)?;
        std::fs::rename(&dir, &condemned).map_err(Error::file("rename", &dir))?;
        remove_tree(&condemned)?;
    }
    restore_forwarding(&names)
}

/// Kills the host process, and with it (by the parent death signal) its nodes.
pub(super) async fn end_host(files: &Files) -> Result<()> {
    let Some(host) = files.host() else { return Ok(()) };
    let mut pause = Duration::from_millis(1);
    while !host.is_gone() {
        sys::process::kill(host.pid, sys::process::Signal::SIGKILL)?;
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(50));
    }
    Ok(())
}
