//! trustd as a whole, over the wire: a machined that holds the resources and signs, and nodes that call.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use futures::StreamExt as _;
use pki::{Algorithm, Authority, AuthorityKind, Name, PrivateKey, Sans, SigningRequest, profile};
use proto::common::PemEncodedCertificateAndKey;
use proto::cosi::resource::state_server::StateServer;
use proto::discovery::cluster_client::ClusterClient;
use proto::discovery::{
    Affiliate, AffiliateDeleteRequest, AffiliateUpdateRequest, HelloRequest, ListRequest, WatchRequest,
};
use proto::google::protobuf;
use proto::internal::issuer_service_server::{IssuerService, IssuerServiceServer};
use proto::internal::{IssueRequest, IssueResponse};
use proto::resource::cluster::InfoSpec;
use proto::resource::secrets::{OsRootSpec, TrustdCertsSpec};
use proto::security::CertificateRequest;
use proto::security::security_service_client::SecurityServiceClient;
use rpc::route::Router;
use rpc::serve::{self, Drain, Options};
use rpc::tls::CaPool;
use rpc::tls::client::{ClientTls, Trust};
use rpc::tls::dial::Target;
use state::service::{Access, AccessPolicy, StateService};
use state::{MemoryState, Pointer, State, ops};
use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};

const TOKEN: &str = "abcdef.0123456789abcdef";

/// Signs as machined does, and remembers who asked.
#[derive(Clone)]
struct Issuer {
    ca: Arc<Authority>,
    asked: Arc<Mutex<Vec<String>>>,
    broken: Arc<Mutex<bool>>,
}

#[tonic::async_trait]
impl IssuerService for Issuer {
    async fn issue(&self, request: Request<IssueRequest>) -> Result<Response<IssueResponse>, Status> {
        if *self.broken.lock().unwrap() {
            return Err(Status::unknown("no key"));
        }
        let request = request.into_inner();
        self.asked.lock().unwrap().push(request.peer_address);
        let csr = SigningRequest::from_pem(std::str::from_utf8(&request.csr).unwrap()).unwrap();
        let leaf = profile::trustd_issued(&csr, SystemTime::now());
        let crt = self.ca.issue(csr.public_key(), &leaf).unwrap().to_pem().into();
        Ok(Response::new(IssueResponse { ca: self.ca.certificate().to_pem().into(), crt }))
    }
}

struct Everything;

impl AccessPolicy for Everything {
    fn read(&self, _: &Access<'_>) -> Result<(), Status> {
        Ok(())
    }

    fn write(&self, _: &Access<'_>) -> Result<(), Status> {
        Err(Status::permission_denied("trustd writes nothing"))
    }
}

struct Trustd {
    ca: Arc<Authority>,
    issuer: Issuer,
    store: Arc<dyn State>,
    address: SocketAddr,
    waiting: Arc<Mutex<Option<String>>>,
    stop: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<()>,
}

impl Trustd {
    async fn start() -> Trustd {
        let ca = Arc::new(Authority::generate(AuthorityKind::Os, SystemTime::now()).unwrap());
        let issuer = Issuer { ca: Arc::clone(&ca), asked: Arc::default(), broken: Arc::default() };
        let store: Arc<dyn State> = Arc::new(MemoryState::default());
        let router = Router::builder()
            .service(StateServer::new(StateService::new(Arc::clone(&store), Everything)))
            .service(IssuerServiceServer::new(issuer.clone()))
            .build();
        let (machined, child) = UnixStream::pair().unwrap();
        tokio::spawn(serve::connection(machined, (), router, Options::default(), Drain::new()));
        // Free until somebody else takes it, which nobody does on an address of this test's own.
        let ip = IpAddr::from(Ipv4Addr::LOCALHOST);
        let address = tokio::net::TcpListener::bind((ip, 0)).await.unwrap().local_addr().unwrap();
        let waiting = Arc::new(Mutex::new(None));
        let (stop, stopped) = oneshot::channel();
        let report = Arc::clone(&waiting);
        let task = tokio::spawn(async move {
            let report = Arc::new(move |now: Option<String>| {
                *report.lock().unwrap() = Some(now.unwrap_or_else(|| "ready".into()));
            });
            let channel = rpc::client::channel_from_stream(child);
            trustd::run(channel, address, report, async { drop(stopped.await) }).await;
        });
        Trustd { ca, issuer, store, address, waiting, stop: Some(stop), task }
    }

    async fn started() -> Trustd {
        let trustd = Trustd::start().await;
        trustd.cluster("c").await;
        trustd.token(TOKEN).await;
        trustd.certificate().await;
        trustd.reports("ready").await;
        trustd
    }

