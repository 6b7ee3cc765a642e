//! What the end of a node's init means; pure.

use std::time::Duration;

use supervisor::{Backoff, BackoffSettings};
use sys::process::Exit;

/// Exit status of an init that was asked to shut the node down.
const SHUTDOWN: i32 = 0;
/// Exit status of an init that was asked to reboot.
const REBOOT: i32 = 64;
/// Exit status of an init that has reset the node: it comes back without configuration.
const RESET: i32 = 65;

/// What happens to the node next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// It stays off.
    Off,
    /// It is started again after this wait, for this reason.
    Again(Duration, &'static str),
}

/// Decides over restarts. Even wanted reboots are slowed down when they come thick and fast: a
/// node that reboots on each start must not occupy the machine.
#[derive(Debug)]
pub(super) struct Life {
    backoff: Backoff,
}

impl Life {
    pub(super) fn new() -> Self {
        Self { backoff: Backoff::new(BackoffSettings::default()) }
    }

    /// The init ended with `exit` after running for `ran`.
    pub(super) fn after(&mut self, exit: Exit, ran: Duration) -> Next {
        let why = match exit {
            Exit::Code(SHUTDOWN) => return Next::Off,
            Exit::Code(REBOOT) => "rebooting",
            Exit::Code(RESET) => "reset",
            _ => "crashed",
        };
        Next::Again(self.backoff.after_run(ran), why)
    }

    /// The node could not even be started.
    pub(super) fn not_started(&mut self) -> Duration {
        self.backoff.after_run(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn the_exit_status_says_what_comes_next() {
        for (exit, next) in [
            (Exit::Code(0), Next::Off),
            (Exit::Code(64), Next::Again(Duration::ZERO, "rebooting")),
            (Exit::Code(65), Next::Again(Duration::ZERO, "reset")),
            (Exit::Code(1), Next::Again(Duration::ZERO, "crashed")),
            (Exit::Signal(11), Next::Again(Duration::ZERO, "crashed")),
        ] {
            assert_eq!(Life::new().after(exit, LONG), next, "{exit}");
        }
    }

    #[test]
    fn a_node_that_ends_again_and_again_is_started_ever_later() {
        let mut life = Life::new();
        let waits: Vec<Duration> = (0..12)
            .map(|_| match life.after(Exit::Code(64), Duration::from_millis(1)) {
                Next::Again(wait, _) => wait,
                Next::Off => panic!("a reboot is no shutdown"),
            })
            .collect();
        assert!(waits.is_sorted() && waits[0] == Duration::ZERO && waits[11] == Duration::from_secs(5));
        assert_eq!(life.after(Exit::Code(64), LONG), Next::Again(Duration::ZERO, "rebooting"));
    }
}
