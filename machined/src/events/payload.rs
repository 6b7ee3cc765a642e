//! Messages that may travel as events.

use proto::machine::{
    AddressEvent, ConfigLoadErrorEvent, ConfigValidationErrorEvent, MachineStatusEvent, PhaseEvent,
    RestartEvent, SequenceEvent, ServiceStateEvent, TaskEvent,
};

/// A message that can be published.
pub trait Payload: prost::Message {
    /// Full protobuf name.
    const NAME: &'static str;
}

macro_rules! payloads {
    ($($message:ident),* $(,)?) => {
        $(impl Payload for $message {
            const NAME: &'static str = concat!("machine.", stringify!($message));
        })*
    };
}

payloads!(
    AddressEvent,
    ConfigLoadErrorEvent,
    ConfigValidationErrorEvent,
    MachineStatusEvent,
    PhaseEvent,
    RestartEvent,
    SequenceEvent,
    ServiceStateEvent,
    TaskEvent,
);
