//! Small questions and orders about single processes.

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::{Error, Result};

/// Whether this process has root's user id.
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Sends a signal by process id; no such process is no error. For own children use
/// [`super::Child::signal`], which cannot hit another process.
pub fn kill(pid: i32, signal: Signal) -> Result<()> {
    let action = || format!("send {signal} to process {pid}");
    if pid <= 0 {
        return Err(Error::other(action(), "that is a process group or everybody"));
    }
    match nix::sys::signal::kill(Pid::from_raw(pid), signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(errno) => Err(Error::new(action(), errno)),
    }
}
