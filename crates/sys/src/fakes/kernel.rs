//! Recording doubles of the stateless ports.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::lock;
use crate::cgroup::{CgroupPort, Group, Limits};
use crate::clock::{ClockPort, later};
use crate::hostname::HostnamePort;
use crate::mount::{MntFlags, MountPort, MountSpec};
use crate::reboot::{RebootCommand, RebootPort};
use crate::sysctl::SysctlPort;
use crate::{Error, Result};

/// Records mounts.
#[derive(Debug, Default)]
pub struct Mounts {
    calls: Mutex<Vec<String>>,
    specs: Mutex<Vec<MountSpec>>,
    failing: Mutex<Vec<PathBuf>>,
}

impl Mounts {
    /// What was asked, in words.
    pub fn calls(&self) -> Vec<String> {
        lock(&self.calls).clone()
    }

    /// The mounts that were asked for.
    pub fn specs(&self) -> Vec<MountSpec> {
        lock(&self.specs).clone()
    }

    /// From now on everything at `target` fails with EBUSY.
    pub fn fail_at(&self, target: impl Into<PathBuf>) {
        lock(&self.failing).push(target.into());
    }

    fn record(&self, target: &Path, call: String) -> Result<()> {
        lock(&self.calls).push(call.clone());
        if lock(&self.failing).iter().any(|path| path == target) {
            return Err(Error::new(call, nix::errno::Errno::EBUSY));
        }
        Ok(())
    }
}

impl MountPort for Mounts {
    fn mount(&self, spec: &MountSpec) -> Result<()> {
        lock(&self.specs).push(spec.clone());
        let kind = spec.fstype.as_deref().unwrap_or("-");
        self.record(&spec.target, format!("mount {kind} {} {:?}", spec.target.display(), spec.flags))
    }

    fn unmount(&self, target: &Path, _flags: MntFlags) -> Result<()> {
        self.record(target, format!("unmount {}", target.display()))
    }

    fn pivot_root(&self, new_root: &Path, _put_old: &Path) -> Result<()> {
        self.record(new_root, format!("pivot_root {}", new_root.display()))
    }
}

/// Kernel parameters in memory.
#[derive(Debug, Default)]
pub struct Sysctls {
    values: Mutex<BTreeMap<String, String>>,
}

impl Sysctls {
    /// All values that were set.
    pub fn values(&self) -> BTreeMap<String, String> {
        lock(&self.values).clone()
    }
}

impl SysctlPort for Sysctls {
    fn get(&self, name: &str) -> Result<String> {
        let missing = || Error::new(format!("read kernel parameter {name}"), nix::errno::Errno::ENOENT);
        lock(&self.values).get(name).cloned().ok_or_else(missing)
    }

    fn set(&self, name: &str, value: &str) -> Result<()> {
        lock(&self.values).insert(name.to_owned(), value.to_owned());
        Ok(())
    }
}

/// A machine that only remembers how it was to be rebooted.
#[derive(Debug, Default)]
pub struct Machine {
    commands: Mutex<Vec<RebootCommand>>,
}

impl Machine {
    /// What was asked.
    pub fn commands(&self) -> Vec<RebootCommand> {
        lock(&self.commands).clone()
    }
}

impl RebootPort for Machine {
    fn reboot(&self, command: RebootCommand) -> Result<()> {
        lock(&self.commands).push(command);
        Ok(())
    }

    fn set_ctrl_alt_del(&self, _immediate: bool) -> Result<()> {
        Ok(())
    }
}

/// A host and domain name in memory.
#[derive(Debug, Default)]
pub struct Kernel {
    names: Mutex<(String, String)>,
}

impl Kernel {
    /// The domain name that was set last.
    pub fn domainname(&self) -> String {
        lock(&self.names).1.clone()
    }
}

impl HostnamePort for Kernel {
    fn hostname(&self) -> Result<String> {
        Ok(lock(&self.names).0.clone())
    }

    fn set_hostname(&self, name: &str) -> Result<()> {
        lock(&self.names).0 = name.to_owned();
        Ok(())
    }

    fn set_domainname(&self, name: &str) -> Result<()> {
        lock(&self.names).1 = name.to_owned();
        Ok(())
    }
}

/// Clocks that stand still until they are told to go on.
#[derive(Debug)]
pub struct System {
    times: Mutex<(SystemTime, Duration)>,
}

impl Default for System {
    fn default() -> Self {
        // Any fixed instant will do; this one is 2026-01-01.
        Self { times: Mutex::new((later(UNIX_EPOCH, Duration::from_secs(1_767_225_600)), Duration::ZERO)) }
    }
}

impl System {
    /// Lets time pass on both clocks.
    pub fn advance(&self, by: Duration) {
        let mut times = lock(&self.times);
        times.0 += by;
        times.1 += by;
    }

    /// Sets the wall clock only.
    pub fn set_wall(&self, to: SystemTime) {
        lock(&self.times).0 = to;
    }
}

impl ClockPort for System {
    fn wall(&self) -> SystemTime {
        lock(&self.times).0
    }

    fn boot(&self) -> Duration {
        lock(&self.times).1
    }
}

/// Process ids in a group, and its limits.
type Members = (Vec<i32>, Option<Limits>);

/// Control groups in memory: names, limits and members.
#[derive(Debug, Default)]
pub struct Cgroups {
    groups: Mutex<BTreeMap<String, Members>>,
}

impl Cgroups {
    /// Names of the groups that exist.
    pub fn names(&self) -> Vec<String> {
        lock(&self.groups).keys().cloned().collect()
    }

    /// Limits that were set on a group.
    pub fn limits(&self, path: &str) -> Option<Limits> {
        lock(&self.groups).get(path).and_then(|group| group.1)
    }
}

impl CgroupPort for Cgroups {
    fn group(&self, path: &str) -> Group {
        Group { path: path.trim_matches('/').to_owned(), dirs: Vec::new() }
    }

    fn create(&self, path: &str) -> Result<Group> {
        let group = self.group(path);
        lock(&self.groups).entry(group.path.clone()).or_default();
        Ok(group)
    }

    fn join(&self, group: &Group, pid: i32) -> Result<()> {
        let mut groups = lock(&self.groups);
        groups.values_mut().for_each(|(pids, _)| pids.retain(|other| *other != pid));
        groups.entry(group.path.clone()).or_default().0.push(pid);
        Ok(())
    }

    fn limit(&self, group: &Group, limits: &Limits) {
        lock(&self.groups).entry(group.path.clone()).or_default().1 = Some(*limits);
    }

    fn processes(&self, group: &Group) -> Vec<i32> {
        let below = format!("{}/", group.path);
        let groups = lock(&self.groups);
        let inside = groups.iter().filter(|(name, _)| **name == group.path || name.starts_with(&below));
        inside.flat_map(|(_, (pids, _))| pids.iter().copied()).collect()
    }

    fn kill(&self, group: &Group) -> Result<()> {
        let below = format!("{}/", group.path);
        let mut groups = lock(&self.groups);
        let inside = groups.iter_mut().filter(|(name, _)| **name == group.path || name.starts_with(&below));
        inside.for_each(|(_, (pids, _))| pids.clear());
        Ok(())
    }

    fn remove(&self, group: &Group) -> Result<()> {
        if !self.processes(group).is_empty() {
            return Err(Error::new(format!("remove {}", group.path), nix::errno::Errno::EBUSY));
        }
        let below = format!("{}/", group.path);
        lock(&self.groups).retain(|name, _| *name != group.path && !name.starts_with(&below));
        Ok(())
    }
}
