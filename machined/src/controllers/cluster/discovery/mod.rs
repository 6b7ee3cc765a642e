//! Talks to discovery services: the control planes' own, and the configured ones outside.

mod crypto;
mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use proto::internal::specs::NoticeSpec;
use proto::resource::cluster::{AffiliateSpec, ConfigSpec, IdentitySpec};
use proto::resource::k8s::EndpointSpec;
use proto::resource::secrets::{ApiCertsSpec, OsRootSpec};
use rpc::tls::client::Trust;
use rpc::tls::dial::Target;
use rpc::tls::{CaPool, ClientTls};
use state::{Context, Controller, Input, Next, Output};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::metadata::{Ascii, MetadataValue};

use self::crypto::Sealer;
use self::session::{Connect, Known, Session};
use super::RAW;
use crate::controllers::secrets::bundle;

/// Port of the control planes' own service (contract api.md 1.1).
const OWN_PORT: u16 = 50001;

/// How often failures of outside services are looked at.
const NOTICE: std::time::Duration = std::time::Duration::from_secs(60);

/// A service to talk to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Service {
    /// A control plane of this cluster.
    Own(String),
    /// One that the configuration names: host:port, and whether it is in the clear.
    Outside(String, bool),
}

struct Running {
    task: JoinHandle<()>,
    known: watch::Receiver<Known>,
    failure: watch::Receiver<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Publishes raw Affiliates `service/<id>`.
pub struct DiscoveryService {
    local: watch::Sender<Option<AffiliateSpec>>,
    /// Shown with this node's records by all sessions, as several of them may lead to one service.
    owner: MetadataValue<Ascii>,
    sessions: BTreeMap<Service, Running>,
    /// What the sessions were made from; when it changes they are made again.
    basis: Option<(ConfigSpec, Vec<u8>, String)>,
}

impl DiscoveryService {
    pub fn new() -> Self {
        let mut key = [0; 16];
        // Without entropy the records are known by this node's address only.
        let owner = match getrandom::fill(&mut key) {
            Ok(()) => key.iter().map(|byte| format!("{byte:02x}")).collect(),
            Err(_) => String::new(),
        };
        let owner = MetadataValue::try_from(owner).unwrap_or(MetadataValue::from_static(""));
        Self { local: watch::Sender::new(None), owner, sessions: BTreeMap::new(), basis: None }
    }

    fn start(
        &self,
        ctx: &Context,
        service: &Service,
        basis: &(ConfigSpec, Vec<u8>, String),
    ) -> anyhow::Result<Running> {
        let (config, accepted, token) = basis;
        let sealer = Sealer::new(&config.service_encryption_key)
            .ok_or_else(|| anyhow::anyhow!("the cluster secret does not have 32 bytes"))?;
        let (connect, token, name): (Connect, _, _) = match service {
            Service::Own(host) => {
                let trust = Trust::Cas(CaPool::from_pem([accepted.as_slice()])?);
                let tls = ClientTls { identity: None, trust }.config()?;
                let target = Target { host: host.clone(), port: OWN_PORT };
                let connect = move || Ok(rpc::client::tls_channel(vec![target.clone()], tls.clone()));
                (Box::new(connect), Some(MetadataValue::try_from(token)?), host.clone())
            }
            Service::Outside(address, insecure) => {
                let (at, insecure) = (address.clone(), *insecure);
                (Box::new(move || outside(&at, insecure)), None, address.clone())
            }
        };
        let (known, heard) = watch::channel(Known::new());
        let (failure, failed) = watch::channel(String::new());
        let session = Session {
            name,
            connect,
            token,
            owner: self.owner.clone(),
            cluster_id: config.service_cluster_id.clone(),
            sealer,
            local: self.local.subscribe(),
            known,
            wake: ctx.waker(),
            failure,
        };
        Ok(Running { task: tokio::spawn(session.run()), known: heard, failure: failed })
    }

    /// Tells of outside services that do not answer: they are used in addition, so nothing else depends on them.
    async fn notice(&self, ctx: &Context) -> anyhow::Result<()> {
        let notices = ctx.outputs::<NoticeSpec>();
        for (service, running) in &self.sessions {
            let Service::Outside(address, _) = service else { continue };
            let failure = running.failure.borrow().clone();
            if !failure.is_empty() {
                let message = format!("the discovery service {address} does not answer");
                let details =
                    vec![failure, "members are found through the control planes all the same".to_owned()];
                let notice = NoticeSpec::warning(message, details);
                notices.put(&format!("discovery-{address}"), notice).await?;
            }
        }
        notices.finish().await?;
        Ok(())
    }

