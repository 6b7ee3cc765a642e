//! API servers with their health, and the choice among them. Pure but for the atomics.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, watch};

use super::endpoints::LOCALHOST;

/// One API server.
#[derive(Debug)]
pub struct Upstream {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// True while connections succeed. Connections through a server that is lost are closed upon the change,
    /// so that clients do not wait for a dead peer.
    healthy: watch::Sender<bool>,
}

impl Upstream {
    fn new(host: String, port: u16) -> Arc<Self> {
        // Until it has been tried it counts as unhealthy: only what works is preferred.
        Arc::new(Self { host, port, healthy: watch::Sender::new(false) })
    }

    /// It accepted a connection when it was tried last.
    pub fn is_healthy(&self) -> bool {
        *self.healthy.borrow()
    }

    /// Follows its health.
    pub fn health(&self) -> watch::Receiver<bool> {
        self.healthy.subscribe()
    }

    /// What is dialled: this node itself by its address, so that no resolver has a say.
    pub fn address(&self) -> &str {
        if self.is_local() { "127.0.0.1" } else { &self.host }
    }

    /// This node's own API server.
    pub fn is_local(&self) -> bool {
        self.host == LOCALHOST
    }
}

/// All API servers.
#[derive(Default)]
pub struct Upstreams {
    list: Mutex<Vec<Arc<Upstream>>>,
    turn: AtomicUsize,
    /// Woken when the health of any server changes.
    pub changed: Arc<Notify>,
}

impl Upstreams {
    /// Replaces the servers, each once; those that stay keep their health. Returns those that are new.
    pub fn set(&self, endpoints: impl IntoIterator<Item = (String, u16)>) -> Vec<Arc<Upstream>> {
        let mut list = sys::sync::lock(&self.list);
        let old = std::mem::take(&mut *list);
        let same = |u: &Arc<Upstream>, host: &str, port: u16| u.host == host && u.port == port;
        let mut fresh = Vec::new();
        for (host, port) in endpoints {
            if list.iter().any(|u| same(u, &host, port)) {
                continue;
            }
            let kept = old.iter().find(|u| same(u, &host, port)).cloned();
            let upstream = kept.unwrap_or_else(|| {
                let new = Upstream::new(host, port);
                fresh.push(new.clone());
                new
            });
            list.push(upstream);
        }
        fresh
    }

    /// The servers.
    pub fn list(&self) -> Vec<Arc<Upstream>> {
        sys::sync::lock(&self.list).clone()
    }

    /// It is still one of the servers.
    pub fn contains(&self, upstream: &Arc<Upstream>) -> bool {
        sys::sync::lock(&self.list).iter().any(|u| Arc::ptr_eq(u, upstream))
    }

    /// Some server works.
    pub fn any_healthy(&self) -> bool {
        self.list().iter().any(|u| u.is_healthy())
    }

    /// The servers in the order in which a new connection tries them: this node's own first, then the others in
    /// turn; those that failed last of all, but not never: they may be back before anybody checked.
    pub fn order(&self) -> Vec<Arc<Upstream>> {
        let mut list = self.list();
        if !list.is_empty() {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed) % list.len();
            list.rotate_left(turn);
        }
        list.sort_by_key(|u| (!u.is_healthy(), !u.is_local()));
        list
    }

    /// Notes whether a connection succeeded.
    pub fn mark(&self, upstream: &Upstream, healthy: bool) {
        let changed = upstream.healthy.send_if_modified(|h| std::mem::replace(h, healthy) != healthy);
        if changed {
            let (host, port) = (&upstream.host, upstream.port);
            tracing::info!("API server {host}:{port} is {}", if healthy { "up" } else { "down" });
            self.changed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Upstreams {
        let all = Upstreams::default();
        all.set([("a".into(), 1), ("localhost".into(), 1), ("b".into(), 1), ("a".into(), 1)]);
        all
    }

    fn hosts(list: &[Arc<Upstream>]) -> Vec<&str> {
        list.iter().map(|u| u.host.as_str()).collect()
    }

    #[test]
    fn each_server_counts_once_and_keeps_its_health() {
        let all = three();
        assert_eq!(hosts(&all.list()), ["a", "localhost", "b"]);
        all.mark(&all.list()[2], true);
        let fresh = all.set([("b".into(), 1), ("c".into(), 1)]);
        assert_eq!(hosts(&fresh), ["c"]);
        assert!(all.list()[0].is_healthy() && !all.list()[1].is_healthy());
    }

    #[test]
    fn the_own_server_comes_first_among_the_healthy_and_the_others_take_turns() {
        let all = three();
        for upstream in all.list() {
            all.mark(&upstream, true);
        }
        let mut seconds = Vec::new();
        for _ in 0..3 {
            let order = all.order();
            assert_eq!(order[0].host, "localhost");
            seconds.push(order[1].host.clone());
        }
        assert!(seconds.contains(&"a".to_owned()) && seconds.contains(&"b".to_owned()));
        all.mark(&all.list()[1], false);
        for _ in 0..3 {
            assert_eq!(all.order()[2].host, "localhost");
        }
    }
}
