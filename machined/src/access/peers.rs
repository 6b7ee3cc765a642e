//! Who may call over machine.sock, and with which roles at most (contract api.md 1.4).
//!
//! A peer is known by the process that machined itself recorded in ServicePIDs: same PID, same mount
//! namespace, same executable. A uid proves nothing, for a pod may run as any.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rpc::peer::{Peer, PeerPolicy};
use rpc::{Role, RoleSet};
use sys::namespace::{Kind, NamespaceId, own_id};
use sys::peer::Executable;
use tokio::sync::watch;

/// How long a connection waits for its process to be recorded: it may have been started just now.
const GRACE: Duration = Duration::from_secs(5);

/// A process that machined started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownProcess {
    /// Service id.
    pub service: String,
    /// What it executes.
    pub executable: Executable,
    /// Its mount namespace.
    pub mount_namespace: NamespaceId,
}

/// The record of processes that may call. Clones share it.
#[derive(Clone, Default)]
pub struct KnownPeers {
    shared: Arc<Shared>,
}

struct Shared {
    processes: Mutex<HashMap<i32, KnownProcess>>,
    changed: watch::Sender<u64>,
}

impl Default for Shared {
    fn default() -> Self {
        Self { processes: Mutex::default(), changed: watch::Sender::new(0) }
    }
}

impl KnownPeers {
    /// Records a process of a service.
    pub fn add(&self, pid: i32, process: KnownProcess) {
        self.lock().insert(pid, process);
        self.shared.changed.send_modify(|n| *n += 1);
    }

    /// Forgets a process that has ended.
    pub fn remove(&self, pid: i32) {
        self.lock().remove(&pid);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<i32, KnownProcess>> {
        sys::sync::lock(&self.shared.processes)
    }

    fn find(&self, peer: &Peer) -> Option<RoleSet> {
        let processes = self.lock();
        let known = processes.get(&peer.pid)?;
        let same = peer.executable().is_ok_and(|e| e == known.executable)
            && peer.mount_namespace().is_ok_and(|n| n == known.mount_namespace);
        same.then(|| ceiling(&known.service))
    }
}

impl KnownPeers {
    /// Whether a process may turn out to be one that was just started: those are where we are, or where others of
    /// ours are. A pod never is, and is not waited for.
    fn may_be_ours(&self, peer: &Peer) -> bool {
        let Ok(namespace) = peer.mount_namespace() else { return false };
        own_id(Kind::Mount).is_ok_and(|own| own == namespace)
            || self.lock().values().any(|known| known.mount_namespace == namespace)
    }
}

/// The most that a service may do.
fn ceiling(service: &str) -> RoleSet {
    match service {
        "apid" | "installer" => RoleSet::ALL,
        "dashboard" => RoleSet::of(&[Role::Reader, Role::MetaWriter]),
        "containerd" | "cri" => RoleSet::of(&[Role::ImageVerifier]),
        id if id.starts_with("ext-") => RoleSet::ALL,
        _ => RoleSet::EMPTY,
    }
}

#[async_trait::async_trait]
impl PeerPolicy for KnownPeers {
    async fn ceiling(&self, peer: &Peer) -> Option<RoleSet> {
        let mut changed = self.shared.changed.subscribe();
        let deadline = sys::clock::after(GRACE);
        loop {
            changed.mark_unchanged();
            if let Some(found) = self.find(peer) {
                return Some(found);
            }
            let recorded = match self.may_be_ours(peer) {
                true => tokio::time::timeout_at(deadline, changed.changed()).await.is_ok(),
                false => false,
            };
            if !recorded || !peer.is_alive() {
                tracing::warn!(pid = peer.pid, uid = peer.uid, "refused a stranger on machine.sock");
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_the_ceiling_of_the_contract() {
        assert_eq!(ceiling("apid"), RoleSet::ALL);
        assert!(ceiling("ext-hello").contains(Role::Admin));
        assert!(ceiling("cri").contains(Role::ImageVerifier) && !ceiling("cri").contains(Role::Reader));
        assert!(
            ceiling("dashboard").contains(Role::MetaWriter) && !ceiling("dashboard").contains(Role::Admin)
        );
        assert_eq!(ceiling("networkd"), RoleSet::EMPTY);
        assert_eq!(ceiling("trustd"), RoleSet::EMPTY);
    }
}
