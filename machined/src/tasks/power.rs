//! How the machine ends.

use crate::platform::{EXIT_REBOOT, EXIT_RESET};

/// An end of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Turned off.
    Shutdown,
    /// To be started again; after a reset, without what was wiped.
    Reboot {
        /// STATE is empty.
        reset: bool,
    },
}

impl Ending {
    /// Exit status of PID 1 under a host that restarts it.
    pub fn exit_status(self) -> i32 {
        match self {
            Ending::Shutdown => 0,
            Ending::Reboot { reset: false } => EXIT_REBOOT,
            Ending::Reboot { reset: true } => EXIT_RESET,
        }
    }

    /// The reboot(2) command that clients see in the RestartEvent.
    pub fn command(self) -> i64 {
        match self {
            Ending::Shutdown => 0x4321_fedc,
            Ending::Reboot { .. } => 0x0123_4567,
        }
    }
}
