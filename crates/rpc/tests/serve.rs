//! Servers and channels over real sockets of the file system and inherited ones.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use proto::security::security_service_client::SecurityServiceClient;
use proto::security::security_service_server::{SecurityService, SecurityServiceServer};
use proto::security::{CertificateRequest, CertificateResponse};
use rpc::guard::{self, Authorize};
use rpc::peer::{Caller, Peer, PeerPolicy};
use rpc::route::Router;
use rpc::serve::{self, Drain, Options};
use rpc::{Role, RoleSet, client};
use tokio::net::UnixStream;
use tokio::sync::Notify;
use tonic::codec::CompressionEncoding;
use tonic::{Code, Request, Response, Status};

type Seen = (RoleSet, Option<i32>);

/// Answers with what it was sent, when it may.
#[derive(Clone, Default)]
struct Echo {
    go_on: Arc<Notify>,
    waits: Arc<AtomicBool>,
    /// Roles and process of each call.
    seen: Arc<Mutex<Vec<Seen>>>,
}

#[tonic::async_trait]
impl SecurityService for Echo {
    async fn certificate(
        &self,
        request: Request<CertificateRequest>,
    ) -> Result<Response<CertificateResponse>, Status> {
        let caller = request.extensions().get::<Caller>();
        let pid = caller.and_then(|caller| caller.peer.as_ref()).map(|peer| peer.pid);
        self.seen.lock().unwrap().push((guard::roles(request.extensions()), pid));
        if self.waits.load(Ordering::SeqCst) {
            self.go_on.notified().await;
        }
        Ok(Response::new(CertificateResponse { ca: request.into_inner().csr, crt: Vec::new() }))
    }
}

fn router(echo: &Echo) -> Router {
    let server = SecurityServiceServer::new(echo.clone())
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(rpc::limits::MESSAGE);
    Router::builder().service(server).build()
}

struct Ceiling(Option<RoleSet>);

#[async_trait::async_trait]
impl PeerPolicy for Ceiling {
    async fn ceiling(&self, peer: &Peer) -> Option<RoleSet> {
        assert_eq!(peer.pid, i32::try_from(std::process::id()).unwrap());
        // A process that was just started may be recorded a little later.
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.0
    }
}

