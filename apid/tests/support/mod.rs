//! A few nodes in one process: each an apid on a loopback address of its own and a machined that
//! answers little, with a throw-away CA between them.

#![allow(dead_code, reason = "each test program uses its own part")]

pub mod machined;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime};

use apid::director::{OwnNames, Routing};
use apid::gateway::{Gateway, Now};
use apid::link::Pool;
use apid::listener::{self, Admission};
use apid::settings::Place;
use machined::Machined;
use pki::{Authority, AuthorityKind, Leaf, Sans, profile};
use proto::common::{PemEncodedCertificate, PemEncodedCertificateAndKey};
use proto::machine::machine_service_client::MachineServiceClient;
use proto::resource::secrets::ApiCertsSpec;
use rpc::RoleSet;
use rpc::guard::Authorize;
use rpc::peer::{Peer, PeerPolicy};
use rpc::serve::{self, Drain, Options};
use rpc::tls::client::Trust;
use rpc::tls::dial::{API_PORT, Target};
use rpc::tls::listen::bind;
use rpc::tls::{Acceptor, CaPool, ClientAuth, ClientTls, Identity, Listening, ServerTls};
use tempfile::TempDir;
use tonic::transport::Channel;

pub type Client = MachineServiceClient<Channel>;

/// What kind of node an apid serves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    ControlPlane,
    Worker,
    Maintenance,
}

pub struct Node {
    pub address: IpAddr,
    pub machined: Machined,
    pub listening: Option<Listening>,
    acceptor: Option<Arc<Acceptor>>,
    /// Ends the machined's listener and connections.
    pub machined_drain: Drain,
    socket: PathBuf,
    kind: Kind,
}

/// A cluster's CA, and where its sockets are.
pub struct Cluster {
    pub ca: Authority,
    folder: TempDir,
    subnet: [u8; 2],
    nodes: AtomicU8,
}

/// Everybody may claim every role, as apid may.
pub struct Anyone;

#[async_trait::async_trait]
impl PeerPolicy for Anyone {
    async fn ceiling(&self, _: &Peer) -> Option<RoleSet> {
        Some(RoleSet::ALL)
    }
}

pub fn issue(ca: &Authority, leaf: &Leaf) -> Identity {
    let (certificate, key) = ca.issue_pair(leaf).unwrap().to_pem().unwrap();
    Identity::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap()
}

/// A certificate and its key as resources hold them.
pub fn pem(ca: &Authority, leaf: &Leaf) -> Option<PemEncodedCertificateAndKey> {
    let (certificate, key) = ca.issue_pair(leaf).unwrap().to_pem().unwrap();
    Some(PemEncodedCertificateAndKey { crt: certificate.into(), key: key.as_bytes().to_vec() })
}

/// The resource with the certificates of a node, with or without one to call others.
pub fn certificates(ca: &Authority, accepted: &[&Authority], address: IpAddr, client: bool) -> ApiCertsSpec {
    let sans = Sans::new().with_addresses([address]);
    let now = SystemTime::now();
    let pem_of = |ca: &&Authority| PemEncodedCertificate { crt: ca.certificate().to_pem().into() };
    ApiCertsSpec {
        server: pem(ca, &profile::apid_server("node", sans, now)),
        client: client.then(|| pem(ca, &profile::apid_client("node", now))).flatten(),
        accepted_c_as: accepted.iter().map(pem_of).collect(),
        skip_verifying_client_cert: false,
    }
}

/// What an administrator identifies with.
pub fn admin(ca: &Authority) -> Option<Identity> {
    Some(issue(ca, &profile::client(["os:admin"], SystemTime::now(), Duration::from_secs(3600))))
}

pub fn authority() -> Authority {
    Authority::generate(AuthorityKind::Os, SystemTime::now()).unwrap()
}

pub fn pool(ca: &Authority) -> CaPool {
    CaPool::from_pem([ca.certificate().to_pem().as_bytes()]).unwrap()
}

impl Cluster {
    /// The API's port is the same on every node, so each cluster has a loopback network of its own.
    pub fn new() -> Cluster {
        static NEXT: AtomicU8 = AtomicU8::new(0);
        let process = std::process::id().to_le_bytes();
        let subnet = [process[0] | 1, process[1].wrapping_add(NEXT.fetch_add(1, Ordering::SeqCst))];
        Cluster { ca: authority(), folder: TempDir::new().unwrap(), subnet, nodes: AtomicU8::new(1) }
    }

    /// A loopback address that nobody uses.
    pub fn address(&self) -> IpAddr {
        let [a, b] = self.subnet;
        IpAddr::from([127, a, b, self.nodes.fetch_add(1, Ordering::SeqCst)])
    }

    pub async fn node(&self, kind: Kind) -> Node {
        let address = self.address();
        let mut node = Node {
            address,
            machined: Machined::named(&address.to_string()),
            listening: None,
            acceptor: None,
            machined_drain: Drain::new(),
            socket: self.folder.path().join(address.to_string()),
            kind,
        };
        node.start_machined();
        let (listening, acceptor) = self.start_apid(&node);
        (node.listening, node.acceptor) = (Some(listening), Some(acceptor));
        node
    }