    /// Everything that any session knows; the fullest record of a node counts.
    fn heard(&self) -> Known {
        let mut all = Known::new();
        for running in self.sessions.values() {
            for (id, spec) in running.known.borrow().iter() {
                all.entry(id.clone()).or_insert_with(|| spec.clone());
            }
        }
        all
    }
}

/// A channel to a service outside; it is verified by the roots of the system.
fn outside(address: &str, insecure: bool) -> anyhow::Result<tonic::transport::Channel> {
    if insecure {
        return Ok(tonic::transport::Endpoint::from_shared(format!("http://{address}"))?.connect_lazy());
    }
    let target = Target::parse(address).ok_or_else(|| anyhow::anyhow!("{address} is not host:port"))?;
    let tls = ClientTls { identity: None, trust: Trust::Cas(CaPool::system()?) }.config()?;
    Ok(rpc::client::tls_channel(vec![target], tls))
}

#[async_trait::async_trait]
impl Controller for DiscoveryService {
    fn name(&self) -> &'static str {
        "cluster.DiscoveryServiceController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::weak::<ConfigSpec>(),
            Input::weak::<IdentitySpec>(),
            Input::weak::<AffiliateSpec>(),
            Input::weak::<EndpointSpec>(),
            Input::weak::<OsRootSpec>(),
            Input::weak::<ApiCertsSpec>(),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<AffiliateSpec>(), Output::shared::<NoticeSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let config = ctx.get::<ConfigSpec>("cluster").await?.map(|c| c.spec).filter(|c| c.discovery_enabled);
        let root = ctx.get::<OsRootSpec>("os").await?;
        let identity = ctx.get::<IdentitySpec>("local").await?;
        let (Some(config), Some(root), Some(identity)) = (config, root, identity) else {
            self.sessions.clear();
            ctx.outputs_in::<AffiliateSpec>(RAW).finish().await?;
            return Ok(Next::Wait);
        };
        let local = ctx.get::<AffiliateSpec>(&identity.spec.node_id).await?.map(|a| a.spec);
        self.local.send_if_modified(|current| {
            let changed = *current != local;
            current.clone_from(&local);
            changed
        });
        let certificates =
            ctx.get::<ApiCertsSpec>("api").await?.map(|c| c.spec.accepted_c_as).unwrap_or_default();
        let accepted =
            if certificates.is_empty() { bundle(&root.spec.accepted_c_as) } else { bundle(&certificates) };
        let basis = (config, accepted, root.spec.token.clone());
        if self.basis.as_ref() != Some(&basis) {
            self.sessions.clear();
            self.basis = Some(basis.clone());
        }
        let wanted = services(ctx, &basis.0, &root.spec).await?;
        self.sessions.retain(|service, _| wanted.contains(service));
        for service in wanted {
            if !self.sessions.contains_key(&service) {
                let running = self.start(ctx, &service, &basis)?;
                self.sessions.insert(service, running);
            }
        }
        let outputs = ctx.outputs_in::<AffiliateSpec>(RAW);
        for (id, spec) in self.heard() {
            outputs.put(&format!("service/{id}"), spec).await?;
        }
        outputs.finish().await?;
        self.notice(ctx).await?;
        Ok(Next::After(NOTICE))
    }
}

/// Whom to talk to: every control plane that is known, this node if it is one, and the configured ones.
async fn services(
    ctx: &Context,
    config: &ConfigSpec,
    root: &OsRootSpec,
) -> anyhow::Result<BTreeSet<Service>> {
    let mut wanted: BTreeSet<Service> = config
        .service_endpoints
        .iter()
        .map(|service| Service::Outside(service.endpoint.clone(), service.insecure))
        .collect();
    for endpoint in ctx.list::<EndpointSpec>().await? {
        let addresses = endpoint.spec.addresses.iter().filter_map(|ip| IpAddr::try_from(ip).ok());
        wanted.extend(addresses.map(|address| Service::Own(address.to_string())));
        wanted.extend(endpoint.spec.hosts.iter().cloned().map(Service::Own));
    }
    if root.issuing_ca.as_ref().is_some_and(|ca| !ca.key.is_empty()) {
        wanted.insert(Service::Own("127.0.0.1".to_owned()));
    }
    Ok(wanted)
}
