//! `cluster.ClusterService`: the health of the whole cluster, as a control plane sees it (contract api.md 5.12).

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use health::{Cluster, Kubernetes, Node};
use kubernetes::Client;
use proto::cluster::cluster_service_server::ClusterService;
use proto::cluster::{HealthCheckProgress, HealthCheckRequest};
use rpc::RoleSet;
use rpc::client::tls_channel;
use rpc::tls::client::{ClientTls, Trust};
use rpc::tls::dial::Target;
use rpc::tls::{CaPool, Identity};
use serde_json::Value;
use tokio::sync::{OnceCell, mpsc};
use tokio::time::Instant;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use super::kubeconfig::control_plane_only;
use super::probe::resolve;
use super::{duration, node, plain};
use crate::controllers::k8s::node::access;
use crate::controllers::secrets::issue;
use crate::machine::Machine;

/// How long the certificate with which the node asks its own API lives beyond the checks (contract api.md 5.12): a
/// connection ends with its certificate.
const CERTIFICATE: Duration = Duration::from_secs(600);
/// How long checks may take when the caller does not say.
const PATIENCE: Duration = Duration::from_secs(20 * 60);
/// How long they may take whatever the caller says.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// Pause between two looks for members.
const PAUSE: Duration = Duration::from_millis(500);

/// The service.
#[derive(Clone)]
pub struct ClusterApi {
    machine: Machine,
}

impl ClusterApi {
    /// Serves `machine`.
    pub fn new(machine: Machine) -> Self {
        Self { machine }
    }
}

#[tonic::async_trait]
impl ClusterService for ClusterApi {
    type HealthCheckStream = BoxStream<'static, Result<HealthCheckProgress, Status>>;

    async fn health_check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::HealthCheckStream>, Status> {
        control_plane_only(&self.machine, "HealthCheck").await?;
        let roles = rpc::guard::roles(request.extensions());
        let (told, heard) = mpsc::channel(16);
        let (machine, request) = (self.machine.clone(), request.into_inner());
        let forced = request.cluster_info.as_ref().map(|info| info.force_endpoint.as_str());
        let endpoint = match forced.filter(|endpoint| !endpoint.is_empty()) {
            Some(named) => Some(Endpoint::find(&machine, roles, named).await?),
            None => None,
        };
        super::spawn(told.clone(), async move {
            tokio::select! {
                result = look(&machine, roles, request, endpoint, &told) => {
                    if let Err(error) = result {
                        let _ = told.send(Err(plain(format!("{error:#}")))).await;
                    }
                }
                // The client has seen enough.
                () = told.closed() => {}
            }
        });
        let stream = stream::unfold(heard, |mut heard| async move { Some((heard.recv().await?, heard)) });
        Ok(Response::new(stream.boxed()))
    }
}

type Told = mpsc::Sender<Result<HealthCheckProgress, Status>>;

async fn look(
    machine: &Machine,
    roles: RoleSet,
    request: HealthCheckRequest,
    endpoint: Option<Endpoint>,
    told: &Told,
) -> anyhow::Result<()> {
    let patience = patience(request.wait_timeout);
    let deadline = sys::clock::after(patience);
    let given = request.cluster_info.unwrap_or_default();
    let (_, addresses) = node::identity(&*machine.state).await;
    let own = addresses.first().ok_or_else(|| anyhow::anyhow!("this node has no address yet"))?.to_string();
    let channel = own_api(machine, roles, &own, patience + CERTIFICATE).await?;
    let (control_planes, workers) = match given.control_plane_nodes.is_empty() {
        false => (given.control_plane_nodes, given.worker_nodes),
        true => discover(&reached(&channel, &own)?, deadline).await?,
    };
    let say = |message: String| {
        let progress = HealthCheckProgress { metadata: None, message };
        // Lines that a slow reader has no room for are lost, not waited for: each check says its last error again.
        let _ = told.try_send(Ok(progress));
    };
    let all: Vec<String> = control_planes.iter().chain(&workers).map(|node| format!("{node:?}")).collect();
    say(format!("discovered nodes: [{}]", all.join(" ")));
    let nodes =
        |names: &[String]| names.iter().map(|name| reached(&channel, name)).collect::<anyhow::Result<_>>();
    let cluster = Cluster {
        control_planes: nodes(&control_planes)?,
        workers: nodes(&workers)?,
        kubernetes: Box::new(OwnKubernetes { machine: machine.clone(), endpoint, client: OnceCell::new() }),
    };
    health::run(&cluster, health::all(), deadline, |progress| say(progress.line())).await?;
    Ok(())
}

/// How long a caller waits at most; what is no time, or none that a clock can show, is the usual one or the longest.
fn patience(asked: Option<prost_types::Duration>) -> Duration {
    duration(asked).map_or(PATIENCE, |asked| asked.min(LONGEST))
}

