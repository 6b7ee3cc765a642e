//! A lock that all control planes share, in the form that etcd's own clients use: each waiter has a key of
//! its own below a common prefix, and whose key is oldest holds the lock.

use std::time::Duration;

use crate::client::{SHORT, within};
use crate::generated::etcdserverpb as pb;
use crate::keys::end_of;
use crate::{Client, Lease, Result};

/// How long a lock outlives a holder that died.
const TTL: Duration = Duration::from_secs(60);

/// First and longest pause between looks at who holds the lock.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// A lock that is held.
pub struct Lock {
    lease: Lease,
}

impl Lock {
    /// Whether it is still held: it may have been lost with the connection.
    pub fn is_held(&self) -> bool {
        self.lease.is_kept()
    }

    /// Lets go of it. A lock that is dropped instead is free after a minute.
    pub async fn release(self) -> Result<()> {
        self.lease.revoke().await
    }
}

impl Client {
    /// Waits for the lock called `name`, for as long as it takes.
    pub async fn lock(&self, name: &str) -> Result<Lock> {
        let lease = self.lease(TTL).await?;
        let prefix = format!("{name}/");
        let key = format!("{prefix}{:x}", lease.id()).into_bytes();
        let own = self.queue(&key, lease.id()).await?;
        let mut pause = PAUSES.0;
        while self.is_behind(prefix.as_bytes(), own).await? {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
        Ok(Lock { lease })
    }

    /// Makes the key; the revision at which it was made.
    async fn queue(&self, key: &[u8], lease: i64) -> Result<i64> {
        use pb::compare::{CompareResult, CompareTarget, TargetUnion};
        let absent = pb::Compare {
            result: CompareResult::Equal.into(),
            target: CompareTarget::Create.into(),
            key: key.to_vec(),
            target_union: Some(TargetUnion::CreateRevision(0)),
            range_end: vec![],
        };
        let put = pb::PutRequest { key: key.to_vec(), lease, ..Default::default() };
        let put = pb::RequestOp { request: Some(pb::request_op::Request::RequestPut(put)) };
        let request = pb::TxnRequest { compare: vec![absent], success: vec![put], failure: vec![] };
        let mut client = self.kv();
        let done = within("cannot queue for a lock of etcd", SHORT, client.txn(request)).await?;
        Ok(done.header.map_or(i64::MAX, |h| h.revision))
    }

    async fn is_behind(&self, prefix: &[u8], own: i64) -> Result<bool> {
        let request = pb::RangeRequest {
            key: prefix.to_vec(),
            range_end: end_of(prefix),
            max_create_revision: own - 1,
            // Not the count: etcd counts before it looks at revisions, so our own key would be in it.
            keys_only: true,
            ..Default::default()
        };
        let mut client = self.kv();
        Ok(!within("cannot wait for a lock of etcd", SHORT, client.range(request)).await?.kvs.is_empty())
    }
}
