//! What happens on nodes, as events say it (contract api.md 9.1).

use prost::Message;
use prost_types::Any;
use proto::machine::{
    AddressEvent, ConfigLoadErrorEvent, ConfigValidationErrorEvent, MachineStatusEvent, PhaseEvent,
    RestartEvent, SequenceEvent, ServiceStateEvent, TaskEvent,
};

/// Before the message's name in the type of a payload.
const PREFIX: &str = "talos/runtime/machine.";

/// A payload that this client knows.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// A sequence started, ended or failed.
    Sequence(SequenceEvent),
    /// A phase of it.
    Phase(PhaseEvent),
    /// A task of a phase.
    Task(TaskEvent),
    /// A service changed its state.
    Service(ServiceStateEvent),
    /// A configuration could not be read.
    ConfigLoad(ConfigLoadErrorEvent),
    /// A configuration is not valid.
    ConfigValidation(ConfigValidationErrorEvent),
    /// Addresses of the node.
    Address(AddressEvent),
    /// Stage and readiness of the node.
    Status(MachineStatusEvent),
    /// The kernel is about to restart or halt.
    Restart(RestartEvent),
}

/// The payload of an event; `None` for one that this client does not know.
pub fn decode(data: &Any) -> Option<Payload> {
    let bytes = data.value.as_slice();
    match data.type_url.strip_prefix(PREFIX)? {
        "SequenceEvent" => SequenceEvent::decode(bytes).ok().map(Payload::Sequence),
        "PhaseEvent" => PhaseEvent::decode(bytes).ok().map(Payload::Phase),
        "TaskEvent" => TaskEvent::decode(bytes).ok().map(Payload::Task),
        "ServiceStateEvent" => ServiceStateEvent::decode(bytes).ok().map(Payload::Service),
        "ConfigLoadErrorEvent" => ConfigLoadErrorEvent::decode(bytes).ok().map(Payload::ConfigLoad),
        "ConfigValidationErrorEvent" => {
            ConfigValidationErrorEvent::decode(bytes).ok().map(Payload::ConfigValidation)
        }
        "AddressEvent" => AddressEvent::decode(bytes).ok().map(Payload::Address),
        "MachineStatusEvent" => MachineStatusEvent::decode(bytes).ok().map(Payload::Status),
        "RestartEvent" => RestartEvent::decode(bytes).ok().map(Payload::Restart),
        _ => None,
    }
}

impl Payload {
    /// Who it is about, and what happened.
    pub fn describe(&self) -> (String, String) {
        match self {
            Payload::Sequence(event) => {
                let action = event.action().as_str_name();
                let message = match &event.error {
                    Some(error) if !error.message.is_empty() => {
                        format!("error: {}: {}", error.code().as_str_name(), error.message)
                    }
                    _ => action.to_owned(),
                };
                (event.sequence.clone(), message)
            }
            Payload::Phase(event) => (event.phase.clone(), event.action().as_str_name().to_owned()),
            Payload::Task(event) => (event.task.clone(), event.action().as_str_name().to_owned()),
            Payload::Service(event) => {
                (event.service.clone(), format!("{}: {}", event.action().as_str_name(), event.message))
            }
            Payload::ConfigLoad(event) => ("error".to_owned(), event.error.clone()),
            Payload::ConfigValidation(event) => ("error".to_owned(), event.error.clone()),
            Payload::Address(event) => {
                (event.hostname.clone(), format!("ADDRESSES: {}", event.addresses.join(",")))
            }
            Payload::Status(event) => {
                let status = event.status.clone().unwrap_or_default();
                let unmet: Vec<&str> = status.unmet_conditions.iter().map(|c| c.name.as_str()).collect();
                let message = format!("ready: {}, unmet conditions: [{}]", status.ready, unmet.join(" "));
                (event.stage().as_str_name().to_owned(), message)
            }
            Payload::Restart(event) => (String::new(), format!("machine restart: {}", restart(event.cmd))),
        }
    }
}

/// Names of reboot(2)'s commands.
fn restart(command: i64) -> String {
    match command {
        0x0123_4567 => "RESTART".to_owned(),
        0xCDEF_0123 => "HALT".to_owned(),
        0x4321_FEDC => "POWER_OFF".to_owned(),
        0x4558_4543 => "KEXEC".to_owned(),
        other => format!("{other:#x}"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proto::machine::machine_status_event::machine_status::UnmetCondition;
    use proto::machine::machine_status_event::{MachineStage, MachineStatus};
    use proto::machine::service_state_event::Action;

    pub(crate) fn any(name: &str, message: &impl Message) -> Any {
        Any { type_url: format!("{PREFIX}{name}"), value: message.encode_to_vec() }
    }

    #[test]
    fn events_are_told_in_the_words_that_people_know() {
        let service = ServiceStateEvent {
            service: "etcd".into(),
            action: Action::Preparing as i32,
            message: "Creating service runner".into(),
            health: None,
        };
        let described = decode(&any("ServiceStateEvent", &service)).unwrap().describe();
        assert_eq!(described, ("etcd".into(), "PREPARING: Creating service runner".into()));
        let condition = |name: &str| UnmetCondition { name: name.into(), reason: "r".into() };
        let status = MachineStatusEvent {
            stage: MachineStage::Running as i32,
            status: Some(MachineStatus { ready: false, unmet_conditions: vec![condition("nodeReady")] }),
        };
        let described = decode(&any("MachineStatusEvent", &status)).unwrap().describe();
        assert_eq!(described, ("RUNNING".into(), "ready: false, unmet conditions: [nodeReady]".into()));
    }

    #[test]
    fn payloads_of_later_versions_are_not_an_error() {
        assert_eq!(decode(&Any { type_url: "talos/runtime/machine.NewEvent".into(), value: vec![1] }), None);
        assert_eq!(decode(&Any { type_url: String::new(), value: vec![] }), None);
    }
}
