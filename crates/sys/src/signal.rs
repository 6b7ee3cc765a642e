//! Signals to this process as an asynchronous stream.

use std::fmt;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{Context, Result};

/// A signal that a daemon or PID 1 acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// SIGTERM: end; in a container, shut the node down.
    Terminate,
    /// SIGINT: end; for PID 1 on a machine, Ctrl-Alt-Del.
    Interrupt,
    /// SIGHUP.
    Hangup,
    /// SIGPWR: power is failing, or a container manager wants a shutdown.
    Power,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Notice::Terminate => "SIGTERM",
            Notice::Interrupt => "SIGINT",
            Notice::Hangup => "SIGHUP",
            Notice::Power => "SIGPWR",
        })
    }
}

/// The signals above, one after the other. While it exists they no longer kill the process.
#[derive(Debug)]
pub struct Notices {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    power: Signal,
}

impl Notices {
    /// Starts to catch them; needs a Tokio runtime.
    pub fn watch() -> Result<Self> {
        let watch =
            |kind: SignalKind| signal(kind).context(|| format!("watch signal {}", kind.as_raw_value()));
        Ok(Self {
            terminate: watch(SignalKind::terminate())?,
            interrupt: watch(SignalKind::interrupt())?,
            hangup: watch(SignalKind::hangup())?,
            power: watch(SignalKind::from_raw(libc::SIGPWR))?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Notice {
        tokio::select! {
            _ = self.terminate.recv() => Notice::Terminate,
            _ = self.interrupt.recv() => Notice::Interrupt,
            _ = self.hangup.recv() => Notice::Hangup,
            _ = self.power.recv() => Notice::Power,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_signal_to_this_process_arrives_as_a_notice() {
        let mut notices = Notices::watch().unwrap();
        nix::sys::signal::raise(nix::sys::signal::Signal::SIGHUP).unwrap();
        assert_eq!(notices.next().await, Notice::Hangup);
    }
}
