//! This node's place in the cluster: takes it, and gets its vote.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use proto::resource::etcd::SpecSpec;
use proto::resource::k8s::EndpointSpec;
use state::{Kind, State, Watch, ops};

use super::access;
use super::join::{initial_cluster, plan};
use crate::services::definitions::etcd::Membership;

/// Pause between the first attempts to join, how many those are, and the contract's pause for all others (os.md
/// 6.1): a cluster that comes up does so soon, one that nobody bootstraps may be waited for long.
const JOIN_PAUSES: (Duration, u32, Duration) = (Duration::from_secs(1), 15, Duration::from_secs(3));

/// How often the log says that somebody has to bootstrap the cluster (contract os.md 6.1).
const NAG: Duration = Duration::from_secs(30);

/// First and longest pause between attempts to promote; the contract's is 15 s (os.md 6.1).
const PROMOTE_PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// How long promotion is tried (contract os.md 6.1).
const PROMOTE: Duration = Duration::from_secs(600);

/// What etcd's service asks of the cluster.
pub struct Members {
    state: Arc<dyn State>,
}

impl Members {
    /// Finds cluster and certificates in `state`.
    pub fn new(state: Arc<dyn State>) -> Self {
        Self { state }
    }

    /// One attempt; `None` while no other control plane is known.
    async fn try_join(&self, name: &str, peer_urls: &[String]) -> anyhow::Result<Option<String>> {
        let Some(client) = access::others(&*self.state).await? else { return Ok(None) };
        let members = client.members(true).await?;
        let plan = plan(&members, name, peer_urls);
        for id in &plan.remove {
            tracing::info!("removing the member {id:016x} of an earlier life of this node from etcd");
            client.remove_member(*id).await?;
        }
        let (own, members) = match plan.reuse {
            Some(own) => (own, client.members(true).await?),
            None => {
                let (member, members) = client.add_learner(peer_urls).await?;
                (member.id, members)
            }
        };
        Ok(Some(initial_cluster(&members, own, name)))
    }

    /// Waits until other control planes are known or moved, but not for ever.
    async fn endpoints_changed(&self, pause: Duration) {
        let changed = async {
            let watch = Watch {
                kind: Kind::of::<EndpointSpec>(),
                id: None,
                start: state::Start::Now,
                query: state::Query::default(),
            };
            match self.state.watch(watch).await {
                Ok(mut events) => drop(events.next().await),
                Err(_) => std::future::pending().await,
            }
        };
        let _ = tokio::time::timeout(pause, changed).await;
    }
}

#[async_trait::async_trait]
impl Membership for Members {
    async fn join(&self, name: &str, peer_urls: &[String]) -> anyhow::Result<String> {
        let mut nagged: Option<Instant> = None;
        for attempt in 0_u32.. {
            let reason = match self.try_join(name, peer_urls).await {
                Ok(Some(cluster)) => return Ok(cluster),
                Ok(None) => "no other control plane is known".to_owned(),
                Err(error) => format!("{error:#}"),
            };
            if nagged.is_none_or(|at| at.elapsed() >= NAG) {
                nagged = Some(Instant::now());
                tracing::info!(
                    "etcd waits to join the cluster ({reason}): if this is the first control plane, run talosctl bootstrap"
                );
            }
            let (first, attempts, later) = JOIN_PAUSES;
            self.endpoints_changed(if attempt < attempts { first } else { later }).await;
        }
        anyhow::bail!("etcd did not join the cluster")
    }

    async fn promote(&self) {
        promote(&*self.state).await;
    }

    async fn quorum_read(&self) -> anyhow::Result<()> {
        access::local(&*self.state).await?.get("health").await?;
        Ok(())
    }
}

/// Gives this node's member its vote as soon as it keeps up.
pub async fn promote(state: &dyn State) {
    let began = Instant::now();
    let mut pause = PROMOTE_PAUSES.0;
    while began.elapsed() < PROMOTE {
        match try_promote(state).await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => tracing::debug!("the member of this node is not promoted yet: {error:#}"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PROMOTE_PAUSES.1);
    }
    tracing::warn!("the member of this node stays a learner: it did not catch up with the cluster");
}

/// True when there is nothing left to do.
async fn try_promote(state: &dyn State) -> anyhow::Result<bool> {
    let Some(spec) = ops::get::<SpecSpec>(state, "etcd").await? else { return Ok(true) };
    let Some(client) = access::others(state).await? else { return Ok(false) };
    let own = client.members(true).await?.into_iter().find(|m| m.name == spec.spec.name);
    let Some(own) = own else { return Ok(false) };
    if own.learner {
        client.promote(own.id).await?;
        tracing::info!("the member of this node has a vote in etcd now");
    }
    Ok(true)
}
