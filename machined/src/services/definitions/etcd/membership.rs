//! What etcd's service asks of the cluster that it belongs to.

use async_trait::async_trait;

/// A client of the etcd cluster.
#[async_trait]
pub trait Membership: Send + Sync + 'static {
    /// Makes this node a (learning) member and answers with the initial cluster, `name=url,…`. Waits for
    /// the cluster as long as it takes; dropped when the service is stopped.
    async fn join(&self, name: &str, peer_urls: &[String]) -> anyhow::Result<String>;

    /// Turns this learner into a full member, in the background, once it keeps up.
    async fn promote(&self);

    /// Reads something with the agreement of a majority.
    async fn quorum_read(&self) -> anyhow::Result<()>;
}
