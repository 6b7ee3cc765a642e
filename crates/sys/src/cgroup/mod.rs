//! Control groups on v1 and v2 hosts: create, join, limit, kill, remove.
//!
//! A [`Group`] is one name in every hierarchy: on v2 one directory, on v1 one per mounted
//! controller set. Limits are best effort: a host may lack a controller or refuse a value, and a
//! service without its limit is better than no service.

mod bpf;
mod devices;
mod layout;
mod limits;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

pub use devices::{DeviceKind, DeviceRule};
pub use layout::{Hierarchy, Layout, Version};
pub use limits::Limits;

use crate::{Context, Error, Result};

/// One control group, in all hierarchies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Path relative to the root of the hierarchies, without a leading slash.
    pub path: String,
    /// Its directory in each hierarchy.
    pub dirs: Vec<PathBuf>,
}

impl Group {
    /// The files through which a process joins; for [`crate::process::Command::cgroup`].
    pub fn procs_files(&self) -> Vec<PathBuf> {
        self.dirs.iter().map(|dir| dir.join("cgroup.procs")).collect()
    }
}

/// Manages control groups.
pub trait CgroupPort: Send + Sync {
    /// The group called `path` (such as `system/apid`), without creating anything.
    fn group(&self, path: &str) -> Group;
    /// Creates the group and its ancestors; an existing one is fine.
    fn create(&self, path: &str) -> Result<Group>;
    /// Moves a process there.
    fn join(&self, group: &Group, pid: i32) -> Result<()>;
    /// Sets limits as far as the host has and allows them.
    fn limit(&self, group: &Group, limits: &Limits);
    /// Processes in the group and below it.
    fn processes(&self, group: &Group) -> Vec<i32>;
    /// Sends SIGKILL to every process in the group and below it; does not wait.
    fn kill(&self, group: &Group) -> Result<()>;
    /// Removes the group and all below it; no such group is fine.
    ///
    /// # Errors
    /// If a process is still in it.
    fn remove(&self, group: &Group) -> Result<()>;
}

/// The control groups of this host, or of this cgroup namespace.
#[derive(Debug, Clone)]
pub struct Cgroups {
    layout: Layout,
}

impl Cgroups {
    /// The hierarchies that are mounted here.
    ///
    /// # Errors
    /// If no cgroup file system is mounted.
    pub fn detect() -> Result<Self> {
        Ok(Self { layout: Layout::detect()? })
    }

    /// Hierarchies known otherwise.
    pub fn with_layout(layout: Layout) -> Self {
        Self { layout }
    }

    /// What is mounted.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Denies `rules` to the group and everything below it, for ever and for root too.
    ///
    /// On v1 these are exceptions from "allow all", because a group below could otherwise not be
    /// given "allow all" as privileged containers are; on v2 it is a program that ancestors and
    /// descendants add to.
    ///
    /// # Errors
    /// If the host has neither a devices controller nor device programs.
    pub fn deny_devices(&self, group: &Group, rules: &[DeviceRule]) -> Result<()> {
        match self.layout.version {
            Version::V1 => devices::deny_v1(&self.layout, group, rules),
            Version::V2 => {
                let dir = group.dirs.first().ok_or_else(|| Error::other("deny devices", "no such group"))?;
                bpf::deny_devices(dir, rules)
            }
        }
    }

    fn dirs_below(&self, group: &Group) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut pending: Vec<PathBuf> = group.dirs.iter().filter(|dir| dir.is_dir()).cloned().collect();
        while let Some(dir) = pending.pop() {
            let children = fs::read_dir(&dir).into_iter().flatten().flatten();
            pending.extend(children.filter(|e| e.file_type().is_ok_and(|t| t.is_dir())).map(|e| e.path()));
            found.push(dir);
        }
        found
    }
}

impl CgroupPort for Cgroups {
    fn group(&self, path: &str) -> Group {
        let path = path.trim_matches('/').to_owned();
        let dirs =
            self.layout.hierarchies.iter().map(|hierarchy| hierarchy.mount_point.join(&path)).collect();
        Group { path, dirs }
    }

