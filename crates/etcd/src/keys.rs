//! Keys and values.

use crate::client::{SHORT, within};
use crate::generated::etcdserverpb as pb;
use crate::generated::etcdserverpb::kv_client::KvClient;
use crate::{Client, Result};

impl Client {
    pub(crate) fn kv(&self) -> KvClient<tonic::transport::Channel> {
        KvClient::new(self.channel.clone())
    }

    /// Value of a key, agreed by a majority.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let request = pb::RangeRequest { key: key.into(), ..Default::default() };
        let mut client = self.kv();
        let found = within("cannot read from etcd", SHORT, client.range(request)).await?;
        Ok(found.kvs.into_iter().next().map(|kv| kv.value))
    }

    /// Stores a value, on a lease if one is given.
    pub async fn put(&self, key: &str, value: &[u8], lease: Option<i64>) -> Result<()> {
        let request = pb::PutRequest {
            key: key.into(),
            value: value.to_vec(),
            lease: lease.unwrap_or(0),
            ..Default::default()
        };
        let mut client = self.kv();
        within("cannot write to etcd", SHORT, client.put(request)).await.map(drop)
    }

    /// Removes a key; true when it was there.
    pub async fn delete(&self, key: &str) -> Result<bool> {
        let request = pb::DeleteRangeRequest { key: key.into(), ..Default::default() };
        let mut client = self.kv();
        let removed = within("cannot remove from etcd", SHORT, client.delete_range(request)).await?;
        Ok(removed.deleted > 0)
    }
}

/// The key after all that begin with `prefix`.
pub(crate) fn end_of(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    // No such key: everything from the prefix on.
    vec![0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_the_next_key_that_does_not_begin_with_it() {
        assert_eq!(end_of(b"ab"), b"ac");
        assert_eq!(end_of(b"a\xff"), b"b");
        assert_eq!(end_of(b"\xff\xff"), b"\0");
    }
}
