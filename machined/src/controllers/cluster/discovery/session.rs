//! A conversation with one discovery service: tells it of this node, hears of the others.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use proto::discovery::cluster_client::ClusterClient;
use proto::discovery::{AffiliateUpdateRequest, HelloRequest, WatchRequest};
use proto::resource::cluster::AffiliateSpec;
use tokio::sync::{Notify, watch};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request};

use super::crypto::Sealer;

/// How long a record lives without being renewed; renewed at half (contract os.md 5.8).
const TTL: Duration = Duration::from_secs(1800);

/// Longest wait for an answer.
const ANSWER: Duration = Duration::from_secs(10);

/// Delay before the second attempt; doubled up to the longest.
const FIRST_BACKOFF: Duration = Duration::from_millis(250);
const MAX_BACKOFF: Duration = Duration::from_secs(10);
/// The same for services outside: on many machines they can never be reached, and a node that is idle has to be quiet.
const MAX_BACKOFF_OUTSIDE: Duration = Duration::from_secs(120);

/// How long a service may know nobody but this node before another connection is tried: behind one endpoint
/// there may be several services, this node's own among them. Doubled each time.
const LONELY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// How soon a record is told again that another node seems to hold: it may be this node as it was.
const KEPT: Duration = Duration::from_secs(10);

/// Makes a connection, at its first call.
pub type Connect = Box<dyn Fn() -> anyhow::Result<Channel> + Send>;

/// What a session knows of the others, by node id.
pub type Known = BTreeMap<String, AffiliateSpec>;

/// What a session needs.
pub struct Session {
    /// For logs.
    pub name: String,
    /// How the service is reached.
    pub connect: Connect,
    /// Shown to our own control planes; outside services want none.
    pub token: Option<MetadataValue<Ascii>>,
    /// What this node's record can be changed with; shown to our own control planes only.
    pub owner: MetadataValue<Ascii>,
    /// Identity of the cluster.
    pub cluster_id: String,
    /// Keeps affiliates from the service's eyes.
    pub sealer: Sealer,
    /// This node, as it is now.
    pub local: watch::Receiver<Option<AffiliateSpec>>,
    /// What was heard.
    pub known: watch::Sender<Known>,
    /// Woken when `known` changed.
    pub wake: Arc<Notify>,
    /// The last failure, for notices; empty while all is well.
    pub failure: watch::Sender<String>,
}

/// A service knows nobody else.
#[derive(Debug, thiserror::Error)]
#[error("nobody but this node is known there")]
struct Alone;

impl Session {
    /// Runs until dropped. A lost connection is made again; what was heard stays meanwhile, as long as records live.
    pub async fn run(mut self) {
        let longest = if self.token.is_some() { MAX_BACKOFF } else { MAX_BACKOFF_OUTSIDE };
        let mut backoff = FIRST_BACKOFF;
        let mut lonely = LONELY.0;
        let mut lost: Option<tokio::time::Instant> = None;
        loop {
            let started = tokio::time::Instant::now();
            let Err(error) = self.converse(lonely).await;
            if error.is::<Alone>() {
                lonely = (lonely * 2).min(LONELY.1);
                continue;
            }
            if self.failure.send_replace(format!("{error:#}")).is_empty() {
                match self.token {
                    // A control plane that is not there is what its own checks tell of.
                    Some(_) => tracing::debug!("discovery at {}: {error:#}", self.name),
                    None => tracing::warn!("the discovery service {} does not answer: {error:#}", self.name),
                }
            }
            if started.elapsed() > longest {
                backoff = FIRST_BACKOFF;
                lost = None;
            }
            let since = *lost.get_or_insert(started);
            if since.elapsed() > TTL {
                self.tell(Known::new());
            }
            tokio::time::sleep(backoff).await;
            backoff = (backoff * 2).min(longest);
        }
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(token) = &self.token {
            request.metadata_mut().insert(rpc::meta::TOKEN, token.clone());
            request.metadata_mut().insert(rpc::meta::OWNER, self.owner.clone());
        }
        request
    }