    fn start_apid(&self, node: &Node) -> (Listening, Arc<Acceptor>) {
        let gateway = Arc::new(Gateway::new(&node.socket));
        let forwards = node.kind == Kind::ControlPlane;
        let own = OwnNames::new([node.address], ["self"]);
        let routing = Routing { disabled: node.kind == Kind::Maintenance, forwards, own };
        let client = issue(&self.ca, &profile::apid_client("node", SystemTime::now()));
        let tls = ClientTls { identity: Some(client), trust: Trust::Cas(pool(&self.ca)) };
        let pool = forwards.then(|| Arc::new(Pool::new(tls.config().unwrap())));
        gateway.set(Now { routing, pool });
        let sans = Sans::new().with_addresses([node.address]);
        let server = issue(&self.ca, &profile::apid_server("node", sans, SystemTime::now()));
        let (clients, admission) = match node.kind {
            Kind::Maintenance => (ClientAuth::None, Admission::Maintenance),
            _ => (ClientAuth::Required(self::pool(&self.ca)), Admission::Certificate),
        };
        let acceptor = Arc::new(Acceptor::new(ServerTls::new(&server, &clients).unwrap()));
        let place = Place { address: (node.address, API_PORT).into(), admission };
        let socket = bind(place.address).unwrap();
        (listener::serve(socket, Arc::clone(&acceptor), place, gateway), acceptor)
    }

    /// A certificate with these roles.
    pub fn identity(&self, roles: &[&str]) -> Identity {
        let leaf = profile::client(roles.iter().copied(), SystemTime::now(), Duration::from_secs(3600));
        issue(&self.ca, &leaf)
    }

    /// A client whose certificate has these roles.
    pub fn client(&self, node: &Node, roles: &[&str]) -> Client {
        let leaf = profile::client(roles.iter().copied(), SystemTime::now(), Duration::from_secs(3600));
        self.client_with(node, Some(issue(&self.ca, &leaf)))
    }

    /// A client with that certificate, or none.
    pub fn client_with(&self, node: &Node, identity: Option<Identity>) -> Client {
        let tls = ClientTls { identity, trust: Trust::Cas(pool(&self.ca)) };
        let target = Target { host: node.address.to_string(), port: API_PORT };
        Client::new(rpc::client::tls_channel(vec![target], tls.config().unwrap()))
            .max_decoding_message_size(rpc::limits::MESSAGE)
            .max_encoding_message_size(rpc::limits::MESSAGE * 2)
    }

    /// A connection for requests that no generated client would send.
    pub async fn raw(
        &self,
        node: &Node,
        roles: &[&str],
    ) -> (h2::client::SendRequest<bytes::Bytes>, h2::PingPong) {
        let leaf = profile::client(roles.iter().copied(), SystemTime::now(), Duration::from_secs(3600));
        let identity = Some(issue(&self.ca, &leaf));
        let tls = ClientTls { identity, trust: Trust::Cas(pool(&self.ca)) };
        let target = Target { host: node.address.to_string(), port: API_PORT };
        let stream = rpc::tls::dial::dial(&target, tls.config().unwrap()).await.unwrap();
        // What is not read stays at the node.
        let (sender, mut connection) = h2::client::Builder::new()
            .initial_window_size(1024)
            .data_frame_budget(1 << 24)
            .handshake(stream)
            .await
            .unwrap();
        let pings = connection.ping_pong().unwrap();
        tokio::spawn(async move {
            let _ = connection.await;
        });
        (sender, pings)
    }
}

impl Node {
    /// Lets in only clients of another authority from now on.
    pub fn accept_only(&self, cluster: &Cluster, ca: &Authority) {
        let sans = Sans::new().with_addresses([self.address]);
        let server = issue(&cluster.ca, &profile::apid_server("node", sans, SystemTime::now()));
        let tls = ServerTls::new(&server, &ClientAuth::Required(pool(ca))).unwrap();
        self.acceptor.as_ref().unwrap().reload(tls);
    }

    /// Listens on the node's socket, again after [`Node::stop_machined`].
    pub fn start_machined(&self) {
        let listener = serve::bind_unix(&self.socket, 0o700).unwrap();
        let mode = self.kind == Kind::Maintenance;
        let service = Authorize::new(self.machined.clone(), move || mode);
        let options = Options { drain: Duration::ZERO, ..Options::default() };
        tokio::spawn(serve::unix(listener, Arc::new(Anyone), service, options, self.machined_drain.clone()));
    }

    /// Ends the machined with everything that is under way.
    pub async fn stop_machined(&mut self) {
        std::mem::take(&mut self.machined_drain).finish().await;
        std::fs::remove_file(&self.socket).unwrap();
    }

    /// Values of a header in the last call that reached the machined.
    pub fn saw(&self, key: &str) -> Vec<String> {
        let seen = self.machined.seen.lock().unwrap();
        let values = seen.last().unwrap().get_all(key).iter();
        values.map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    pub fn name(&self) -> String {
        self.address.to_string()
    }
}

/// A request with metadata.
pub fn request<T>(message: T, metadata: &[(&'static str, &str)]) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    for (key, value) in metadata {
        request.metadata_mut().append(*key, value.parse().unwrap());
    }
    request
}
