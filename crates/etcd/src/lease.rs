//! Leases: keys on one go when it does.

use std::time::Duration;

use crate::client::{SHORT, within};
use crate::generated::etcdserverpb as pb;
use crate::generated::etcdserverpb::lease_client::LeaseClient;
use crate::{Client, Result};

/// A lease that is kept alive until it is dropped or revoked.
pub struct Lease {
    client: Client,
    id: i64,
    keeper: tokio::task::JoinHandle<()>,
}

impl Lease {
    /// Its number.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Whether it is still kept alive; when not, what lived on it may be gone.
    pub fn is_kept(&self) -> bool {
        !self.keeper.is_finished()
    }

    /// Ends it, and every key on it.
    pub async fn revoke(self) -> Result<()> {
        self.keeper.abort();
        let mut client = LeaseClient::new(self.client.channel.clone());
        let call = client.lease_revoke(pb::LeaseRevokeRequest { id: self.id });
        within("cannot revoke a lease of etcd", SHORT, call).await.map(drop)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Client {
    /// A lease that outlives us by `ttl` at most.
    pub async fn lease(&self, ttl: Duration) -> Result<Lease> {
        let mut client = LeaseClient::new(self.channel.clone());
        let seconds = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
        let call = client.lease_grant(pb::LeaseGrantRequest { ttl: seconds, id: 0 });
        let id = within("cannot take a lease of etcd", SHORT, call).await?.id;
        let keeper = tokio::spawn(keep(client, id, ttl / 3));
        Ok(Lease { client: self.clone(), id, keeper })
    }
}

/// Renews a lease until that fails for longer than it lives.
async fn keep(mut client: LeaseClient<tonic::transport::Channel>, id: i64, period: Duration) {
    let mut failures = 0;
    while failures < 3 {
        tokio::time::sleep(period).await;
        let once = tokio_stream::once(pb::LeaseKeepAliveRequest { id });
        let renewed = match within("", SHORT, client.lease_keep_alive(once)).await {
            Ok(mut answers) => answers.message().await.ok().flatten().is_some_and(|a| a.ttl > 0),
            Err(_) => false,
        };
        failures = if renewed { 0 } else { failures + 1 };
    }
    tracing::warn!("a lease of etcd could not be renewed and is given up");
}
