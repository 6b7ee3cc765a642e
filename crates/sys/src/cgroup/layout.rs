//! Which control group hierarchies are mounted, read from /proc.

use std::path::{Path, PathBuf};

use crate::mount::{MountInfo, mounts};
use crate::{Error, Result};

/// Generation of the control group interface in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// One hierarchy per controller set.
    V1,
    /// One unified hierarchy.
    V2,
}

/// One mounted hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hierarchy {
    /// Controllers, or `name=systemd` for a named hierarchy; empty on v2.
    pub controllers: Vec<String>,
    /// Where it is mounted.
    pub mount_point: PathBuf,
}

impl Hierarchy {
    /// Whether `controller` belongs to it.
    pub fn has(&self, controller: &str) -> bool {
        self.controllers.iter().any(|name| name == controller)
    }

    /// The options that mount this hierarchy again (v1).
    pub fn mount_options(&self) -> String {
        let named = self.controllers.iter().any(|name| name.starts_with("name="));
        // A hierarchy with a name and no controller says so, or the kernel takes all controllers.
        format!("{}{}", if named { "none," } else { "" }, self.controllers.join(","))
    }
}

/// Everything about control groups that a program needs to know of its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Which interface.
    pub version: Version,
    /// The hierarchies; exactly one on v2.
    pub hierarchies: Vec<Hierarchy>,
}

/// Superblock options that name no controller.
const NOT_CONTROLLERS: [&str; 7] =
    ["rw", "ro", "xattr", "noprefix", "clone_children", "cpuset_v2_mode", "favordynmods"];

impl Layout {
    /// Looks at this process' mounts.
    pub fn detect() -> Result<Self> {
        Self::from_mounts(&mounts()?).ok_or_else(|| {
            let reason = "no cgroup file system is mounted; mount cgroup2 on /sys/fs/cgroup";
            Error::other("find the control groups", reason)
        })
    }

    /// What a mount table says; `None` if there are no control groups. Where v1 and v2 are both
    /// mounted (a "hybrid" host) the controllers are in v1, so that is what is used.
    pub fn from_mounts(table: &[MountInfo]) -> Option<Self> {
        let mut hierarchies: Vec<Hierarchy> = Vec::new();
        for mount in table.iter().filter(|mount| mount.fstype == "cgroup") {
            let controllers: Vec<String> = mount
                .super_options
                .split(',')
                .filter(|option| !NOT_CONTROLLERS.contains(option) && !option.starts_with("release_agent="))
                .map(str::to_owned)
                .collect();
            let known = hierarchies.iter().any(|hierarchy| hierarchy.controllers == controllers);
            if !known {
                hierarchies.push(Hierarchy { controllers, mount_point: mount.mount_point.clone() });
            }
        }
        if !hierarchies.is_empty() {
            hierarchies.sort_by(|a, b| a.mount_point.cmp(&b.mount_point));
            return Some(Self { version: Version::V1, hierarchies });
        }
        let unified = table.iter().find(|mount| mount.fstype == "cgroup2")?;
        let mount_point = unified.mount_point.clone();
        Some(Self {
            version: Version::V2,
            hierarchies: vec![Hierarchy { controllers: Vec::new(), mount_point }],
        })
    }

    /// Where the hierarchy with `controller` is mounted (on v2 the only one).
    pub fn mount_point(&self, controller: &str) -> Option<&Path> {
        let found = match self.version {
            Version::V2 => self.hierarchies.first(),
            Version::V1 => self.hierarchies.iter().find(|hierarchy| hierarchy.has(controller)),
        };
        found.map(|hierarchy| hierarchy.mount_point.as_path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mount::parse_mountinfo;

    #[test]
    fn a_v1_host_has_one_hierarchy_per_controller_set() {
        let table = parse_mountinfo(
            "30 1 0:1 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
             31 30 0:2 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
             32 30 0:3 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n\
             33 30 0:4 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n\
             34 1 0:2 / /elsewhere rw - cgroup cgroup rw,cpu,cpuacct\n",
        );
        let layout = Layout::from_mounts(&table).unwrap();
        assert_eq!(layout.version, Version::V1);
        assert_eq!(layout.hierarchies.len(), 2, "a second mount of a hierarchy is not another one");
        assert_eq!(layout.mount_point("cpuacct").unwrap(), Path::new("/sys/fs/cgroup/cpu,cpuacct"));
        assert!(layout.mount_point("memory").is_none());
        assert_eq!(layout.hierarchies[0].mount_options(), "cpu,cpuacct");
        assert_eq!(layout.hierarchies[1].mount_options(), "none,name=systemd");
    }

    #[test]
    fn a_v2_host_has_one_hierarchy_for_everything() {
        let table = parse_mountinfo("31 30 0:2 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n");
        let layout = Layout::from_mounts(&table).unwrap();
        assert_eq!(layout.version, Version::V2);
        assert_eq!(layout.mount_point("memory").unwrap(), Path::new("/sys/fs/cgroup"));
    }

    #[test]
    fn no_cgroup_mount_is_no_layout() {
        assert_eq!(Layout::from_mounts(&[]), None);
    }
}
