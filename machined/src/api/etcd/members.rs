//! Who belongs to the cluster.

use etcd::Member;
use proto::machine::{EtcdMember, EtcdMemberListRequest, EtcdMembers};
use tonic::Status;

use super::{local, refused};
use crate::api::kubeconfig::control_plane_only;
use crate::api::plain;
use crate::controllers::etcd::access;
use crate::machine::Machine;

/// Handles `EtcdMemberList`.
pub async fn member_list(machine: &Machine, request: &EtcdMemberListRequest) -> Result<EtcdMembers, Status> {
    let members = if request.query_local {
        local(machine, "member list").await?.members(false).await
    } else {
        control_plane_only(machine, "member list").await?;
        let any = access::any(&*machine.state).await.map_err(|error| plain(format!("{error:#}")))?;
        any.members(true).await
    };
    let members = members.map_err(refused)?;
    let legacy_members = members.iter().map(|m| m.name.clone()).collect();
    let wire = |m: Member| EtcdMember {
        id: m.id,
        hostname: m.name,
        peer_urls: m.peer_urls,
        client_urls: m.client_urls,
        is_learner: m.learner,
    };
    Ok(EtcdMembers { metadata: None, legacy_members, members: members.into_iter().map(wire).collect() })
}

/// Handles `EtcdRemoveMemberByID`.
pub async fn remove_member(machine: &Machine, id: u64) -> Result<(), Status> {
    control_plane_only(machine, "member remove").await?;
    let client = access::any(&*machine.state).await.map_err(|error| plain(format!("{error:#}")))?;
    let members = client.members(true).await.map_err(refused)?;
    if !members.iter().any(|m| m.id == id) {
        return Err(Status::not_found(format!("etcd has no member {id:x}")));
    }
    client.remove_member(id).await.map_err(refused)
}
