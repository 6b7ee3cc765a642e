//! Care for this node's member.

use etcd::{Alarm, AlarmKind, Downgrade};
use proto::machine::etcd_member_alarm::AlarmType;
use proto::machine::{
    EtcdAlarm, EtcdAlarmDisarm, EtcdClusterDowngrade, EtcdMemberAlarm, EtcdMemberStatus, EtcdStatus,
};
use tonic::Status;

use super::{local, refused};
use crate::machine::Machine;

/// Oldest version that a cluster can go back to (contract api.md 5.9).
const OLDEST: (u32, u32) = (3, 5);

fn alarm(alarm: Alarm) -> EtcdMemberAlarm {
    let kind = match alarm.kind {
        AlarmKind::None => AlarmType::None,
        AlarmKind::NoSpace => AlarmType::Nospace,
        AlarmKind::Corrupt => AlarmType::Corrupt,
    };
    EtcdMemberAlarm { member_id: alarm.member, alarm: kind as i32 }
}

/// Handles `EtcdAlarmList`.
pub async fn alarm_list(machine: &Machine) -> Result<EtcdAlarm, Status> {
    let alarms = local(machine, "alarm list").await?.alarms().await.map_err(refused)?;
    Ok(EtcdAlarm { metadata: None, member_alarms: alarms.into_iter().map(alarm).collect() })
}

/// Handles `EtcdAlarmDisarm`: those that were.
pub async fn alarm_disarm(machine: &Machine) -> Result<EtcdAlarmDisarm, Status> {
    let client = local(machine, "alarm disarm").await?;
    let mut member_alarms = Vec::new();
    for found in client.alarms().await.map_err(refused)? {
        client.disarm_one(found).await.map_err(refused)?;
        member_alarms.push(alarm(found));
    }
    Ok(EtcdAlarmDisarm { metadata: None, member_alarms })
}

/// Handles `EtcdDefragment`.
pub async fn defragment(machine: &Machine) -> Result<(), Status> {
    local(machine, "defragment").await?.defragment().await.map_err(refused)
}

/// Handles `EtcdStatus`.
pub async fn status(machine: &Machine) -> Result<EtcdStatus, Status> {
    let found = local(machine, "status").await?.status().await.map_err(refused)?;
    let member_status = EtcdMemberStatus {
        storage_version: storage_version(&found.storage_version, &found.version),
        member_id: found.member,
        protocol_version: found.version,
        db_size: found.db_size,
        db_size_in_use: found.db_size_in_use,
        leader: found.leader,
        raft_index: found.raft_index,
        raft_term: found.raft_term,
        raft_applied_index: found.raft_applied_index,
        errors: found.errors,
        is_learner: found.learner,
    };
    Ok(EtcdStatus { metadata: None, member_status: Some(member_status) })
}

/// Old members do not tell the version of their data: it follows from their own (contract api.md 5.9).
fn storage_version(told: &str, protocol: &str) -> String {
    if !told.is_empty() {
        return told.to_owned();
    }
    match minor(protocol) {
        Some((major, minor)) => format!("{major}.{minor}.0"),
        None => "unknown".to_owned(),
    }
}

/// Major and minor of a version that may have more parts.
fn minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Handles the three calls about running with an older version.
pub async fn downgrade(
    machine: &Machine,
    action: Downgrade,
    version: &str,
) -> Result<Option<EtcdClusterDowngrade>, Status> {
    if action != Downgrade::Cancel {
        let two = version.split('.').count() == 2;
        match minor(version).filter(|_| two) {
            Some(wanted) if wanted >= OLDEST => {}
            Some(_) => {
                return Err(Status::invalid_argument(format!(
                    "etcd cannot go back to {version}: 3.5 is the oldest"
                )));
            }
            None => {
                return Err(Status::invalid_argument(format!(
                    "{version:?} is not a version: write MAJOR.MINOR, as in 3.6"
                )));
            }
        }
    }
    let cluster_version =
        local(machine, "downgrade").await?.downgrade(action, version).await.map_err(refused)?;
    Ok(Some(EtcdClusterDowngrade { cluster_version }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_the_data_follows_from_the_members_own_where_it_is_not_told() {
        assert_eq!(storage_version("3.6.0", "3.6.11"), "3.6.0");
        assert_eq!(storage_version("", "3.5.9"), "3.5.0");
        assert_eq!(storage_version("", "?"), "unknown");
    }
}
