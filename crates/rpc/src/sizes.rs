//! How large the requests of a method may be. Pure.

use crate::limits;

/// What the requests of a method are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// One message of up to this many bytes, unpacked.
    Message(usize),
    /// A stream of messages, each up to [`limits::MESSAGE`].
    Stream,
}

/// Methods whose requests stream.
const STREAMS: [&str; 3] = [
    "/machine.DebugService/ContainerRun",
    "/machine.ImageService/Import",
    "/machine.MachineService/EtcdRecover",
];

/// Methods whose requests hold what somebody wrote or made: configurations, resources, values.
const LARGE: [&str; 7] = [
    "/cluster.ClusterService/HealthCheck",
    "/cosi.resource.State/Create",
    "/cosi.resource.State/Update",
    "/machine.ImageService/Verify",
    "/machine.MachineService/ApplyConfiguration",
    "/machine.MachineService/MetaWrite",
    "/machine.MachineService/PacketCapture",
];

/// What the requests of a method (`/package.Service/Method`) are. One that is not known is small: it will be refused.
#[must_use]
pub fn of(method: &str) -> Size {
    if STREAMS.contains(&method) {
        Size::Stream
    } else if LARGE.contains(&method) {
        Size::Message(limits::MESSAGE)
    } else {
        Size::Message(limits::SMALL_MESSAGE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authz::RULES;

    #[test]
    fn methods_that_may_send_much_exist() {
        for method in STREAMS.iter().chain(&LARGE) {
            assert!(RULES.iter().any(|rule| rule.method == *method), "{method}");
        }
        assert_eq!(of("/machine.MachineService/Version"), Size::Message(limits::SMALL_MESSAGE));
        assert_eq!(of(""), Size::Message(limits::SMALL_MESSAGE));
    }
}