fn asking(roles: &[&str]) -> Request<CertificateRequest> {
    let mut request = Request::new(CertificateRequest { csr: b"x".to_vec() });
    for role in roles {
        request.metadata_mut().append("talos-role", role.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn a_socket_serves_known_peers_within_their_ceiling() {
    let folder = tempfile::tempdir().unwrap();
    for (ceiling, roles, expected) in [
        (Some(RoleSet::ALL), &["os:admin"][..], Ok(RoleSet::of(&[Role::Admin]))),
        (Some(RoleSet::of(&[Role::Reader])), &["os:admin"], Err(Code::PermissionDenied)),
        (Some(RoleSet::ALL), &[], Err(Code::PermissionDenied)),
        (None, &["os:admin"], Err(Code::PermissionDenied)),
    ] {
        let (path, echo, drain) = (folder.path().join("s"), Echo::default(), Drain::new());
        let listener = serve::bind_unix(&path, 0o600).unwrap();
        let guarded = Authorize::new(router(&echo), || false);
        tokio::spawn(serve::unix(
            listener,
            Arc::new(Ceiling(ceiling)),
            guarded,
            Options::default(),
            drain.clone(),
        ));
        let mut client = SecurityServiceClient::new(client::unix_channel(&path));
        let answer = client.certificate(asking(roles)).await;
        match expected {
            Ok(roles) => {
                assert_eq!(answer.unwrap().into_inner().ca, b"x");
                let pid = i32::try_from(std::process::id()).unwrap();
                assert_eq!(*echo.seen.lock().unwrap(), [(roles, Some(pid))]);
            }
            Err(code) => {
                let error = answer.unwrap_err();
                assert_eq!((error.code(), error.message()), (code, "not authorized"));
            }
        }
        drop(client);
        drain.finish().await;
    }
}

#[tokio::test]
async fn a_socket_is_replaced_with_its_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    let _old = serve::bind_unix(&path, 0o600).unwrap();
    let _new = serve::bind_unix(&path, 0o660).unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o660);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    UnixStream::connect(&path).await.unwrap();
}

#[tokio::test]
async fn nobody_at_a_socket_is_unavailable_in_the_words_of_go() {
    let channel = client::unix_channel("/nowhere/s");
    let error = SecurityServiceClient::new(channel).certificate(asking(&[])).await.unwrap_err();
    let text = "connection error: desc = \"transport: Error while dialing: dial unix /nowhere/s: connect: \
                no such file or directory\"";
    assert_eq!((error.code(), error.message()), (Code::Unavailable, text));
}

fn inherited(echo: &Echo) -> (SecurityServiceClient<tonic::transport::Channel>, Drain) {
    let (server, child) = UnixStream::pair().unwrap();
    let drain = Drain::new();
    drain.spawn(serve::connection(server, (), router(echo), Options::default(), drain.clone()));
    (SecurityServiceClient::new(client::channel_from_stream(child)), drain)
}

#[tokio::test]
async fn an_inherited_socket_works_until_its_other_end_is_gone() {
    let (mut client, drain) = inherited(&Echo::default());
    client.certificate(asking(&[])).await.unwrap();
    let big = CertificateRequest { csr: vec![7; 5 << 20] };
    let mut client = client.max_decoding_message_size(rpc::limits::MESSAGE);
    assert_eq!(client.certificate(big.clone()).await.unwrap().into_inner().ca, big.csr);
    drain.finish().await;
    for _ in 0..2 {
        assert_eq!(client.certificate(asking(&[])).await.unwrap_err().code(), Code::Unavailable);
    }
}

#[tokio::test]
async fn compressed_calls_are_answered_compressed() {
    let (client, _drain) = inherited(&Echo::default());
    let mut client = client
        .send_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(rpc::limits::MESSAGE);
    let big = CertificateRequest { csr: vec![7; 1 << 20] };
    assert_eq!(client.certificate(big.clone()).await.unwrap().into_inner().ca, big.csr);
}

#[tokio::test]
async fn an_unknown_service_is_named() {
    let (server, child) = UnixStream::pair().unwrap();
    let empty = Router::builder().build();
    tokio::spawn(serve::connection(server, (), empty, Options::default(), Drain::new()));
    let channel = client::channel_from_stream(child);
    let error = SecurityServiceClient::new(channel).certificate(asking(&[])).await.unwrap_err();
    let text = "unknown service securityapi.SecurityService";
    assert_eq!((error.code(), error.message()), (Code::Unimplemented, text));
}

#[tokio::test]
async fn draining_lets_calls_under_way_finish_and_takes_no_new_ones() {
    let echo = Echo::default();
    echo.waits.store(true, Ordering::SeqCst);
    let folder = tempfile::tempdir().unwrap();
    let (path, drain) = (folder.path().join("s"), Drain::new());
    let listener = serve::bind_unix(&path, 0o600).unwrap();
    let policy = Arc::new(Ceiling(Some(RoleSet::ALL)));
    tokio::spawn(serve::unix(listener, policy, router(&echo), Options::default(), drain.clone()));
    let mut client = SecurityServiceClient::new(client::unix_channel(&path));
    let mut under_way = client.clone();
    let under_way = tokio::spawn(async move { under_way.certificate(asking(&[])).await });
    while echo.seen.lock().unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drain.begin();
    tokio::time::sleep(Duration::from_millis(50)).await;
    client.certificate(asking(&[])).await.unwrap_err();
    assert_eq!(echo.seen.lock().unwrap().len(), 1, "the late call is not looked at");
    echo.go_on.notify_one();
    under_way.await.unwrap().unwrap();
    tokio::time::timeout(Duration::from_secs(5), drain.finish()).await.unwrap();
}

#[tokio::test]
async fn a_drain_does_not_wait_for_ever() {
    let echo = Echo::default();
    echo.waits.store(true, Ordering::SeqCst);
    let (server, child) = UnixStream::pair().unwrap();
    let drain = Drain::new();
    let options = Options { drain: Duration::from_millis(200), ..Options::default() };
    drain.spawn(serve::connection(server, (), router(&echo), options, drain.clone()));
    let mut client = SecurityServiceClient::new(client::channel_from_stream(child));
    let stuck = tokio::spawn(async move { client.certificate(asking(&[])).await });
    while echo.seen.lock().unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let start = Instant::now();
    drain.finish().await;
    assert!((Duration::from_millis(200)..Duration::from_secs(2)).contains(&start.elapsed()));
    stuck.await.unwrap().unwrap_err();
}
