//! /proc/PID/mountinfo, parsed.

use std::fs;
use std::path::PathBuf;

use crate::{Context, Result};

/// One line of mountinfo (proc(5)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountInfo {
    /// Mount id.
    pub id: u32,
    /// Id of the mount it is on.
    pub parent: u32,
    /// Device as `major:minor`.
    pub device: String,
    /// Which directory of the file system is shown.
    pub root: PathBuf,
    /// Where.
    pub mount_point: PathBuf,
    /// Per-mount options, comma-separated.
    pub options: String,
    /// Propagation fields, for example `shared:1`.
    pub propagation: Vec<String>,
    /// File system type.
    pub fstype: String,
    /// Source, as mount(2) was told.
    pub source: String,
    /// Per-superblock options, comma-separated.
    pub super_options: String,
}

impl MountInfo {
    /// Whether the mount or its superblock is read-only.
    pub fn is_read_only(&self) -> bool {
        self.has_option("ro") || self.super_options.split(',').any(|option| option == "ro")
    }

    /// Whether a per-mount option is set.
    pub fn has_option(&self, name: &str) -> bool {
        self.options.split(',').any(|option| option == name)
    }
}

/// The mounts that this process sees, in mount order.
pub fn mounts() -> Result<Vec<MountInfo>> {
    read("/proc/self/mountinfo")
}

/// The mounts that another process sees.
pub fn mounts_of(pid: i32) -> Result<Vec<MountInfo>> {
    read(&format!("/proc/{pid}/mountinfo"))
}

fn read(path: &str) -> Result<Vec<MountInfo>> {
    Ok(parse_mountinfo(&fs::read_to_string(path).context(|| format!("read {path}"))?))
}

/// Parses the file; lines of an unknown form are left out.
pub fn parse_mountinfo(text: &str) -> Vec<MountInfo> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<MountInfo> {
    let (left, right) = line.split_once(" - ")?;
    let mut left = left.split(' ');
    let id = left.next()?.parse().ok()?;
    let parent = left.next()?.parse().ok()?;
    let device = left.next()?.to_owned();
    let root = unescape(left.next()?).into();
    let mount_point = unescape(left.next()?).into();
    let options = left.next()?.to_owned();
    let propagation = left.map(str::to_owned).collect();
    let mut right = right.splitn(3, ' ');
    Some(MountInfo {
        id,
        parent,
        device,
        root,
        mount_point,
        options,
        propagation,
        fstype: right.next()?.to_owned(),
        source: unescape(right.next()?),
        super_options: right.next().unwrap_or_default().to_owned(),
    })
}

/// The kernel writes blank, tab, newline and backslash as three octal digits.
fn unescape(field: &str) -> String {
    let mut out = String::new();
    let mut rest = field;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let code = after.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code {
            Some(byte) => {
                out.push(char::from(byte));
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                out.push('\\');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_line_is_kept() {
        let text =
            "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n";
        let all = parse_mountinfo(text);
        let mount = all.first().unwrap();
        assert_eq!(mount.mount_point, PathBuf::from("/mnt 2"));
        assert_eq!(mount.propagation, ["master:1", "shared:7"]);
        assert_eq!((mount.fstype.as_str(), mount.source.as_str()), ("ext3", "/dev/root"));
        assert!(!mount.is_read_only() && mount.has_option("noatime"));
    }

    #[test]
    fn broken_lines_are_left_out() {
        assert_eq!(parse_mountinfo("\nnonsense\n1 2 3\n"), []);
    }

    #[test]
    fn this_process_has_a_root_mount() {
        assert!(mounts().unwrap().iter().any(|mount| mount.mount_point == *"/"));
    }
}
