//! Calls about etcd (contract api.md 5.9).

use futures::stream::BoxStream;
use proto::common::Data;
use proto::machine::*;
use tonic::{Status, Streaming};

use super::not_yet;
use crate::machine::Machine;

pub async fn bootstrap(_: &Machine, _: BootstrapRequest) -> Result<(), Status> {
    Err(not_yet("Bootstrap"))
}
pub async fn member_list(_: &Machine, _: &EtcdMemberListRequest) -> Result<EtcdMembers, Status> {
    Err(not_yet("EtcdMemberList"))
}
pub async fn remove_member(_: &Machine, _: u64) -> Result<(), Status> {
    Err(not_yet("EtcdRemoveMemberByID"))
}
pub async fn leave(_: &Machine) -> Result<(), Status> {
    Err(not_yet("EtcdLeaveCluster"))
}
pub async fn forfeit_leadership(_: &Machine) -> Result<String, Status> {
    Err(not_yet("EtcdForfeitLeadership"))
}
pub async fn recover(_: &Machine, _: Streaming<Data>) -> Result<(), Status> {
    Err(not_yet("EtcdRecover"))
}
pub async fn snapshot(_: &Machine) -> Result<BoxStream<'static, Result<Data, Status>>, Status> {
    Err(not_yet("EtcdSnapshot"))
}
pub async fn alarm_list(_: &Machine) -> Result<EtcdAlarm, Status> {
    Err(not_yet("EtcdAlarmList"))
}
pub async fn alarm_disarm(_: &Machine) -> Result<EtcdAlarmDisarm, Status> {
    Err(not_yet("EtcdAlarmDisarm"))
}
pub async fn defragment(_: &Machine) -> Result<(), Status> {
    Err(not_yet("EtcdDefragment"))
}
pub async fn status(_: &Machine) -> Result<EtcdStatus, Status> {
    Err(not_yet("EtcdStatus"))
}