    fn create(&self, path: &str) -> Result<Group> {
        let group = self.group(path);
        for hierarchy in &self.layout.hierarchies {
            let mut dir = hierarchy.mount_point.clone();
            for part in group.path.split('/').filter(|part| !part.is_empty()) {
                if self.layout.version == Version::V2 {
                    enable_controllers(&dir);
                }
                let parent = dir.clone();
                dir.push(part);
                match fs::create_dir(&dir) {
                    Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                        return Err(Error::new(format!("create control group {}", dir.display()), error));
                    }
                    _ => {}
                }
                if hierarchy.has("cpuset") {
                    inherit_cpuset(&parent, &dir)?;
                }
            }
        }
        Ok(group)
    }

    fn join(&self, group: &Group, pid: i32) -> Result<()> {
        for file in group.procs_files() {
            fs::write(&file, pid.to_string())
                .context(|| format!("move process {pid} to control group {}", group.path))?;
        }
        Ok(())
    }

    fn limit(&self, group: &Group, limits: &Limits) {
        for (file, value) in limits.files(self.layout.version, available_cores()) {
            let dirs = group.dirs.iter().map(|dir| dir.join(file)).filter(|path| path.exists());
            for path in dirs {
                if let Err(error) = fs::write(&path, &value) {
                    tracing::debug!(group = group.path, file, value, %error, "the host refused a limit");
                }
            }
        }
    }

    fn processes(&self, group: &Group) -> Vec<i32> {
        let mut pids = BTreeSet::new();
        for dir in self.dirs_below(group) {
            let text = fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default();
            pids.extend(text.lines().filter_map(|line| line.parse::<i32>().ok()).filter(|pid| *pid > 0));
        }
        pids.into_iter().collect()
    }

    fn kill(&self, group: &Group) -> Result<()> {
        if self.layout.version == Version::V2
            && group.dirs.iter().all(|dir| fs::write(dir.join("cgroup.kill"), "1").is_ok())
        {
            return Ok(());
        }
        for pid in self.processes(group) {
            match kill(Pid::from_raw(pid), Signal::SIGKILL) {
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(errno) => return Err(Error::new(format!("kill process {pid} of {}", group.path), errno)),
            }
        }
        Ok(())
    }

    fn remove(&self, group: &Group) -> Result<()> {
        // Deepest first: longer paths are below shorter ones.
        let mut dirs = self.dirs_below(group);
        dirs.sort_by_key(|dir| std::cmp::Reverse(dir.components().count()));
        for dir in dirs {
            match fs::remove_dir(&dir) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::new(format!("remove control group {}", dir.display()), error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Kills a group until nobody is left, then removes it. New processes that a dying one forked are
/// killed in the next round.
///
/// # Errors
/// If somebody is still there after `patience`.
pub async fn destroy(port: &dyn CgroupPort, group: &Group, patience: Duration) -> Result<()> {
    let deadline = crate::clock::after(patience);
    let mut pause = Duration::from_millis(1);
    loop {
        if !port.processes(group).is_empty() {
            port.kill(group)?;
        } else {
            match port.remove(group) {
                Ok(()) => return Ok(()),
                Err(error) if tokio::time::Instant::now() >= deadline => return Err(error),
                Err(_) => {}
            }
        }
        if tokio::time::Instant::now() >= deadline {
            let left = port.processes(group);
            let reason = format!("processes {left:?} are still there {patience:?} after SIGKILL");
            return Err(Error::other(format!("remove control group {}", group.path), reason));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(100));
    }
}

/// Passes every controller that `dir` has on to its children. Refused while processes are in `dir`
/// itself (except in the real root); the children then just lack the controller.
fn enable_controllers(dir: &Path) {
    let available = fs::read_to_string(dir.join("cgroup.controllers")).unwrap_or_default();
    for controller in available.split_whitespace() {
        if let Err(error) = fs::write(dir.join("cgroup.subtree_control"), format!("+{controller}")) {
            tracing::debug!(dir = %dir.display(), controller, %error, "controller not passed on");
        }
    }
}

/// On v1 a new cpuset is empty, and nobody can join it before it has CPUs and memory nodes.
fn inherit_cpuset(parent: &Path, dir: &Path) -> Result<()> {
    for file in ["cpuset.cpus", "cpuset.mems"] {
        let own = fs::read_to_string(dir.join(file)).unwrap_or_default();
        if own.trim().is_empty() {
            let value = fs::read_to_string(parent.join(file))
                .context(|| format!("read {}", parent.join(file).display()))?;
            fs::write(dir.join(file), value.trim())
                .context(|| format!("set {}", dir.join(file).display()))?;
        }
    }
    Ok(())
}

fn available_cores() -> u64 {
    std::thread::available_parallelism().map_or(1, |count| count.get() as u64)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
