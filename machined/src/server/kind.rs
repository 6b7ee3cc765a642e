//! How much a call may bring, and how long it may last, by its name. Pure.

use rpc::sizes::{self, Size};
use rpc::{Role, RoleSet, limits};

/// Calls that last until their caller has enough, most of the time without a word.
const LASTING: [&str; 8] = [
    "/cosi.resource.State/Watch",
    "/machine.MachineService/Events",
    "/machine.MachineService/Logs",
    "/machine.MachineService/Dmesg",
    "/machine.MachineService/PacketCapture",
    "/machine.ImageService/Pull",
    "/machine.DebugService/ContainerRun",
    "/cluster.ClusterService/HealthCheck",
];

/// Whether a call may bring much.
pub(super) fn is_large(path: &str) -> bool {
    sizes::of(path) != Size::Message(limits::SMALL_MESSAGE)
}

/// Whether a call lasts.
pub(super) fn lasts(path: &str) -> bool {
    LASTING.contains(&path)
}

/// Callers who share places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Whoever may only look.
    Reader,
    /// Who may change something: they must get in whatever readers do.
    Operator,
}

impl Class {
    /// The class of a caller.
    pub(super) fn of(roles: RoleSet) -> Class {
        match roles.contains(Role::Admin) || roles.contains(Role::Operator) {
            true => Class::Operator,
            false => Class::Reader,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_that_is_named_here_exists() {
        let known = |path: &str| rpc::authz::RULES.iter().any(|rule| rule.method == path);
        let unknown: Vec<_> = LASTING.iter().filter(|path| !known(path)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
