//! Who is at the other end of a Unix socket, and what it may do at most.

use std::sync::Arc;

use async_trait::async_trait;

pub use sys::peer::Peer;

use crate::role::RoleSet;

/// Says what a peer may do at most. machined knows which processes it started; this crate does not.
#[async_trait]
pub trait PeerPolicy: Send + Sync {
    /// The roles that the peer may claim at most, or `None` for a stranger: then every call on the
    /// connection is answered `not authorized`. The policy judges by the process, its executable and
    /// its mount namespace, never by the uid alone: a pod may run as any. It may wait, for a process
    /// that was just started and is not yet recorded (up to 5 s, contract api.md 1.4).
    async fn ceiling(&self, peer: &Peer) -> Option<RoleSet>;
}

/// What a connection on a Unix socket carries in the extensions of each request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The process, when it could be identified.
    pub peer: Option<Arc<Peer>>,
    /// The most that it may do; `None` for strangers.
    pub ceiling: Option<RoleSet>,
}
