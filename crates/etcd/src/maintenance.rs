//! Care for the member that the client is connected to.

use std::time::Duration;

use futures::stream::{BoxStream, StreamExt};

use crate::client::{SHORT, within};
use crate::generated::etcdserverpb as pb;
use crate::generated::etcdserverpb::maintenance_client::MaintenanceClient;
use crate::{Client, Error, Result};

/// Defragmentation blocks the member for as long as its data is big.
const LONG: Duration = Duration::from_secs(300);

/// What a member says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Its number.
    pub member: u64,
    /// Its version.
    pub version: String,
    /// Version of its data; older members do not tell.
    pub storage_version: String,
    /// Bytes on disk.
    pub db_size: i64,
    /// Bytes of these that are in use.
    pub db_size_in_use: i64,
    /// Number of the leader.
    pub leader: u64,
    /// Last entry of its log.
    pub raft_index: u64,
    /// Term of the leader.
    pub raft_term: u64,
    /// Last entry that took effect.
    pub raft_applied_index: u64,
    /// What is wrong with it.
    pub errors: Vec<String>,
    /// It has no vote.
    pub learner: bool,
}

/// What an alarm is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmKind {
    /// Nothing known.
    None,
    /// The data outgrew its quota.
    NoSpace,
    /// The data differs from that of other members.
    Corrupt,
}

/// An alarm of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alarm {
    /// Number of the member.
    pub member: u64,
    /// What it is about.
    pub kind: AlarmKind,
}

/// What to do about running with an older version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Downgrade {
    /// Only say whether it is possible.
    Validate,
    /// Prepare for it.
    Enable,
    /// Do without.
    Cancel,
}

impl Client {
    fn maintenance(&self) -> MaintenanceClient<tonic::transport::Channel> {
        MaintenanceClient::new(self.channel.clone())
    }

    /// What the member says of itself.
    pub async fn status(&self) -> Result<Status> {
        let what = "cannot ask etcd for its status";
        let mut client = self.maintenance();
        let found = within(what, SHORT, client.status(pb::StatusRequest {})).await?;
        Ok(Status {
            member: found.header.ok_or(Error::Incomplete { what })?.member_id,
            version: found.version,
            storage_version: found.storage_version,
            db_size: found.db_size,
            db_size_in_use: found.db_size_in_use,
            leader: found.leader,
            raft_index: found.raft_index,
            raft_term: found.raft_term,
            raft_applied_index: found.raft_applied_index,
            errors: found.errors,
            learner: found.is_learner,
        })
    }

    /// Makes another member the leader; only the leader can do this.
    pub async fn move_leader(&self, to: u64) -> Result<()> {
        let mut client = self.maintenance();
        let call = client.move_leader(pb::MoveLeaderRequest { target_id: to });
        within("cannot move the leadership of etcd", SHORT, call).await.map(drop)
    }

    /// All alarms.
    pub async fn alarms(&self) -> Result<Vec<Alarm>> {
        self.alarm(pb::alarm_request::AlarmAction::Get, 0, pb::AlarmType::None).await
    }

    /// Ends all alarms; those that were.
    pub async fn disarm(&self) -> Result<Vec<Alarm>> {
        self.alarm(pb::alarm_request::AlarmAction::Deactivate, 0, pb::AlarmType::None).await
    }

    /// Ends one alarm.
    pub async fn disarm_one(&self, alarm: Alarm) -> Result<Vec<Alarm>> {
        let kind = match alarm.kind {
            AlarmKind::None => pb::AlarmType::None,
            AlarmKind::NoSpace => pb::AlarmType::Nospace,
            AlarmKind::Corrupt => pb::AlarmType::Corrupt,
        };
        self.alarm(pb::alarm_request::AlarmAction::Deactivate, alarm.member, kind).await
    }

    async fn alarm(
        &self,
        action: pb::alarm_request::AlarmAction,
        member_id: u64,
        alarm: pb::AlarmType,
    ) -> Result<Vec<Alarm>> {
        let mut client = self.maintenance();
        let request = pb::AlarmRequest { action: action.into(), member_id, alarm: alarm.into() };
        let found = within("cannot read the alarms of etcd", SHORT, client.alarm(request)).await?;
        let alarm = |a: pb::AlarmMember| Alarm {
            member: a.member_id,
            kind: match a.alarm() {
                pb::AlarmType::None => AlarmKind::None,
                pb::AlarmType::Nospace => AlarmKind::NoSpace,
                pb::AlarmType::Corrupt => AlarmKind::Corrupt,
            },
        };
        Ok(found.alarms.into_iter().map(alarm).collect())
    }

    /// Gives unused space back to the disk. The member does not answer meanwhile.
    pub async fn defragment(&self) -> Result<()> {
        let mut client = self.maintenance();
        let call = client.defragment(pb::DefragmentRequest {});
        within("cannot defragment etcd", LONG, call).await.map(drop)
    }

    /// A copy of the member's data with its checksum behind it.
    pub async fn snapshot(&self) -> Result<BoxStream<'static, Result<Vec<u8>>>> {
        let what = "cannot take a snapshot of etcd";
        let mut client = self.maintenance();
        let stream = within(what, SHORT, client.snapshot(pb::SnapshotRequest {})).await?;
        let chunk = move |found: Result<pb::SnapshotResponse, tonic::Status>| match found {
            Ok(found) => Ok(found.blob),
            Err(status) => Err(Error::Call { what, status: Box::new(status) }),
        };
        Ok(stream.map(chunk).boxed())
    }

    /// Prepares the cluster for an older version; the version of the cluster.
    pub async fn downgrade(&self, action: Downgrade, version: &str) -> Result<String> {
        use pb::downgrade_request::DowngradeAction as Action;
        let action = match action {
            Downgrade::Validate => Action::Validate,
            Downgrade::Enable => Action::Enable,
            Downgrade::Cancel => Action::Cancel,
        };
        let mut client = self.maintenance();
        let request = pb::DowngradeRequest { action: action.into(), version: version.to_owned() };
        within("etcd refused the downgrade", SHORT, client.downgrade(request)).await.map(|r| r.version)
    }
}
