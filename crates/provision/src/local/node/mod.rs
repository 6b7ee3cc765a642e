//! The inside of a node: what its namespaces show, planned purely and then carried out by the first
//! process in them, which ends by becoming `/sbin/init`.

mod devices;
mod init;
mod plan;
mod platform;

pub(crate) use devices::denied;
pub(crate) use init::become_init;

use sys::capability::Capability;

/// What no process of a node may ever have, because the kernel does not confine it to namespaces:
/// loading modules, setting the clock, raw hardware access, rebooting (which includes kexec).
pub(crate) const FORBIDDEN: [Capability; 4] = [
    Capability::CAP_SYS_MODULE,
    Capability::CAP_SYS_TIME,
    Capability::CAP_SYS_RAWIO,
    Capability::CAP_SYS_BOOT,
];
