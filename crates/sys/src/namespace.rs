//! Namespaces: create, keep, enter, compare.

use std::fs::{self, File};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::mount::{MntFlags, MsFlags};
pub use nix::sched::CloneFlags;

use crate::{Context, Error, Result};

/// Which of a process' namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Mounts.
    Mount,
    /// Network.
    Net,
    /// Process ids.
    Pid,
    /// Host name.
    Uts,
    /// System V IPC and message queues.
    Ipc,
    /// Control groups.
    Cgroup,
}

impl Kind {
    /// Its name in /proc/PID/ns.
    pub fn file(self) -> &'static str {
        match self {
            Kind::Mount => "mnt",
            Kind::Net => "net",
            Kind::Pid => "pid",
            Kind::Uts => "uts",
            Kind::Ipc => "ipc",
            Kind::Cgroup => "cgroup",
        }
    }

    /// Its flag of clone(2), unshare(2) and setns(2).
    pub fn flag(self) -> CloneFlags {
        match self {
            Kind::Mount => CloneFlags::CLONE_NEWNS,
            Kind::Net => CloneFlags::CLONE_NEWNET,
            Kind::Pid => CloneFlags::CLONE_NEWPID,
            Kind::Uts => CloneFlags::CLONE_NEWUTS,
            Kind::Ipc => CloneFlags::CLONE_NEWIPC,
            Kind::Cgroup => CloneFlags::CLONE_NEWCGROUP,
        }
    }
}

/// Identity of a namespace: equal for two processes exactly when they share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NamespaceId {
    device: u64,
    inode: u64,
}

/// Which namespace of `kind` a process is in.
pub fn id_of(pid: i32, kind: Kind) -> Result<NamespaceId> {
    id(Path::new(&format!("/proc/{pid}/ns/{}", kind.file())))
}

/// Which namespace this process is in.
pub fn own_id(kind: Kind) -> Result<NamespaceId> {
    id(Path::new(&format!("/proc/self/ns/{}", kind.file())))
}

fn id(path: &Path) -> Result<NamespaceId> {
    let meta = fs::metadata(path).context(|| format!("look at {}", path.display()))?;
    Ok(NamespaceId { device: meta.dev(), inode: meta.ino() })
}

/// Opens a process' namespace, which keeps it alive.
pub fn open(pid: i32, kind: Kind) -> Result<OwnedFd> {
    open_file(Path::new(&format!("/proc/{pid}/ns/{}", kind.file())))
}

/// Opens a namespace file, for example one that [`create_named_net`] made.
pub fn open_file(path: &Path) -> Result<OwnedFd> {
    Ok(File::open(path).context(|| format!("open {}", path.display()))?.into())
}

/// Leaves namespaces for new ones; for a new PID namespace only future children do.
pub fn unshare(flags: CloneFlags) -> Result<()> {
    nix::sched::unshare(flags).context(|| format!("create namespaces ({flags:?})"))
}

/// Enters the namespace `fd` with the calling thread.
pub fn enter(fd: impl AsFd, kind: Kind) -> Result<()> {
    nix::sched::setns(fd, kind.flag()).context(|| format!("enter a {} namespace", kind.file()))
}

/// Creates a network namespace and keeps it at `path` (normally below /run/netns) until
/// [`remove_named`]. An existing one is left as it is and reported by `false`.
pub fn create_named_net(path: &Path) -> Result<bool> {
    if is_namespace(path) {
        return Ok(false);
    }
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).context(|| format!("create {}", dir.display()))?;
    }
    File::create(path).context(|| format!("create {}", path.display()))?;
    let target = path.to_owned();
    in_thread("create a network namespace", move || {
        unshare(CloneFlags::CLONE_NEWNET)?;
        let source = Path::new("/proc/thread-self/ns/net");
        nix::mount::mount(Some(source), &target, None::<&str>, MsFlags::MS_BIND, None::<&str>)
            .context(|| format!("keep the network namespace at {}", target.display()))
    })?;
    Ok(true)
}

/// Whether `path` is a namespace kept there.
pub fn is_namespace(path: &Path) -> bool {
    nix::sys::statfs::statfs(path).is_ok_and(|s| s.filesystem_type() == nix::sys::statfs::NSFS_MAGIC)
}

/// Lets go of a namespace kept at `path`; nothing there is no error.
pub fn remove_named(path: &Path) -> Result<()> {
    while is_namespace(path) {
        nix::mount::umount2(path, MntFlags::MNT_DETACH).context(|| format!("unmount {}", path.display()))?;
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::new(format!("remove {}", path.display()), error))
        }
        _ => Ok(()),
    }
}

/// Runs `work` in a thread of its own that entered the network namespace `fd`; this thread's
/// namespace is untouched.
pub fn in_net<T: Send + 'static>(
    fd: OwnedFd,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    in_thread("work in a network namespace", move || {
        enter(&fd, Kind::Net)?;
        work()
    })
}

fn in_thread<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(work).context(|| what.into())?;
    thread.join().unwrap_or_else(|_| Err(Error::other(what, "its thread panicked")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_shares_its_own_namespaces() {
        let pid = i32::try_from(std::process::id()).unwrap();
        assert_eq!(id_of(pid, Kind::Net).unwrap(), own_id(Kind::Net).unwrap());
        assert_ne!(own_id(Kind::Net).unwrap(), own_id(Kind::Uts).unwrap());
    }

    #[test]
    fn a_named_network_namespace_lives_until_it_is_removed() {
        if !nix::unistd::geteuid().is_root() {
            eprintln!("skipped: namespaces need root");
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("net");
        assert!(create_named_net(&path).unwrap());
        assert!(!create_named_net(&path).unwrap(), "the second time it is there");
        let inside = in_net(open_file(&path).unwrap(), || id(Path::new("/proc/thread-self/ns/net")));
        assert_ne!(inside.unwrap(), own_id(Kind::Net).unwrap());
        remove_named(&path).unwrap();
        remove_named(&path).unwrap();
        assert!(!path.exists());
    }
}
