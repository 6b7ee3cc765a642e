//! How a member gives up its leadership, and how it goes.

use std::time::{Duration, Instant};

use etcd::Client;
use tonic::{Code, Status};

use super::{local, own_name, plain, refused};
use crate::controllers::etcd::access;
use crate::machine::Machine;
use crate::services::definitions::etcd::DATA;

/// How long leaving is tried (contract api.md 5.9).
const LEAVE: Duration = Duration::from_secs(300);

/// Pause between attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// Handles `EtcdForfeitLeadership`: the name of the new leader, or nothing when this member did not lead.
pub async fn forfeit_leadership(machine: &Machine) -> Result<String, Status> {
    let client = local(machine, "forfeit leadership").await?;
    forfeit(&client).await
}

async fn forfeit(client: &Client) -> Result<String, Status> {
    let status = client.status().await.map_err(refused)?;
    if status.leader != status.member {
        return Ok(String::new());
    }
    let members = client.members(true).await.map_err(refused)?;
    let next = members.iter().find(|m| m.id != status.member && !m.learner && !m.name.is_empty());
    let Some(next) = next else {
        return Err(plain("cannot forfeit the leadership of etcd: there is no other member to take it"));
    };
    client.move_leader(next.id).await.map_err(refused)?;
    Ok(next.name.clone())
}

/// Handles `EtcdLeaveCluster`: the member goes, its service stops, its data is removed.
pub async fn leave(machine: &Machine) -> Result<(), Status> {
    let client = local(machine, "leave cluster").await?;
    let name = own_name(machine).await?;
    let began = Instant::now();
    loop {
        // A member that is removed stops before it has answered: those that stay are asked where there are any.
        let others = access::others(&*machine.state).await.ok().flatten();
        match go(&client, others.as_ref(), &name).await {
            Ok(()) => break,
            // The last member stays the last one, however often it tries.
            Err(status) if status.code() == Code::FailedPrecondition || began.elapsed() >= LEAVE => {
                return Err(status);
            }
            Err(status) => {
                tracing::warn!("leaving etcd: {}; trying again", status.message());
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    machine.services.stop("etcd").await;
    sys::fs::empty_dir(DATA.as_ref()).map_err(|error| plain(format!("left etcd, but {error}")))
}

async fn go(own: &Client, others: Option<&Client>, name: &str) -> Result<(), Status> {
    // Where others are expected there may be nobody.
    let known = match others {
        Some(others) => others.members(true).await.ok().map(|members| (members, others)),
        None => None,
    };
    let (members, asked) = match known {
        Some(known) => known,
        None => (own.members(true).await.map_err(refused)?, own),
    };
    let Some(member) = members.iter().find(|m| m.name == name) else { return Ok(()) };
    if members.len() == 1 {
        return Err(Status::failed_precondition(
            "cannot leave etcd: this is its last member, its data would be lost",
        ));
    }
    // The others elect a leader all the same, only later.
    if let Err(status) = forfeit(own).await {
        tracing::warn!("leaving etcd without giving up leadership first: {}", status.message());
    }
    asked.remove_member(member.id).await.map_err(refused)
}
