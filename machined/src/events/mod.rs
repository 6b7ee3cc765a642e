//! Events of the machine: a bounded log that clients follow (contract api.md 5.7, 9.1).

mod log;
mod payload;
mod xid;

pub use log::{EventLog, Follow, Tail};
pub use payload::Payload;
pub use xid::Xid;

use bytes::Bytes;

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Sortable by time, unique in the machine.
    pub id: Xid,
    /// Identifier of the call that caused it; empty for what the machine does itself.
    pub actor_id: String,
    /// Full name of the message, e.g. `machine.PhaseEvent`.
    pub message: &'static str,
    /// The encoded message.
    pub value: Bytes,
}

impl Event {
    /// The event as it is sent.
    pub fn to_proto(&self) -> proto::machine::Event {
        let data = prost_types::Any {
            type_url: format!("talos/runtime/{}", self.message),
            value: self.value.to_vec(),
        };
        proto::machine::Event {
            metadata: None,
            data: Some(data),
            id: self.id.to_string(),
            actor_id: self.actor_id.clone(),
        }
    }
}
