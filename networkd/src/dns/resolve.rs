//! From a query to its answer: own names first, then the cache, then the servers.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;

use super::cache::Cache;
use super::message::{self, Query};
use super::upstream::Upstreams;
use super::zone::Zone;
use crate::random;

/// Everything that answering needs, shared by all listeners.
#[derive(Default)]
pub struct Resolver {
    zone: Mutex<Arc<Zone>>,
    cache: Mutex<Cache>,
    /// The servers that are asked.
    pub upstreams: Arc<Upstreams>,
}

/// How a query came, which bounds its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// In one datagram.
    Udp,
    /// On a stream.
    Tcp,
}

impl Resolver {
    /// Replaces the names that the node knows itself.
    pub fn set_zone(&self, zone: Zone) {
        *sys::sync::lock(&self.zone) = Arc::new(zone);
    }

    /// Forgets the answers of servers.
    pub fn forget(&self) {
        sys::sync::lock(&self.cache).clear();
    }

    /// Answers a query; `None` when nothing must be sent.
    pub async fn answer(&self, bytes: &[u8], transport: Transport) -> Option<Vec<u8>> {
        let query = match Query::parse(bytes) {
            Ok(query) => query,
            Err(refusal) if refusal.is_empty() => return None,
            Err(refusal) => return Some(refusal),
        };
        let answer = self.find(&query, bytes).await;
        let answer = message::with_id(answer, query.id());
        Some(if transport == Transport::Udp { query.fit_udp(answer) } else { answer })
    }

    async fn find(&self, query: &Query, bytes: &[u8]) -> Vec<u8> {
        let zone = sys::sync::lock(&self.zone).clone();
        if matches!(query.kind, RecordType::A | RecordType::AAAA)
            && let Some(addresses) = zone.find(&query.name)
        {
            return query.answer(addresses);
        }
        let key = query.key();
        if let Some(known) = sys::sync::lock(&self.cache).get(&key, Instant::now()) {
            return known;
        }
        // The client's identifier may be guessed by whoever sees it; the one that we use may not.
        let forwarded = message::with_id(bytes.to_vec(), random::u16());
        match self.upstreams.ask(&forwarded).await {
            Some(answer) => {
                sys::sync::lock(&self.cache).put(key, &answer, Instant::now());
                answer
            }
            None => query.failure(ResponseCode::ServFail),
        }
    }
}