    fn tell(&self, known: Known) {
        let changed = self.known.send_if_modified(|current| {
            let changed = *current != known;
            *current = known;
            changed
        });
        if changed {
            self.wake.notify_one();
        }
    }

    /// Nobody but this node is known.
    fn alone(&self) -> bool {
        let own = self.local.borrow();
        let own = own.as_ref().map(|local| local.node_id.as_str());
        self.known.borrow().keys().all(|id| Some(id.as_str()) == own)
    }

    async fn converse(&mut self, lonely: Duration) -> anyhow::Result<std::convert::Infallible> {
        let mut client = ClusterClient::new((self.connect)()?);
        let hello = HelloRequest {
            cluster_id: self.cluster_id.clone(),
            client_version: crate::api::version::TAG.to_owned(),
        };
        tokio::time::timeout(ANSWER, client.hello(self.request(hello)))
            .await
            .context("no answer to hello")??;
        let mut next = self.push(&mut client).await?;
        let watch = WatchRequest { cluster_id: self.cluster_id.clone() };
        let mut heard = tokio::time::timeout(ANSWER, client.watch(self.request(watch)))
            .await
            .context("no answer to watch")??
            .into_inner();
        let mut first = true;
        let patience = sys::clock::after(lonely);
        loop {
            let alone = self.alone();
            tokio::select! {
                () = tokio::time::sleep_until(patience), if alone => return Err(Alone.into()),
                message = heard.message() => {
                    let message = message?.context("the service ended the watch")?;
                    // The first message holds everything; what is not in it is gone.
                    let mut known = if first { Known::new() } else { self.known.borrow().clone() };
                    let own = self.local.borrow().as_ref().map(|local| local.node_id.clone());
                    let told = own.is_none_or(|own| match first {
                        true => message.affiliates.iter().any(|affiliate| affiliate.id == own),
                        false => !message.deleted || message.affiliates.iter().all(|affiliate| affiliate.id != own),
                    });
                    first = false;
                    for affiliate in message.affiliates {
                        match self.sealer.open(&affiliate.data).filter(|_| !message.deleted) {
                            Some(spec) if spec.node_id == affiliate.id => {
                                known.insert(affiliate.id, spec);
                            }
                            // Not of this cluster, or of one that lost its secret.
                            _ => {
                                known.remove(&affiliate.id);
                            }
                        }
                    }
                    self.failure.send_replace(String::new());
                    self.tell(known);
                    if !told {
                        // The others shall not miss this node until its next turn.
                        next = self.push(&mut client).await?;
                    }
                }
                changed = self.local.changed() => {
                    changed.context("this node is not told of any more")?;
                    next = self.push(&mut client).await?;
                }
                () = tokio::time::sleep_until(next) => next = self.push(&mut client).await?,
            }
        }
    }

    /// Tells of this node; gives the time to do so again.
    async fn push(&mut self, client: &mut ClusterClient<Channel>) -> anyhow::Result<tokio::time::Instant> {
        let now = tokio::time::Instant::now();
        let Some(local) = self.local.borrow_and_update().clone() else { return Ok(now + TTL / 2) };
        let update = AffiliateUpdateRequest {
            cluster_id: self.cluster_id.clone(),
            affiliate_id: local.node_id.clone(),
            affiliate_data: Some(self.sealer.seal(&local)?),
            affiliate_endpoints: vec![],
            ttl: Some(proto::convert::duration(TTL)),
        };
        let request = self.request(update);
        let pushed = tokio::time::timeout(ANSWER, client.affiliate_update(request))
            .await
            .context("no answer to an update")?;
        match pushed {
            Ok(_) => Ok(now + TTL / 2),
            Err(status) if status.code() == Code::PermissionDenied => {
                tracing::debug!("discovery at {}: {}", self.name, status.message());
                Ok(now + KEPT)
            }
            Err(status) => Err(status.into()),
        }
    }
}
