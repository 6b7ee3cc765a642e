//! Sockets (contract api.md 5.5).

use proto::machine::{Netstat, NetstatRequest};
use tonic::Status;

use super::not_yet;

pub fn netstat(_: &NetstatRequest) -> Result<Netstat, Status> {
    Err(not_yet("Netstat"))
}
