//! /proc/mounts with sizes.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::join_all;
use proto::machine::{MountStat, Mounts};
use sys::statfs::Usage;
use tonic::Status;

use crate::blocking::{self, ANSWER, Pool, Pools};

/// How long a file system of another machine may take to tell its size.
const REMOTE: Duration = Duration::from_secs(1);

/// Kinds of file systems whose answers come from elsewhere, in whole or by the beginning of their names.
const ELSEWHERE: [&str; 10] =
    ["nfs", "cifs", "smb", "ceph", "fuse", "9p", "gluster", "lustre", "afs", "autofs"];

/// One line of /proc/mounts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mount {
    source: String,
    target: PathBuf,
    fstype: String,
}

/// Mounts whose size somebody waits for: one that does not answer is asked once, not at each call.
#[derive(Debug, Clone, Default)]
pub struct Asked(Arc<Mutex<HashSet<PathBuf>>>);

impl Asked {
    fn begin(&self, target: &Path) -> bool {
        sys::sync::lock(&self.0).insert(target.to_path_buf())
    }

    fn end(&self, target: &Path) {
        sys::sync::lock(&self.0).remove(target);
    }
}

/// Handles `Mounts`; what cannot be measured is left out. Sizes are bytes.
pub async fn mounts(pools: &Pools) -> Result<Mounts, Status> {
    let table = pools.looks.run(ANSWER, || super::read("/proc/mounts")).await??;
    let measure = |target: &Path| sys::statfs::usage(target).ok();
    sizes(pools, parse(&table), measure).await
}

async fn sizes(
    pools: &Pools,
    mounts: Vec<Mount>,
    measure: impl Fn(&Path) -> Option<Usage> + Copy + Send + 'static,
) -> Result<Mounts, Status> {
    let remote = remote(&mounts);
    let near: Vec<PathBuf> =
        mounts.iter().map(|m| m.target.clone()).filter(|t| !remote.contains(t)).collect();
    let local = pools.looks.run(ANSWER, move || near.iter().map(|t| measure(t)).collect::<Vec<_>>());
    let far = join_all(remote.iter().map(|t| ask(&pools.remote, &pools.asked, t.clone(), measure)));
    let (local, far) = tokio::join!(local, far);
    let (mut local, mut far) = (local?.into_iter(), far.into_iter());
    let mut stats = Vec::new();
    for Mount { source, target, .. } in mounts {
        let usage = if remote.contains(&target) { far.next() } else { local.next() };
        let Some(usage) = usage.flatten() else { continue };
        stats.push(MountStat {
            filesystem: source,
            size: usage.total,
            available: usage.available,
            mounted_on: target.to_string_lossy().into_owned(),
        });
    }
    Ok(Mounts { metadata: None, stats })
}

/// The size of one remote file system, if it tells it in time and was not asked before without an answer.
async fn ask(
    pool: &Pool,
    asked: &Asked,
    target: PathBuf,
    measure: impl Fn(&Path) -> Option<Usage> + Send + 'static,
) -> Option<Usage> {
    let place = pool.free_place()?;
    if !asked.begin(&target) {
        return None;
    }
    let asked = asked.clone();
    let work = move || {
        let usage = measure(&target);
        asked.end(&target);
        usage
    };
    blocking::run_in(place, REMOTE, work).await.ok().flatten()
}

/// Targets of remote file systems, and of what is mounted below them: the way there leads through them.
fn remote(mounts: &[Mount]) -> Vec<PathBuf> {
    let elsewhere = |m: &&Mount| ELSEWHERE.iter().any(|kind| m.fstype.starts_with(kind));
    let roots: Vec<&Path> = mounts.iter().filter(elsewhere).map(|m| m.target.as_path()).collect();
    let below = |m: &&Mount| roots.iter().any(|root| m.target.starts_with(root));
    mounts.iter().filter(below).map(|m| m.target.clone()).collect()
}

/// Source, target and type of each line of fstab(5) form, octal escapes undone.
fn parse(text: &str) -> Vec<Mount> {
    let line = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        let (source, target) = (unescape(fields.next()?), unescape(fields.next()?));
        Some(Mount { source, target: target.into(), fstype: fields.next()?.to_owned() })
    };
    text.lines().filter_map(line).collect()
}

fn unescape(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_in_names_are_escaped_by_the_kernel() {
        let parsed = parse("/dev/sda1 /mnt/a\\040b ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n");
        let first = &parsed[0];
        assert_eq!((first.source.as_str(), first.target.as_path()), ("/dev/sda1", Path::new("/mnt/a b")));
        assert_eq!((parsed.len(), parsed[1].fstype.as_str()), (2, "tmpfs"));
    }

    #[test]
    fn what_is_mounted_below_a_remote_file_system_is_as_far() {
        let table =
            "a / ext4 rw 0 0\nb /var/x nfs4 rw 0 0\nc /var/x/y tmpfs rw 0 0\nd /var/xy fuse.sshfs rw 0 0\n";
        assert_eq!(remote(&parse(table)), ["/var/x", "/var/x/y", "/var/xy"].map(PathBuf::from));
    }

    #[tokio::test]
    async fn a_dead_file_system_is_left_out_and_its_threads_do_not_add_up() {
        let table =
            "a / ext4 rw 0 0\nserver:/x /dead nfs rw 0 0\nb /also/dead fuse rw 0 0\nc /far nfs rw 0 0\n";
        let measure = |target: &Path| {
            let usage = Usage { total: 10, free: 5, available: 5, inodes: 0, inodes_free: 0 };
            if target.ends_with("dead") {
                // Longer than any call waits, not longer than the runtime takes to end.
                std::thread::sleep(Duration::from_secs(5));
            }
            Some(usage)
        };
        let pools = Pools::default();
        let mut held = 0;
        for _ in 0..50 {
            let told = sizes(&pools, parse(table), measure).await.unwrap();
            assert_eq!(told.stats.iter().map(|s| s.mounted_on.as_str()).collect::<Vec<_>>(), ["/", "/far"]);
            held += 1;
        }
        // Two hang, and only they.
        let free: Vec<_> = std::iter::from_fn(|| pools.remote.free_place()).collect();
        assert_eq!(free.len(), 6);
        eprintln!("{held} calls answered beside two dead file systems");
    }
}
