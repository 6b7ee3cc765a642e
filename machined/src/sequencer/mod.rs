//! Sequences: what a machine does in one go, as named phases of named tasks.
//!
//! [`plan`] is the whole choreography as data; [`takeover`] says who may interrupt whom; [`runner`] walks a
//! plan and tells of it in events. What a task does is behind [`runner::Tasks`].

pub mod plan;
pub mod request;
pub mod runner;
pub mod takeover;

pub use plan::{Phase, Task};
pub use request::{Request, ResetMode};
pub use runner::{RunError, Sequencer, Tasks};

/// Sequences by the names that users see in events (contract api.md 9.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sequence {
    /// First steps after power-on, up to a configuration.
    Initialize,
    /// From a configuration to running services.
    Boot,
    /// Restarts the machine.
    Reboot,
    /// Turns the machine off.
    Shutdown,
    /// Empties STATE and EPHEMERAL, then restarts or turns off.
    Reset,
    /// Last resort after a fatal error: give up volumes cleanly.
    EmergencyVolumeCleanup,
}

impl Sequence {
    /// Name in events and logs.
    pub fn name(self) -> &'static str {
        match self {
            Sequence::Initialize => "initialize",
            Sequence::Boot => "boot",
            Sequence::Reboot => "reboot",
            Sequence::Shutdown => "shutdown",
            Sequence::Reset => "reset",
            Sequence::EmergencyVolumeCleanup => "emergencyVolumeCleanup",
        }
    }
}
