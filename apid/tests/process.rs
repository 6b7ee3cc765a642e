//! The real program, started as machined starts it: sandboxed, with two inherited sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

mod support;

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use proto::cosi::resource::state_server::StateServer;
use proto::resource::runtime::ApiServiceConfigSpec;
use proto::resource::secrets::ApiCertsSpec;
use rpc::route::Router;
use rpc::serve::{self, Drain, Options};
use rpc::tls::ClientTls;
use rpc::tls::client::Trust;
use rpc::tls::dial::{API_PORT, Target};
use state::service::{Access, AccessPolicy, StateService};
use state::{MemoryState, Pointer, State, ops};
use supervisor::Readiness;
use supervisor::client::Connection;
use support::machined::Machined;
use support::{Anyone, Client, Cluster, admin, certificates, pool, request};
use sys::process::{Command, Exit, Reaper, SpawnPort as _};
use tokio::sync::watch;
use tonic::{Code, Status};

struct ReadOnly;

impl AccessPolicy for ReadOnly {
    fn read(&self, _: &Access<'_>) -> Result<(), Status> {
        Ok(())
    }

    fn write(&self, _: &Access<'_>) -> Result<(), Status> {
        Err(Status::permission_denied("apid writes nothing"))
    }
}

/// Our end, and the child's.
fn pair() -> (UnixStream, OwnedFd) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    (ours, theirs.into())
}

#[tokio::test]
async fn the_program_serves_in_its_sandbox_and_ends_when_asked() {
    let (cluster, folder) = (Cluster::new(), tempfile::TempDir::new().unwrap());
    let address = cluster.address();
    let socket = folder.path().join("machine.sock");
    let listener = serve::bind_unix(&socket, 0o777).unwrap();
    let guarded = rpc::guard::Authorize::new(Machined::named("here"), || false);
    tokio::spawn(serve::unix(listener, Arc::new(Anyone), guarded, Options::default(), Drain::new()));

    let store: Arc<dyn State> = Arc::new(MemoryState::default());
    let (store_socket, store_fd) = pair();
    let (supervision, supervision_fd) = pair();
    let state = StateServer::new(StateService::new(Arc::clone(&store), ReadOnly));
    let router = Router::builder().service(state).build();
    let store_socket = tokio::net::UnixStream::from_std(store_socket).unwrap();
    tokio::spawn(serve::connection(store_socket, (), router, Options::default(), Drain::new()));
    let reaper = Reaper::start().unwrap();
    let command = Command::new(env!("CARGO_BIN_EXE_apid"))
        .args(["--store-fd", "3", "--supervision-fd", "4", "--machined", socket.to_str().unwrap()])
        .inherit(store_fd)
        .inherit(supervision_fd);
    let mut child = reaper.spawn(&command).unwrap();
    let supervisor = Connection::new(supervision).unwrap();
    let (readiness, mut follow) = watch::channel(Readiness { ready: false, message: String::new() });
    let supervisor = Arc::new(supervisor);
    let following = Arc::clone(&supervisor);
    tokio::spawn(async move { following.follow_readiness(readiness).await });
    let limit = Duration::from_secs(20);
    let wait = follow.wait_for(|now| now.message == "waiting for the API service to be configured");
    drop(tokio::time::timeout(limit, wait).await.unwrap().unwrap());

    let pointer = Pointer::of::<ApiServiceConfigSpec>("apid");
    let listen_address = format!("{address}:{API_PORT}");
    let config = ApiServiceConfigSpec { listen_address, ..Default::default() };
    ops::modify(&*store, "test", &pointer, |stored| stored.spec = config.clone()).await.unwrap();
    let ca = &cluster.ca;
    let certificates = certificates(ca, &[ca], address, true);
    let pointer = Pointer::of::<ApiCertsSpec>("api");
    ops::modify(&*store, "test", &pointer, |stored| stored.spec = certificates.clone()).await.unwrap();
    drop(tokio::time::timeout(limit, follow.wait_for(|now| now.ready)).await.unwrap().unwrap());

    let target = Target { host: address.to_string(), port: API_PORT };
    let tls = ClientTls { identity: admin(ca), trust: Trust::Cas(pool(ca)) }.config().unwrap();
    let mut client = Client::new(rpc::client::tls_channel(vec![target], tls));
    let name = address.to_string();
    for metadata in [&[][..], &[("node", &*name)], &[("nodes", &*name)]] {
        client.version(request((), metadata)).await.unwrap();
    }
    // Names are resolved, in a thread of their own; whoever answers there is not one of ours.
    let error = client.version(request((), &[("node", "localhost")])).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(!error.message().contains("no such host"), "{error:?}");
    supervisor.health(limit).await.unwrap();

    supervisor.drain(limit).await.unwrap();
    assert_eq!(tokio::time::timeout(limit, child.wait()).await.unwrap(), Exit::Code(0));
}
