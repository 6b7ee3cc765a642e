//! Who is at the other end of a Unix socket.
//!
//! A user id alone proves nothing: a pod may run as any uid with a hostPath on the socket. What
//! identifies a peer is its process (pinned by a pidfd, or PID with start time), its executable
//! and its mount namespace.

use std::fs;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};

use crate::namespace::{self, Kind, NamespaceId};
use crate::{Context, Error, Result, process};

/// `SO_PEERPIDFD` of asm-generic/socket.h (Linux 6.5).
const SO_PEERPIDFD: libc::c_int = 77;

/// The peer as the kernel vouches for it at the time of connecting.
#[derive(Debug)]
pub struct Peer {
    /// Process id; never 0.
    pub pid: i32,
    /// Effective user id.
    pub uid: u32,
    /// Effective group id.
    pub gid: u32,
    /// Pins the process; `None` on kernels before 6.5.
    pub pidfd: Option<OwnedFd>,
    /// Start time of the process in clock ticks after boot, read while the peer was connected.
    pub start_time: u64,
}

/// A file as the kernel tells files apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executable {
    /// Path as seen from this process; only for messages.
    pub path: PathBuf,
    /// Device of the file.
    pub device: u64,
    /// Inode of the file.
    pub inode: u64,
}

impl Peer {
    /// Identifies the process that connected `socket` (or created the pair).
    ///
    /// # Errors
    /// If the peer is outside this PID namespace (PID 0) or has ended.
    pub fn of(socket: impl AsFd) -> Result<Self> {
        let action = || "identify the peer of a socket".to_owned();
        let credentials = getsockopt(&socket, PeerCredentials).context(action)?;
        let pid = credentials.pid();
        if pid <= 0 {
            return Err(Error::other(action(), "it is in a PID namespace that cannot be seen from here"));
        }
        let pidfd = peer_pidfd(&socket)?;
        let start_time = process::start_time(pid)?;
        let peer = Self { pid, uid: credentials.uid(), gid: credentials.gid(), pidfd, start_time };
        // Only after this do the PID and what /proc says about it belong together.
        if peer.is_alive() { Ok(peer) } else { Err(Error::other(action(), "it has ended")) }
    }

    /// Whether that very process still runs.
    pub fn is_alive(&self) -> bool {
        match &self.pidfd {
            Some(pidfd) => pidfd_alive(pidfd),
            None => process::start_time(self.pid).is_ok_and(|start| start == self.start_time),
        }
    }

    /// What it executes, provided it still runs.
    pub fn executable(&self) -> Result<Executable> {
        let found = executable(self.pid)?;
        self.still(found)
    }

    /// Its mount namespace, provided it still runs.
    pub fn mount_namespace(&self) -> Result<NamespaceId> {
        let found = namespace::id_of(self.pid, Kind::Mount)?;
        self.still(found)
    }

    fn still<T>(&self, value: T) -> Result<T> {
        if self.is_alive() {
            return Ok(value);
        }
        Err(Error::other(format!("look at process {}", self.pid), "it has ended"))
    }
}

/// What a process executes.
pub fn executable(pid: i32) -> Result<Executable> {
    let link = format!("/proc/{pid}/exe");
    let path = fs::read_link(&link).context(|| format!("read {link}"))?;
    let meta = fs::metadata(&link).context(|| format!("look at {link}"))?;
    Ok(Executable { path, device: meta.dev(), inode: meta.ino() })
}

fn peer_pidfd(socket: &impl AsFd) -> Result<Option<OwnedFd>> {
    let mut fd: libc::c_int = -1;
    let mut length = std::mem::size_of::<libc::c_int>() as libc::socklen_t;
    let raw = socket.as_fd().as_raw_fd();
    // SAFETY: the kernel stores one int, whose size is in `length`.
    let result = unsafe {
        libc::getsockopt(raw, libc::SOL_SOCKET, SO_PEERPIDFD, (&raw mut fd).cast(), &raw mut length)
    };
    match Errno::result(result) {
        // SAFETY: the kernel just created this descriptor for us.
        Ok(_) => Ok(Some(unsafe { OwnedFd::from_raw_fd(fd) })),
        Err(Errno::ENOPROTOOPT) => Ok(None),
        Err(Errno::EINVAL | Errno::ESRCH | Errno::ENODATA) => {
            Err(Error::other("identify the peer of a socket", "it has ended"))
        }
        Err(errno) => Err(Error::new("identify the peer of a socket", errno)),
    }
}

/// A pidfd becomes readable when its process ends.
fn pidfd_alive(pidfd: &OwnedFd) -> bool {
    let mut poll = [nix::poll::PollFd::new(pidfd.as_fd(), nix::poll::PollFlags::POLLIN)];
    matches!(nix::poll::poll(&mut poll, nix::poll::PollTimeout::ZERO), Ok(0))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn the_peer_of_a_pair_is_this_process() {
        let (a, _b) = UnixStream::pair().unwrap();
        let peer = Peer::of(&a).unwrap();
        assert_eq!(peer.pid, i32::try_from(std::process::id()).unwrap());
        assert_eq!(peer.mount_namespace().unwrap(), namespace::own_id(Kind::Mount).unwrap());
        let own = executable(peer.pid).unwrap();
        assert_eq!(peer.executable().unwrap(), own);
        assert!(peer.is_alive());
    }
}
