//! Containers of the node's runtimes (contract api.md 5.5).

use proto::machine::{Container, ContainersRequest, LogsRequest, RestartRequest, Stats, StatsRequest};
use tonic::Status;

use super::logs::Chunks;
use super::not_yet;
use crate::machine::Machine;

pub async fn containers(_: &Machine, _: &ContainersRequest) -> Result<Container, Status> {
    Err(not_yet("Containers"))
}
pub async fn stats(_: &Machine, _: &StatsRequest) -> Result<Stats, Status> {
    Err(not_yet("Stats"))
}
pub async fn restart(_: &Machine, _: &RestartRequest) -> Result<(), Status> {
    Err(not_yet("Restart"))
}
pub async fn log(_: &LogsRequest) -> Result<Chunks, Status> {
    Err(not_yet("Logs of containers"))
}
