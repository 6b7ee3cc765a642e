//! A process that must not be confused with a later one of the same id.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A process by id and start time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessRef {
    pid: i32,
    start_time: Option<u64>,
}

impl ProcessRef {
    /// The process that has this id now.
    pub fn of(pid: i32) -> Self {
        Self { pid, start_time: sys::process::start_time(pid).ok() }
    }

    /// Its id.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Whether the id still belongs to it.
    pub fn is_alive(&self) -> bool {
        self.start_time.is_some() && sys::process::start_time(self.pid).ok() == self.start_time
    }

    /// Whether the kernel shows it as stopped (SIGSTOP, or a debugger).
    pub fn is_stopped(&self) -> bool {
        let now = sys::process::brief(self.pid);
        now.is_ok_and(|now| Some(now.start_time) == self.start_time && matches!(now.state, 'T' | 't'))
    }

    /// Ends it at once; fine when it has ended.
    pub fn kill(&self) {
        if self.is_alive() && self.pid > 1 {
            let _ = kill(Pid::from_raw(self.pid), Signal::SIGKILL);
        }
    }

    /// Its mount namespace as the kernel names it, e.g. `mnt:[4026531841]`.
    pub fn mount_namespace(&self) -> Option<String> {
        let link = std::fs::read_link(format!("/proc/{}/ns/mnt", self.pid)).ok()?;
        Some(link.to_string_lossy().into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_start_and_gone_ones_are_left_alone() {
        let me = ProcessRef::of(i32::try_from(std::process::id()).unwrap());
        assert!(me.is_alive() && !me.is_stopped());
        assert!(me.mount_namespace().is_some_and(|n| n.starts_with("mnt:[")));
        let other = ProcessRef { start_time: me.start_time.map(|t| t + 1), ..me };
        assert!(!other.is_alive());
        other.kill();
        assert!(!ProcessRef::of(i32::MAX).is_alive());
    }
}
