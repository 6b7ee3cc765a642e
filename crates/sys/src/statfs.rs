//! Space and kind of a mounted file system.

use std::path::Path;

use nix::sys::statfs::{CGROUP2_SUPER_MAGIC, FsType};

use crate::{Context, Result};

/// How full a file system is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Size in bytes.
    pub total: u64,
    /// Free bytes, some of which may be reserved for root.
    pub free: u64,
    /// Bytes that an ordinary user can still write.
    pub available: u64,
    /// Number of inodes; 0 where the file system has no fixed number.
    pub inodes: u64,
    /// Free inodes.
    pub inodes_free: u64,
}

/// How full the file system that `path` is on is.
pub fn usage(path: &Path) -> Result<Usage> {
    let stat =
        nix::sys::statvfs::statvfs(path).context(|| format!("ask for the space at {}", path.display()))?;
    let block = stat.fragment_size();
    Ok(Usage {
        total: stat.blocks().saturating_mul(block),
        free: stat.blocks_free().saturating_mul(block),
        available: stat.blocks_available().saturating_mul(block),
        inodes: stat.files(),
        inodes_free: stat.files_free(),
    })
}

/// Whether `path` is on a cgroup v2 file system.
pub fn is_cgroup2(path: &Path) -> bool {
    has_type(path, CGROUP2_SUPER_MAGIC)
}

fn has_type(path: &Path, magic: FsType) -> bool {
    nix::sys::statfs::statfs(path).is_ok_and(|stat| stat.filesystem_type() == magic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_file_system_has_a_size() {
        let usage = usage(Path::new("/")).unwrap();
        assert!(usage.total >= usage.free && usage.free >= usage.available && usage.total > 0);
    }
}
