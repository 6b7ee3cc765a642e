//! The only place that waits for processes.

use std::collections::HashMap;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use tokio::signal::unix::SignalKind;
use tokio::sync::watch;

use super::child::{Child, Control, Exit};
use super::command::Command;
use super::spawn;
use crate::{Context, Error, Result};

/// Starts processes.
pub trait SpawnPort: Send + Sync {
    /// Starts `command`; fails if any step up to and including its execution fails.
    fn spawn(&self, command: &Command) -> Result<Child>;
}

/// Children that were started here and have not ended. Process-wide, because `waitpid` is: every
/// runtime's reaper task delivers to every child.
static CHILDREN: LazyLock<Mutex<HashMap<i32, watch::Sender<Option<Exit>>>>> =
    LazyLock::new(|| Mutex::new(HashMap::new()));

fn children() -> MutexGuard<'static, HashMap<i32, watch::Sender<Option<Exit>>>> {
    crate::sync::lock(&CHILDREN)
}

/// Handle of the running reaper; cheap to clone. Only it can start processes.
#[derive(Debug, Clone)]
pub struct Reaper {
    _started: (),
}

impl Reaper {
    /// Takes over SIGCHLD on the current Tokio runtime, for as long as the runtime lives.
    ///
    /// # Errors
    /// If the signal cannot be watched.
    pub fn start() -> Result<Self> {
        let mut ended =
            tokio::signal::unix::signal(SignalKind::child()).context(|| "watch SIGCHLD".into())?;
        let scope = Scope::of_this_process();
        tokio::spawn(async move {
            loop {
                reap(scope);
                if ended.recv().await.is_none() {
                    return;
                }
            }
        });
        Ok(Self { _started: () })
    }
}

impl SpawnPort for Reaper {
    fn spawn(&self, command: &Command) -> Result<Child> {
        // Held from before the clone until the child is known, so that even one that ends at once
        // is not mistaken for an orphan.
        let mut table = children();
        let started = spawn::start(command)?;
        let (sender, receiver) = watch::channel(None);
        table.insert(started.pid, sender);
        drop(table);
        spawn::executed(command, started.errors)?;
        let control = Arc::new(PidFd { pid: started.pid, fd: started.pidfd });
        Ok(Child::new(started.pid, control, receiver).with_streams(started.streams))
    }
}

/// Reaches a child through its pidfd, which can never name another process.
#[derive(Debug)]
struct PidFd {
    pid: i32,
    fd: OwnedFd,
}

impl Control for PidFd {
    fn signal(&self, signal: Signal) -> Result<()> {
        let none = std::ptr::null::<libc::siginfo_t>();
        // SAFETY: the descriptor is an open pidfd, the info pointer may be null, flags are 0.
        let result = unsafe {
            libc::syscall(libc::SYS_pidfd_send_signal, self.fd.as_raw_fd(), signal as libc::c_int, none, 0)
        };
        match Errno::result(result) {
            Ok(_) | Err(Errno::ESRCH) => Ok(()),
            Err(errno) => Err(Error::new(format!("send {signal} to process {}", self.pid), errno)),
        }
    }

    fn pidfd(&self) -> Option<&OwnedFd> {
        Some(&self.fd)
    }
}

/// Whose ends this process has to collect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Everybody's: this is an init or a subreaper, orphans are re-parented to it.
    Everything,
    /// Only those started here: others (a library's, a test's) have their own parent code.
    Registered,
}

impl Scope {
    fn of_this_process() -> Self {
        let mut subreaper: libc::c_int = 0;
        // SAFETY: the kernel stores an int through the pointer.
        let answered = unsafe { libc::prctl(libc::PR_GET_CHILD_SUBREAPER, &raw mut subreaper) } == 0;
        let init = nix::unistd::getpid().as_raw() == 1;
        if init || (answered && subreaper != 0) { Scope::Everything } else { Scope::Registered }
    }
}

/// Collects all who have ended. One SIGCHLD can stand for many.
fn reap(scope: Scope) {
    let mut table = children();
    match scope {
        Scope::Everything => {
            while let Some((pid, exit)) = collect(Pid::from_raw(-1)) {
                match table.remove(&pid) {
                    Some(child) => _ = child.send_replace(Some(exit)),
                    None => tracing::trace!(pid, %exit, "reaped an orphan"),
                }
            }
        }
        Scope::Registered => table.retain(|pid, child| match collect(Pid::from_raw(*pid)) {
            Some((_, exit)) => {
                child.send_replace(Some(exit));
                false
            }
            None => true,
        }),
    }
}

fn collect(pid: Pid) -> Option<(i32, Exit)> {
    loop {
        match waitpid(pid, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) => return Some((pid.as_raw(), Exit::Code(code))),
            Ok(WaitStatus::Signaled(pid, signal, _)) => {
                return Some((pid.as_raw(), Exit::Signal(signal as i32)));
            }
            Ok(WaitStatus::StillAlive) => return None,
            // Somebody else collected it: the status is lost, the end is certain.
            Err(Errno::ECHILD) if pid.as_raw() > 0 => return Some((pid.as_raw(), Exit::Signal(0))),
            Err(Errno::EINTR) | Ok(_) => {}
            Err(_) => return None,
        }
    }
}

#[cfg(test)]
#[path = "reaper_tests.rs"]
mod tests;
