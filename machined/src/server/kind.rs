//! How much a call may bring, and how long it may last, by its name. Pure.

use rpc::{Role, RoleSet, limits};

/// Largest request of most calls, bytes: their largest fields are patterns, paths and lists of them.
pub(super) const SMALL: usize = 64 * 1024;

/// What a call brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// One message of at most this many bytes.
    One(usize),
    /// As many messages as there are; its handler bounds them.
    Many,
}

/// Calls of one large message.
const LARGE: [&str; 1] = ["/machine.MachineService/ApplyConfiguration"];

/// Calls that upload something.
const UPLOADS: [&str; 3] = [
    "/machine.MachineService/EtcdRecover",
    "/machine.ImageService/Import",
    "/machine.DebugService/ContainerRun",
];

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

/// What a call may bring.
pub(super) fn request(path: &str) -> Request {
    match path {
        path if UPLOADS.contains(&path) => Request::Many,
        path if LARGE.contains(&path) => Request::One(limits::MESSAGE),
        _ => Request::One(SMALL),
    }
}

/// Whether one message of a call may be larger than most.
pub(super) fn is_large(path: &str) -> bool {
    request(path) != Request::One(SMALL)
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
        let unknown: Vec<_> =
            LARGE.iter().chain(&UPLOADS).chain(&LASTING).filter(|path| !known(path)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn most_calls_are_small() {
        assert_eq!(request("/machine.MachineService/List"), Request::One(SMALL));
        assert_eq!(request("/machine.MachineService/ApplyConfiguration"), Request::One(limits::MESSAGE));
        assert_eq!(request("/nonsense"), Request::One(SMALL));
        assert!(is_large("/machine.MachineService/EtcdRecover") && !is_large("/cosi.resource.State/Watch"));
    }
}
