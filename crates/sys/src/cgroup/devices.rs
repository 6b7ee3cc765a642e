//! Device rules, and their v1 form.

use std::fmt;
use std::fs;

use super::{Group, Layout};
use crate::{Context, Error, Result};

/// Block or character device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeviceKind {
    /// Disks and the like.
    Block,
    /// Everything else.
    Char,
}

/// Devices and the accesses to them that are denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceRule {
    /// Block or character.
    pub kind: DeviceKind,
    /// Major number; all if none.
    pub major: Option<u32>,
    /// Minor number; all if none.
    pub minor: Option<u32>,
    /// Reading.
    pub read: bool,
    /// Writing.
    pub write: bool,
    /// Creating a node for it.
    pub mknod: bool,
}

impl DeviceRule {
    /// Every access to the devices with these numbers.
    pub fn all(kind: DeviceKind, major: Option<u32>, minor: Option<u32>) -> Self {
        Self { kind, major, minor, read: true, write: true, mknod: true }
    }

    /// Reading and writing, whatever node is used for it. Creating nodes stays possible: runtimes of
    /// containers allow it to every container, and a group may not allow what the one above denies.
    pub fn read_write(kind: DeviceKind, major: Option<u32>, minor: Option<u32>) -> Self {
        Self { mknod: false, ..Self::all(kind, major, minor) }
    }

    /// Writing to one character device.
    pub fn char_write(major: u32, minor: u32) -> Self {
        let all = Self::all(DeviceKind::Char, Some(major), Some(minor));
        Self { read: false, mknod: false, ..all }
    }
}

impl fmt::Display for DeviceRule {
    /// The kernel's v1 syntax, for example `c 1:11 w`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.kind == DeviceKind::Block { 'b' } else { 'c' };
        let number = |value: Option<u32>| value.map_or("*".to_owned(), |value| value.to_string());
        write!(f, "{kind} {}:{} ", number(self.major), number(self.minor))?;
        for (allowed, letter) in [(self.read, "r"), (self.write, "w"), (self.mknod, "m")] {
            f.write_str(if allowed { letter } else { "" })?;
        }
        Ok(())
    }
}

pub(super) fn deny_v1(layout: &Layout, group: &Group, rules: &[DeviceRule]) -> Result<()> {
    let root = layout.mount_point("devices").ok_or_else(|| {
        let reason = "the host has no devices control group; mount the v1 controller or cgroup2";
        Error::other("deny devices", reason)
    })?;
    let file = root.join(&group.path).join("devices.deny");
    for rule in rules {
        fs::write(&file, rule.to_string()).context(|| format!("write {rule:?} to {}", file.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_written_in_the_kernels_syntax() {
        assert_eq!(DeviceRule::all(DeviceKind::Block, None, None).to_string(), "b *:* rwm");
        assert_eq!(DeviceRule::all(DeviceKind::Char, Some(4), None).to_string(), "c 4:* rwm");
        assert_eq!(DeviceRule::char_write(1, 11).to_string(), "c 1:11 w");
    }
}
