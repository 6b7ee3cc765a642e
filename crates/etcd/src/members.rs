//! Who belongs to the cluster.

use crate::client::{SHORT, within};
use crate::generated::etcdserverpb as pb;
use crate::generated::etcdserverpb::cluster_client::ClusterClient;
use crate::{Client, Error, Result};

/// A member of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its number.
    pub id: u64,
    /// Its name; empty until it has started once.
    pub name: String,
    /// Where other members reach it.
    pub peer_urls: Vec<String>,
    /// Where clients reach it.
    pub client_urls: Vec<String>,
    /// It follows, but has no vote.
    pub learner: bool,
}

impl From<pb::Member> for Member {
    fn from(member: pb::Member) -> Self {
        Self {
            id: member.id,
            name: member.name,
            peer_urls: member.peer_ur_ls,
            client_urls: member.client_ur_ls,
            learner: member.is_learner,
        }
    }
}

fn members(found: Vec<pb::Member>) -> Vec<Member> {
    found.into_iter().map(Member::from).collect()
}

impl Client {
    fn cluster(&self) -> ClusterClient<tonic::transport::Channel> {
        ClusterClient::new(self.channel.clone())
    }

    /// All members. With `linearizable` a majority has agreed on them, otherwise they are what the member
    /// that answers knows.
    pub async fn members(&self, linearizable: bool) -> Result<Vec<Member>> {
        let mut client = self.cluster();
        let call = client.member_list(pb::MemberListRequest { linearizable });
        within("cannot list the members of etcd", SHORT, call).await.map(|r| members(r.members))
    }

    /// Adds a member without a vote; all members, and which of them it is.
    pub async fn add_learner(&self, peer_urls: &[String]) -> Result<(Member, Vec<Member>)> {
        let what = "cannot add a learner to etcd";
        let mut client = self.cluster();
        let request = pb::MemberAddRequest { peer_ur_ls: peer_urls.to_vec(), is_learner: true };
        let added = within(what, SHORT, client.member_add(request)).await?;
        let member = added.member.ok_or(Error::Incomplete { what })?;
        Ok((member.into(), members(added.members)))
    }

    /// Gives a learner its vote.
    pub async fn promote(&self, id: u64) -> Result<()> {
        let mut client = self.cluster();
        let call = client.member_promote(pb::MemberPromoteRequest { id });
        within("cannot promote a member of etcd", SHORT, call).await.map(drop)
    }

    /// Takes a member out.
    pub async fn remove_member(&self, id: u64) -> Result<()> {
        let mut client = self.cluster();
        let call = client.member_remove(pb::MemberRemoveRequest { id });
        within("cannot remove a member of etcd", SHORT, call).await.map(drop)
    }

    /// Tells others where a member is reached from now on.
    pub async fn update_member(&self, id: u64, peer_urls: &[String]) -> Result<()> {
        let mut client = self.cluster();
        let call = client.member_update(pb::MemberUpdateRequest { id, peer_ur_ls: peer_urls.to_vec() });
        within("cannot update a member of etcd", SHORT, call).await.map(drop)
    }
}
