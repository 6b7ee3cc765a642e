//! What our own daemons get from us: their view of the store, and a place in the record of peers.

use std::os::unix::net::UnixStream;
use std::sync::Arc;

use proto::cosi::resource::state_server::StateServer;
use proto::internal::issuer_service_server::{IssuerService, IssuerServiceServer};
use proto::internal::{IssueRequest, IssueResponse};
use proto::machine::ServiceStateEvent;
use rpc::route::Router;
use rpc::serve;
use state::State;
use state::service::StateService;
use sys::process::SpawnPort;
use tonic::{Request, Response, Status};

use crate::access::peers::KnownProcess;
use crate::access::{ChildPolicy, KnownPeers, WithoutKeys, child};
use crate::controllers::secrets::{claims, issue};
use crate::events::EventLog;
use crate::machine::Machine;
use crate::services::host::HostLimits;
use crate::services::{Environment, ProcessRef};

/// Tells events of what happens to services, and keeps the record of who may call.
pub struct Observer {
    events: EventLog,
    peers: KnownPeers,
    recorded: std::sync::Mutex<std::collections::HashMap<String, i32>>,
}

impl Observer {
    /// An observer that tells `events` and `peers`.
    pub fn new(events: EventLog, peers: KnownPeers) -> Self {
        Self { events, peers, recorded: std::sync::Mutex::default() }
    }
}

impl crate::services::Observer for Observer {
    fn service(&self, event: &ServiceStateEvent) {
        self.events.publish("", event);
    }

    fn process(&self, id: &str, process: Option<ProcessRef>) {
        let mut recorded = sys::sync::lock(&self.recorded);
        if let Some(old) = recorded.remove(id) {
            self.peers.remove(old);
        }
        let Some(pid) = process.map(|p| p.pid()) else { return };
        let executable = sys::peer::executable(pid);
        let namespace = sys::namespace::id_of(pid, sys::namespace::Kind::Mount);
        if let (Ok(executable), Ok(mount_namespace)) = (executable, namespace) {
            recorded.insert(id.to_owned(), pid);
            self.peers.add(pid, KnownProcess { service: id.to_owned(), executable, mount_namespace });
        }
    }
}

/// machined calls itself to see whether it answers; it may do nothing else (contract api.md 1.4).
pub fn record_self(peers: &KnownPeers) {
    let Ok(pid) = i32::try_from(std::process::id()) else { return };
    let namespace = sys::namespace::own_id(sys::namespace::Kind::Mount);
    if let (Ok(executable), Ok(mount_namespace)) = (sys::peer::executable(pid), namespace) {
        peers.add(pid, KnownProcess { service: "machined".to_owned(), executable, mount_namespace });
    }
}

/// The means that services run with.
pub fn environment(machine: &Machine, spawn: Arc<dyn SpawnPort>) -> Environment {
    let state = machine.state.clone();
    let active = machine.active.clone();
    let cgroups = match sys::cgroup::Cgroups::detect() {
        Ok(found) => Some(Arc::new(found) as Arc<dyn sys::cgroup::CgroupPort>),
        Err(error) => {
            tracing::warn!("control groups cannot be used: {error}");
            None
        }
    };
    Environment {
        state: machine.state.clone(),
        logs: machine.logs.clone(),
        spawn,
        cgroups,
        host: Arc::new(HostLimits::probe()),
        store: Arc::new(move |id: &str, stream: UnixStream| serve_store(&state, id, stream)),
        variables: Arc::new(move || {
            let known = active.last().map(|active| active.config.environment());
            known.into_iter().flatten().collect()
        }),
    }
}

/// Serves the store to one daemon, as far as its policy goes.
fn serve_store(state: &Arc<dyn State>, id: &str, stream: UnixStream) {
    let policy = match id {
        "apid" => child::APID,
        "trustd" => child::TRUSTD,
        "networkd" => child::NETWORKD,
        other => {
            tracing::error!("{other} has no view of the store");
            return;
        }
    };
    let service = service(state, policy);
    let stream = stream.set_nonblocking(true).and_then(|()| tokio::net::UnixStream::from_std(stream));
    match stream {
        Ok(stream) => {
            tokio::spawn(serve::connection(
                stream,
                (),
                service,
                serve::Options::default(),
                serve::Drain::new(),
            ));
        }
        Err(error) => tracing::error!("cannot serve the store to {id}: {error}"),
    }
}

fn service(state: &Arc<dyn State>, policy: ChildPolicy) -> Router {
    let view: Arc<dyn State> = Arc::new(WithoutKeys::new(state.clone()));
    let store = StateServer::new(StateService::new(view, policy))
        .max_decoding_message_size(rpc::limits::MESSAGE)
        .max_encoding_message_size(rpc::limits::MESSAGE);
    let router = Router::builder().service(store);
    match policy.daemon {
        "trustd" => router.service(IssuerServiceServer::new(Issuer { state: state.clone() })).build(),
        _ => router.build(),
    }
}

/// Signs what trustd hands over. The authority's key never leaves this process.
struct Issuer {
    state: Arc<dyn State>,
}

#[tonic::async_trait]
impl IssuerService for Issuer {
    async fn issue(&self, request: Request<IssueRequest>) -> Result<Response<IssueResponse>, Status> {
        let IssueRequest { csr, peer_address } = request.into_inner();
        let csr = String::from_utf8(csr)
            .map_err(|_| Status::invalid_argument("the certificate signing request is not PEM"))?;
        let parsed =
            pki::SigningRequest::from_pem(&csr).map_err(|e| Status::invalid_argument(e.to_string()))?;
        let sans = issue::granted(&*self.state, &parsed, peer_address.parse().ok()).await;
        let sans = sans.map_err(|error| match error.downcast_ref::<claims::Refusal>() {
            Some(refusal) => Status::permission_denied(refusal.to_string()),
            None => Status::internal(format!("{error:#}")),
        })?;
        let addresses = sans.ip_addresses().map(|address| address.to_string());
        let names: Vec<String> = sans.dns_names().map(str::to_owned).chain(addresses).collect();
        let issued = issue::for_worker(&*self.state, &parsed, sans, std::time::SystemTime::now()).await;
        let (crt, ca) = issued.map_err(|e| Status::internal(format!("{e:#}")))?;
        tracing::info!("issued a certificate for {} to {peer_address}", names.join(", "));
        Ok(Response::new(IssueResponse { ca, crt }))
    }
}
