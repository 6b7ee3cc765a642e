//! Serves the registry to callers with the machine token, and keeps its clock.

use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::time::{Duration, Instant};

use futures::stream::{self, BoxStream, StreamExt as _};
use proto::discovery::cluster_server::Cluster;
use proto::discovery::{self as wire, WatchResponse};
use rpc::meta;
use rpc::places::network;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, broadcast};
use tonic::{Request, Response, Status};

use super::registry::{self, Affiliate, Change, Refusal, Registry, Update, Writer, check_id};
use crate::admission::peer;

/// Changes that a watcher may be behind before it has to start over.
const BEHIND: usize = 1024;

/// The service; clones serve the same registry.
#[derive(Clone)]
pub struct Discovery {
    shared: Arc<Shared>,
}

struct Shared {
    /// The cluster that this node belongs to; no other is served.
    cluster: RwLock<String>,
    registry: Mutex<Registry>,
    changes: broadcast::Sender<Arc<Change>>,
    /// Something may expire earlier than before.
    earlier: Notify,
    start: Instant,
}

impl Default for Discovery {
    fn default() -> Discovery {
        Discovery::new()
    }
}

impl Discovery {
    /// An empty registry that serves nobody until it knows its cluster.
    #[must_use]
    pub fn new() -> Discovery {
        let shared = Shared {
            cluster: RwLock::default(),
            registry: Mutex::default(),
            changes: broadcast::Sender::new(BEHIND),
            earlier: Notify::new(),
            start: Instant::now(),
        };
        Discovery { shared: Arc::new(shared) }
    }

    /// Serves this cluster from now on; the empty one is nobody's.
    pub fn serve(&self, cluster: &str) {
        cluster.clone_into(&mut sys::sync::write(&self.shared.cluster));
    }

    /// Lets affiliates expire when their time is over; runs for ever.
    pub async fn keep_time(&self) {
        loop {
            let next = self.shared.registry().next_expiry();
            let wait = next.map(|next| next.saturating_sub(self.shared.now()));
            match wait {
                None => self.shared.earlier.notified().await,
                Some(wait) => {
                    let _ = tokio::time::timeout(wait, self.shared.earlier.notified()).await;
                }
            }
            let now = self.shared.now();
            let expire = |registry: &mut Registry, changes: &mut Vec<Change>| {
                registry.expire(now, changes);
                Ok(())
            };
            // Expiring is never refused.
            let _ = self.shared.change(expire);
        }
    }
}

impl Shared {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        sys::sync::lock(&self.registry)
    }

    /// Changes the registry and tells watchers, in the order of the changes.
    fn change(
        &self,
        change: impl FnOnce(&mut Registry, &mut Vec<Change>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let (mut registry, mut changes) = (self.registry(), Vec::new());
        let before = registry.next_expiry();
        let changed = change(&mut registry, &mut changes);
        for change in changes {
            // Nobody may be watching.
            let _ = self.changes.send(Arc::new(change));
        }
        let after = registry.next_expiry();
        if after.is_some_and(|after| before.is_none_or(|before| after < before)) {
            self.earlier.notify_one();
        }
        changed
    }

    /// Only the cluster of this node is served: ids of others would take its places.
    fn is_ours(&self, cluster: &str) -> Result<(), Status> {
        check_id("cluster_id", cluster).map_err(refuse)?;
        let ours = sys::sync::read(&self.cluster);
        if *ours == cluster {
            Ok(())
        } else {
            Err(Status::permission_denied("this node is of another cluster"))
        }
    }
}

fn refuse(refusal: Refusal) -> Status {
    let text = refusal.to_string();
    match refusal {
        Refusal::Kept => Status::permission_denied(text),
        _ if refusal.is_exhausted() => Status::resource_exhausted(text),
        _ => Status::invalid_argument(text),
    }
}

/// Who calls.
fn writer<T>(request: &Request<T>) -> Writer {
    let key = request.metadata().get(meta::OWNER).map(|key| key.as_bytes().to_vec());
    let key = key.filter(|key| !key.is_empty() && key.len() <= registry::MAX_KEY);
    Writer { network: peer(request).map(|peer| network(peer.ip())), key }
}

fn to_wire(affiliate: Affiliate) -> wire::Affiliate {
    wire::Affiliate { id: affiliate.id, data: affiliate.data, endpoints: affiliate.endpoints }
}

