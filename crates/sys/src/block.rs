//! Block devices, as /sys and /dev show them together.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Context, Result};

/// A whole disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// Kernel name, for example `sda`.
    pub name: String,
    /// Device node.
    pub path: PathBuf,
    /// Size in bytes.
    pub size: u64,
    /// Whether writing is refused.
    pub read_only: bool,
    /// Whether it has moving parts.
    pub rotational: bool,
}

/// The disks that have both an entry in `sys` (normally `/sys`) and a device node in `dev`
/// (normally `/dev`), by name. A node in a namespace sees the host's /sys but has no device nodes:
/// for it this list is empty.
pub fn disks(sys: &Path, dev: &Path) -> Result<Vec<Disk>> {
    let dir = sys.join("block");
    let entries = match fs::read_dir(&dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.context(|| format!("list {}", dir.display()))?,
    };
    let mut disks: Vec<Disk> = entries.flatten().filter_map(|entry| disk(&entry.path(), dev)).collect();
    disks.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(disks)
}

fn disk(entry: &Path, dev: &Path) -> Option<Disk> {
    let name = entry.file_name()?.to_str()?.to_owned();
    let path = dev.join(&name);
    path.exists().then_some(())?;
    let number = |file: &str| fs::read_to_string(entry.join(file)).ok()?.trim().parse::<u64>().ok();
    Some(Disk {
        path,
        // The kernel counts in sectors of 512 bytes whatever the disk's own sector size is.
        size: number("size")?.saturating_mul(512),
        read_only: number("ro") == Some(1),
        rotational: number("queue/rotational") == Some(1),
        name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_without_a_device_node_is_not_there() {
        let root = tempfile::tempdir().unwrap();
        let (sys, dev) = (root.path().join("sys"), root.path().join("dev"));
        for name in ["sda", "sdb"] {
            fs::create_dir_all(sys.join("block").join(name).join("queue")).unwrap();
            fs::write(sys.join("block").join(name).join("size"), "2048\n").unwrap();
            fs::write(sys.join("block").join(name).join("queue/rotational"), "1\n").unwrap();
        }
        fs::create_dir(&dev).unwrap();
        fs::write(dev.join("sdb"), "").unwrap();
        let disks = disks(&sys, &dev).unwrap();
        assert_eq!(disks.len(), 1);
        assert_eq!((disks[0].name.as_str(), disks[0].size, disks[0].rotational), ("sdb", 1 << 20, true));
    }

    #[test]
    fn no_sys_means_no_disks() {
        assert_eq!(disks(Path::new("/no/such"), Path::new("/dev")).unwrap(), []);
    }
}