    async fn cluster(&self, id: &str) {
        let pointer = Pointer::of::<InfoSpec>("current");
        let spec = InfoSpec { cluster_id: id.into(), ..Default::default() };
        ops::modify(&*self.store, "test", &pointer, |stored| stored.spec = spec.clone()).await.unwrap();
    }

    async fn token(&self, token: &str) {
        let pointer = Pointer::of::<OsRootSpec>("os");
        let spec = OsRootSpec { token: token.into(), ..Default::default() };
        ops::modify(&*self.store, "test", &pointer, |stored| stored.spec = spec.clone()).await.unwrap();
    }

    async fn certificate(&self) {
        let sans = Sans::new().with_addresses([self.address.ip()]);
        let pair = self.ca.issue_pair(&profile::trustd_server("node", sans, SystemTime::now())).unwrap();
        let (certificate, key) = pair.to_pem().unwrap();
        let server = PemEncodedCertificateAndKey { crt: certificate.into(), key: key.as_bytes().to_vec() };
        let pointer = Pointer::of::<TrustdCertsSpec>("trustd");
        let spec = TrustdCertsSpec { server: Some(server), accepted_c_as: Vec::new() };
        ops::modify(&*self.store, "test", &pointer, |stored| stored.spec = spec.clone()).await.unwrap();
    }

