//! reboot(2).

use nix::sys::reboot::{RebootMode, reboot, set_cad_enabled};

use crate::{Context, Result};

/// What becomes of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RebootCommand {
    /// Start again through the firmware.
    Restart,
    /// Start the kernel that kexec prepared.
    Kexec,
    /// Switch off.
    PowerOff,
    /// Stop, leaving the power on.
    Halt,
}

/// Ends this run of the machine.
pub trait RebootPort: Send + Sync {
    /// Carries out `command` without syncing anything; does not return if the kernel obeys.
    fn reboot(&self, command: RebootCommand) -> Result<()>;
    /// Whether Ctrl-Alt-Del reboots at once.
    fn set_ctrl_alt_del(&self, immediate: bool) -> Result<()>;
}

/// The machine that this kernel runs on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Machine;

impl RebootPort for Machine {
    fn reboot(&self, command: RebootCommand) -> Result<()> {
        let mode = match command {
            RebootCommand::Restart => RebootMode::RB_AUTOBOOT,
            RebootCommand::Kexec => RebootMode::RB_KEXEC,
            RebootCommand::PowerOff => RebootMode::RB_POWER_OFF,
            RebootCommand::Halt => RebootMode::RB_HALT_SYSTEM,
        };
        reboot(mode).map(|_| ()).context(|| format!("reboot the machine ({command:?})"))
    }

    fn set_ctrl_alt_del(&self, immediate: bool) -> Result<()> {
        set_cad_enabled(immediate).context(|| "configure Ctrl-Alt-Del".into())
    }
}
