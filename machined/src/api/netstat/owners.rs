//! Which processes have which sockets open.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use proto::machine::connect_record::Process;

/// Every process with its folder in /proc, by PID.
pub(super) fn processes(proc: &Path) -> Vec<(u32, PathBuf)> {
    let entries = fs::read_dir(proc).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> =
        entries.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path()))).collect();
    found.sort_unstable();
    found
}

/// The first process that has each of these sockets open.
pub(super) fn of(proc: &Path, inodes: impl Iterator<Item = u64>) -> HashMap<u64, Process> {
    let mut wanted: HashSet<u64> = inodes.filter(|inode| *inode != 0).collect();
    let mut owners = HashMap::new();
    for (pid, folder) in processes(proc) {
        if wanted.is_empty() {
            break;
        }
        let open = fs::read_dir(folder.join("fd")).into_iter().flatten().flatten();
        let sockets = open.filter_map(|entry| inode(fs::read_link(entry.path()).ok()?.to_str()?));
        let own: Vec<u64> = sockets.filter(|inode| wanted.remove(inode)).collect();
        if !own.is_empty() {
            let name = fs::read_to_string(folder.join("comm")).unwrap_or_default().trim_end().to_owned();
            owners.extend(own.into_iter().map(|inode| (inode, Process { pid, name: name.clone() })));
        }
    }
    owners
}

/// The inode of `socket:[4711]`.
fn inode(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sockets_have_an_inode_here() {
        assert_eq!(inode("socket:[4711]"), Some(4711));
        assert_eq!(inode("pipe:[4711]"), None);
        assert_eq!(inode("/dev/null"), None);
    }
}