    async fn reports(&self, wanted: &str) {
        let start = Instant::now();
        while self.waiting.lock().unwrap().as_deref() != Some(wanted) {
            assert!(start.elapsed() < Duration::from_secs(10), "{:?}", self.waiting.lock().unwrap());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn channel(&self) -> Channel {
        let pool = CaPool::from_pem([self.ca.certificate().to_pem().as_bytes()]).unwrap();
        let tls = ClientTls { identity: None, trust: Trust::Cas(pool) }.config().unwrap();
        let target = Target { host: self.address.ip().to_string(), port: self.address.port() };
        rpc::client::tls_channel(vec![target], tls)
    }
}

fn with<T>(token: Option<&str>, message: T) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(token) = token {
        request.metadata_mut().insert("token", token.parse().unwrap());
    }
    request
}

fn known<T>(message: T) -> Request<T> {
    with(Some(TOKEN), message)
}

fn csr() -> (PrivateKey, CertificateRequest) {
    let key = PrivateKey::generate(Algorithm::Ed25519).unwrap();
    let subject = Name::common("worker-1").with_organizations(["os:admin"]);
    let sans = Sans::new().with_names(["worker-1"]).with_addresses([IpAddr::from([10, 5, 0, 4])]);
    let csr = SigningRequest::create(&key, &subject, &sans).unwrap().to_pem().into();
    (key, CertificateRequest { csr })
}

#[tokio::test]
async fn a_node_with_the_token_gets_a_server_certificate() {
    let trustd = Trustd::started().await;
    let mut client = SecurityServiceClient::new(trustd.channel());
    let (key, request) = csr();
    let reply = client.certificate(known(request)).await.unwrap().into_inner();
    let certificate = pki::Certificate::from_pem(std::str::from_utf8(&reply.crt).unwrap()).unwrap();
    assert!(certificate.matches(&key));
    assert!(certificate.subject().organizations.is_empty() && !certificate.is_client_only());
    assert_eq!(reply.ca, trustd.ca.certificate().to_pem().into_bytes());
    assert_eq!(*trustd.issuer.asked.lock().unwrap(), ["127.0.0.1"]);
}

#[tokio::test]
async fn nobody_gets_anything_without_the_token() {
    let trustd = Trustd::started().await;
    let mut certificates = SecurityServiceClient::new(trustd.channel());
    let mut discovery = ClusterClient::new(trustd.channel());
    for (token, text) in
        [(None, "missing token"), (Some("abcdef.wrong"), "invalid token"), (Some(""), "invalid token")]
    {
        let errors = [
            certificates.certificate(with(token, csr().1)).await.unwrap_err(),
            discovery.hello(with(token, HelloRequest::default())).await.unwrap_err(),
            discovery.affiliate_update(with(token, AffiliateUpdateRequest::default())).await.unwrap_err(),
            discovery.affiliate_delete(with(token, AffiliateDeleteRequest::default())).await.unwrap_err(),
            discovery.list(with(token, ListRequest::default())).await.unwrap_err(),
            discovery.watch(with(token, WatchRequest::default())).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!((error.code(), error.message()), (Code::Unauthenticated, text));
        }
    }
    assert!(trustd.issuer.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn requests_that_are_none_and_machineds_that_cannot_sign() {
    let trustd = Trustd::started().await;
    let mut client = SecurityServiceClient::new(trustd.channel());
    let (_, good) = csr();
    let cut = good.csr[..good.csr.len() / 2].to_vec();
    for csr in [Vec::new(), b"\xff\xfe".to_vec(), b"text".to_vec(), cut] {
        let error = client.certificate(known(CertificateRequest { csr })).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
    }
    *trustd.issuer.broken.lock().unwrap() = true;
    let error = client.certificate(known(good)).await.unwrap_err();
    assert_eq!(error.code(), Code::Internal);
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_to_wait() {
    let trustd = Trustd::started().await;
    let mut client = SecurityServiceClient::new(trustd.channel());
    let mut codes = Vec::new();
    for _ in 0..15 {
        codes.push(client.certificate(with(Some("guess"), csr().1)).await.unwrap_err().code());
    }
    assert!(codes.starts_with(&[Code::Unauthenticated; 10]), "{codes:?}");
    assert_eq!(codes.last(), Some(&Code::ResourceExhausted));
    // Certificates and discovery are counted apart.
    let hello = HelloRequest { cluster_id: "c".into(), client_version: "v".into() };
    let reply = ClusterClient::new(trustd.channel()).hello(known(hello)).await.unwrap().into_inner();
    assert_eq!((reply.redirect, reply.client_ip), (None, vec![127, 0, 0, 1]));
}

fn update(
    id: &str,
    data: Option<&str>,
    endpoints: &[&str],
    ttl: Duration,
) -> Request<AffiliateUpdateRequest> {
    known(AffiliateUpdateRequest {
        cluster_id: "c".into(),
        affiliate_id: id.into(),
        affiliate_data: data.map(|data| data.into()),
        affiliate_endpoints: endpoints.iter().map(|endpoint| endpoint.as_bytes().to_vec()).collect(),
        ttl: Some(protobuf::Duration::try_from(ttl).unwrap()),
    })
}

fn affiliate(id: &str, data: &str, endpoints: &[&str]) -> Affiliate {
    let endpoints = endpoints.iter().map(|endpoint| endpoint.as_bytes().to_vec()).collect();
    Affiliate { id: id.into(), data: data.into(), endpoints }
}

#[tokio::test]
async fn nodes_find_each_other_until_their_time_is_over() {
    let trustd = Trustd::started().await;
    let mut client = ClusterClient::new(trustd.channel());
    let minute = Duration::from_secs(60);
    client.affiliate_update(update("a", Some("A"), &["e1"], minute)).await.unwrap();
    let watch = known(WatchRequest { cluster_id: "c".into() });
    let mut watch = client.watch(watch).await.unwrap().into_inner();
    let mut next = async || {
        let next = tokio::time::timeout(Duration::from_secs(5), watch.next()).await.expect("a change");
        let next = next.unwrap().unwrap();
        (next.affiliates, next.deleted)
    };
    assert_eq!(next().await, (vec![affiliate("a", "A", &["e1"])], false));

    client.affiliate_update(update("b", Some("B"), &["e1", "e2"], Duration::from_millis(300))).await.unwrap();
    assert_eq!(next().await, (vec![affiliate("b", "B", &["e2"])], false));
    client.affiliate_update(update("a", Some("A"), &[], minute)).await.unwrap();
    client.affiliate_update(update("a", None, &["e3"], minute)).await.unwrap();
    assert_eq!(next().await, (vec![affiliate("a", "A", &["e1", "e3"])], false));
    let listed = client.list(known(ListRequest { cluster_id: "c".into() })).await.unwrap().into_inner();
    assert_eq!(listed.affiliates.len(), 2);
    assert_eq!(next().await, (vec![affiliate("b", "", &[])], true), "by itself, when its time is over");
    let delete = AffiliateDeleteRequest { cluster_id: "c".into(), affiliate_id: "a".into() };
    client.affiliate_delete(known(delete)).await.unwrap();
    assert_eq!(next().await, (vec![affiliate("a", "", &[])], true));

    let empty = known(WatchRequest { cluster_id: "c".into() });
    let first = client.watch(empty).await.unwrap().into_inner().next().await.unwrap().unwrap();
    assert!(first.affiliates.is_empty() && !first.deleted, "the snapshot comes even when it is empty");
    let error = client.affiliate_update(update("a", Some(&"x".repeat(2049)), &[], minute)).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    let error = client.affiliate_update(update("a", Some("x"), &[], Duration::ZERO)).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn it_listens_when_it_has_certificate_and_token_and_follows_both() {
    let mut trustd = Trustd::start().await;
    trustd.reports("waiting for the machine token").await;
    trustd.token(TOKEN).await;
    trustd.reports("waiting for the certificate").await;
    trustd.certificate().await;
    trustd.reports("ready").await;
    let mut client = SecurityServiceClient::new(trustd.channel());
    client.certificate(known(csr().1)).await.unwrap();

    trustd.token("another").await;
    let start = Instant::now();
    while client.certificate(known(csr().1)).await.is_ok() {
        assert!(start.elapsed() < Duration::from_secs(5));
        // Slowly: those who ask too often are refused, too.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    client.certificate(with(Some("another"), csr().1)).await.unwrap();
    trustd.certificate().await;
    client.certificate(with(Some("another"), csr().1)).await.unwrap();

    trustd.stop.take().unwrap().send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), &mut trustd.task).await.unwrap().unwrap();
    assert!(client.certificate(known(csr().1)).await.is_err());
}

#[tokio::test]
async fn only_the_cluster_of_the_node_is_served_and_each_node_by_itself() {
    let trustd = Trustd::started().await;
    let mut client = ClusterClient::new(trustd.channel());
    let minute = Duration::from_secs(60);
    let owned = |key: &str, mut request: Request<AffiliateUpdateRequest>| {
        request.metadata_mut().insert("owner", key.parse().unwrap());
        request
    };
    let mut refused = 0;
    for n in 0..8 {
        let mut foreign = update("a", Some("A"), &[], minute);
        foreign.get_mut().cluster_id = format!("foreign-{n}");
        let error = client.affiliate_update(foreign).await.unwrap_err();
        assert_eq!(error.code(), Code::PermissionDenied);
        refused += 1;
    }
    println!("foreign clusters that were refused: {refused} of 8");
    // All of this comes from one address, so that a node is known by it; another one is not.
    let mut node = ClusterClient::new(trustd.channel());
    node.affiliate_update(owned("key", update("a", Some("A"), &["e"], minute))).await.unwrap();
    let listed = client.list(known(ListRequest { cluster_id: "c".into() })).await.unwrap().into_inner();
    assert_eq!(listed.affiliates, [affiliate("a", "A", &["e"])]);
}

#[tokio::test]
async fn nothing_is_read_of_a_request_without_the_token_and_little_of_any_other() {
    let trustd = Trustd::started().await;
    let mut codes = Vec::new();
    // 4 MiB each, without a token: refused by the headers alone, whatever follows.
    for _ in 0..8 {
        let mut client = SecurityServiceClient::new(trustd.channel());
        let big = CertificateRequest { csr: vec![b'x'; 4 << 20] };
        codes.push(client.certificate(with(None, big)).await.unwrap_err().code());
    }
    println!("large requests without a token that were refused: {} of 8", codes.len());
    assert!(codes.iter().all(|code| *code == Code::Unauthenticated), "{codes:?}");
    let mut discovery = ClusterClient::new(trustd.channel());
    let big = "x".repeat(128 << 10);
    let error =
        discovery.hello(known(HelloRequest { cluster_id: big, ..Default::default() })).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    let mut packed = discovery.clone().send_compressed(tonic::codec::CompressionEncoding::Gzip);
    let bomb = "x".repeat(1 << 20);
    let error =
        packed.hello(known(HelloRequest { cluster_id: bomb, ..Default::default() })).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
}

#[tokio::test]
async fn idle_connections_keep_no_member_out() {
    let trustd = Trustd::started().await;
    let mut member = ClusterClient::new(trustd.channel());
    let watch = WatchRequest { cluster_id: "c".into() };
    let mut watch = member.watch(known(watch)).await.unwrap().into_inner();
    watch.next().await.unwrap().unwrap();
    let mut idle = Vec::new();
    for _ in 0..700 {
        idle.push(tokio::net::TcpStream::connect(trustd.address).await.unwrap());
    }
    let start = Instant::now();
    let hello = || known(HelloRequest { cluster_id: "c".into(), ..Default::default() });
    while ClusterClient::new(trustd.channel()).hello(hello()).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut held = 0;
    for stream in &mut idle {
        use tokio::io::AsyncReadExt as _;
        held += usize::from(
            tokio::time::timeout(Duration::from_millis(5), stream.read(&mut [0; 8])).await.is_err(),
        );
    }
    println!("connections of one address without a token that were held: {held} of 700");
    assert!(held <= 64, "{held}");
    assert!(futures::poll!(watch.next()).is_pending(), "who is known is not put out");
}