fn ttl(request: &wire::AffiliateUpdateRequest) -> Duration {
    // Out of range either way is refused by the registry as zero is.
    request.ttl.and_then(|ttl| Duration::try_from(ttl).ok()).unwrap_or_default()
}

#[tonic::async_trait]
impl Cluster for Discovery {
    async fn hello(
        &self,
        request: Request<wire::HelloRequest>,
    ) -> Result<Response<wire::HelloResponse>, Status> {
        self.shared.is_ours(&request.get_ref().cluster_id)?;
        let client_ip = peer(&request).map(|peer| match peer.ip().to_canonical() {
            std::net::IpAddr::V4(ip) => ip.octets().to_vec(),
            std::net::IpAddr::V6(ip) => ip.octets().to_vec(),
        });
        let client_ip = client_ip.unwrap_or_default();
        Ok(Response::new(wire::HelloResponse { redirect: None, client_ip }))
    }

    async fn affiliate_update(
        &self,
        request: Request<wire::AffiliateUpdateRequest>,
    ) -> Result<Response<wire::AffiliateUpdateResponse>, Status> {
        self.shared.is_ours(&request.get_ref().cluster_id)?;
        let by = writer(&request);
        let request = request.into_inner();
        let update = Update {
            by,
            ttl: ttl(&request),
            cluster: request.cluster_id,
            id: request.affiliate_id,
            data: request.affiliate_data,
            endpoints: request.affiliate_endpoints,
        };
        let now = self.shared.now();
        self.shared.change(|registry, changes| registry.update(now, update, changes)).map_err(refuse)?;
        Ok(Response::new(wire::AffiliateUpdateResponse {}))
    }

    async fn affiliate_delete(
        &self,
        request: Request<wire::AffiliateDeleteRequest>,
    ) -> Result<Response<wire::AffiliateDeleteResponse>, Status> {
        self.shared.is_ours(&request.get_ref().cluster_id)?;
        let by = writer(&request);
        let (now, request) = (self.shared.now(), request.into_inner());
        let (cluster, id) = (request.cluster_id, request.affiliate_id);
        self.shared
            .change(|registry, changes| registry.delete(now, &cluster, &id, &by, changes))
            .map_err(refuse)?;
        Ok(Response::new(wire::AffiliateDeleteResponse {}))
    }

    async fn list(
        &self,
        request: Request<wire::ListRequest>,
    ) -> Result<Response<wire::ListResponse>, Status> {
        self.shared.is_ours(&request.get_ref().cluster_id)?;
        let listed = self.shared.registry().list(self.shared.now(), &request.get_ref().cluster_id);
        let affiliates = listed.map_err(refuse)?.into_iter().map(to_wire).collect();
        Ok(Response::new(wire::ListResponse { affiliates }))
    }

    type WatchStream = BoxStream<'static, Result<WatchResponse, Status>>;

    async fn watch(
        &self,
        request: Request<wire::WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        self.shared.is_ours(&request.get_ref().cluster_id)?;
        let cluster = request.into_inner().cluster_id;
        // Both under one lock: no change is missed, and none told twice.
        let (snapshot, changes) = {
            let registry = self.shared.registry();
            let listed = registry.list(self.shared.now(), &cluster).map_err(refuse)?;
            (listed, self.shared.changes.subscribe())
        };
        let affiliates = snapshot.into_iter().map(to_wire).collect();
        let first = stream::iter([Ok(WatchResponse { affiliates, deleted: false })]);
        let rest = stream::unfold(Some((changes, cluster)), follow);
        Ok(Response::new(first.chain(rest).boxed()))
    }
}

type Following = (broadcast::Receiver<Arc<Change>>, String);

/// The next change of the cluster; a watcher that is too far behind is sent away to start over.
async fn follow(following: Option<Following>) -> Option<(Result<WatchResponse, Status>, Option<Following>)> {
    let (mut changes, cluster) = following?;
    loop {
        match changes.recv().await {
            Ok(change) if change.cluster == cluster => {
                let affiliates = vec![to_wire(change.affiliate.clone())];
                let response = WatchResponse { affiliates, deleted: change.deleted };
                return Some((Ok(response), Some((changes, cluster))));
            }
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => {
                return Some((Err(Status::aborted("the watch is too far behind; start it again")), None));
            }
            Err(RecvError::Closed) => return None,
        }
    }
}