/// Members may not have found each other yet.
async fn discover(node: &Node, deadline: Instant) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    loop {
        match health::discover(node).await {
            Err(_) if deadline.saturating_duration_since(Instant::now()) > PAUSE => {
                tokio::time::sleep(PAUSE).await
            }
            other => return other,
        }
    }
}

/// This node's own gateway, as somebody with the caller's roles: whoever may not read something learns nothing
/// of it here either.
async fn own_api(machine: &Machine, roles: RoleSet, own: &str, life: Duration) -> anyhow::Result<Channel> {
    let roles: Vec<String> = roles.iter().map(|role| role.name().to_owned()).collect();
    let client = issue::client(&*machine.state, &roles, life, SystemTime::now()).await?;
    let tls = ClientTls {
        identity: Some(Identity::from_pem(&client.crt, &client.key)?),
        trust: Trust::Cas(CaPool::from_pem([client.ca.as_slice()])?),
    };
    let target = Target::parse(own).ok_or_else(|| anyhow::anyhow!("{own:?} is not an address"))?;
    Ok(tls_channel(vec![target], tls.config()?))
}

fn reached(channel: &Channel, name: &str) -> anyhow::Result<Node> {
    let value = MetadataValue::try_from(name).map_err(|_| anyhow::anyhow!("{name:?} is not an address"))?;
    Ok(Node::new(name, channel.clone(), vec![("node", value)]))
}

/// An API server that the caller names: where it was found, so that nothing else is asked in its name.
#[derive(Debug, PartialEq, Eq)]
struct Endpoint {
    address: SocketAddr,
    name: String,
}

impl Endpoint {
    async fn find(machine: &Machine, roles: RoleSet, named: &str) -> Result<Endpoint, Status> {
        let no_endpoint =
            || Status::invalid_argument(format!("{named:?} is not an endpoint: write https://HOST:PORT"));
        let (host, port) = host_and_port(named).ok_or_else(no_endpoint)?;
        let found = resolve(&machine.pools.lookups, roles, &host, port).await?;
        let address = found.first().copied().ok_or_else(|| plain(format!("{host:?} has no address")))?;
        Ok(Endpoint { address, name: host.trim_matches(['[', ']']).to_owned() })
    }
}

/// Host and port of `https://host:port`, of which only the host has to be there.
fn host_and_port(endpoint: &str) -> Option<(String, u16)> {
    let rest = match endpoint.split_once("://") {
        Some(("https", rest)) => rest,
        Some(_) => return None,
        None => endpoint,
    };
    let authority: http::uri::Authority = rest.split('/').next()?.parse().ok()?;
    let plain = !authority.host().is_empty() && !authority.as_str().contains('@');
    plain.then(|| (authority.host().to_owned(), authority.port_u16().unwrap_or(443)))
}

/// The API server of this node, or the one that the caller names.
struct OwnKubernetes {
    machine: Machine,
    endpoint: Option<Endpoint>,
    client: OnceCell<Client>,
}

#[async_trait]
impl Kubernetes for OwnKubernetes {
    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let open = || async {
            let access = access::access(&*self.machine.state).await?;
            let mut access =
                access.ok_or_else(|| anyhow::anyhow!("this node has no credentials of Kubernetes yet"))?;
            if let Some(Endpoint { address, name }) = &self.endpoint {
                access.server = format!("https://{address}");
                access.server_name = Some(name.clone());
            }
            anyhow::Ok(Client::new(&access)?)
        };
        Ok(self.client.get_or_try_init(open).await?.get(path).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_wait_that_a_caller_asks_for_is_more_than_a_clock_can_show() {
        let mut held = 0;
        for seconds in [i64::MAX, i64::MAX - 1, i64::MAX / 2, 1 << 62, 315_576_000_000, 86_401] {
            for nanos in [0, 999_999_999, i32::MAX, -1] {
                let wait = patience(Some(prost_types::Duration { seconds, nanos }));
                assert!(wait <= LONGEST && sys::clock::after(wait) > Instant::now(), "{seconds}");
                held += 1;
            }
        }
        for seconds in [0, -1, i64::MIN] {
            assert_eq!(patience(Some(prost_types::Duration { seconds, nanos: 0 })), PATIENCE);
            held += 1;
        }
        assert_eq!(patience(Some(prost_types::Duration { seconds: 5, nanos: 0 })), Duration::from_secs(5));
        eprintln!("{held} waits held");
    }

    #[test]
    fn endpoints_are_read_and_what_is_none_is_refused() {
        for (text, expected) in [
            ("https://10.0.0.1:6443", Some(("10.0.0.1", 6443))),
            ("k8s.example.org", Some(("k8s.example.org", 443))),
            ("https://[fd00::1]:6443/x", Some(("[fd00::1]", 6443))),
            ("http://10.0.0.1:80", None),
            ("https://user@10.0.0.1", None),
            ("https://", None),
        ] {
            let expected = expected.map(|(host, port)| (host.to_owned(), port));
            assert_eq!(host_and_port(text), expected, "{text}");
        }
    }
}
