//! apid as a whole, made what it is by resources: maintenance, normal, new certificates, away again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

mod support;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use futures::StreamExt as _;
use pki::{Sans, profile};
use proto::common::NetIpPrefix;
use proto::machine::{LogsRequest, ResetRequest};
use proto::resource::network::{HostnameStatusSpec, NodeAddressSpec};
use proto::resource::runtime::ApiServiceConfigSpec;
use proto::resource::secrets::ApiCertsSpec;
use rpc::serve::{self, Drain, Options};
use rpc::tls::client::Trust;
use rpc::tls::dial::{API_PORT, Target};
use rpc::tls::{ClientTls, Identity};
use state::{MemoryState, Pointer, State, ops};
use support::machined::Machined;
use support::{Anyone, Client, Cluster, admin, authority, certificates, pem, pool, request};
use tokio::sync::oneshot;
use tonic::Code;

struct Apid {
    store: Arc<dyn State>,
    address: IpAddr,
    waiting: Arc<Mutex<Option<String>>>,
    stop: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<()>,
    machined: Machined,
}

impl Apid {
    async fn start(cluster: &Cluster, folder: &tempfile::TempDir) -> Apid {
        let address = cluster.address();
        let machined = Machined::named("here");
        let socket: PathBuf = folder.path().join("machine.sock");
        let listener = serve::bind_unix(&socket, 0o700).unwrap();
        let guarded = rpc::guard::Authorize::new(machined.clone(), || false);
        tokio::spawn(serve::unix(listener, Arc::new(Anyone), guarded, Options::default(), Drain::new()));
        let store: Arc<dyn State> = Arc::new(MemoryState::default());
        let waiting = Arc::new(Mutex::new(Some("not started".to_owned())));
        let (stop, stopped) = oneshot::channel();
        let (report, its_store) = (Arc::clone(&waiting), Arc::clone(&store));
        let task = tokio::spawn(async move {
            let report = Arc::new(move |now| *report.lock().unwrap() = now);
            apid::run(its_store, &socket, report, async { drop(stopped.await) }).await;
        });
        Apid { store, address, waiting, stop: Some(stop), task, machined }
    }

    async fn config(&self, maintenance: bool) {
        let address = format!("{}:{API_PORT}", self.address);
        let pointer = Pointer::of::<ApiServiceConfigSpec>("apid");
        let change = |config: &mut resources::Typed<ApiServiceConfigSpec>| {
            config.spec = ApiServiceConfigSpec {
                listen_address: address.clone(),
                node_routing_disabled: maintenance,
                readonly_role_mode: maintenance,
                skip_verifying_client_cert: maintenance,
            };
        };
        ops::modify(&*self.store, "test", &pointer, change).await.unwrap();
    }

    async fn certificates(&self, certificates: &ApiCertsSpec) {
        let pointer = Pointer::of::<ApiCertsSpec>("api");
        let change = |stored: &mut resources::Typed<ApiCertsSpec>| stored.spec = certificates.clone();
        ops::modify(&*self.store, "test", &pointer, change).await.unwrap();
    }

    async fn reports(&self, wanted: Option<&str>) {
        let start = Instant::now();
        while self.waiting.lock().unwrap().as_deref() != wanted {
            let now = self.waiting.lock().unwrap().clone();
            assert!(start.elapsed() < Duration::from_secs(10), "reported {now:?} instead of {wanted:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn client(&self, trust: Trust, identity: Option<Identity>) -> Client {
        let target = Target { host: self.address.to_string(), port: API_PORT };
        let tls = ClientTls { identity, trust }.config().unwrap();
        Client::new(rpc::client::tls_channel(vec![target], tls))
    }
}

#[tokio::test]
async fn a_node_goes_from_maintenance_to_normal() {
    let (cluster, folder) = (Cluster::new(), tempfile::TempDir::new().unwrap());
    let mut apid = Apid::start(&cluster, &folder).await;
    apid.reports(Some("waiting for the API service to be configured")).await;
    apid.config(true).await;
    apid.reports(Some("waiting for the API certificate")).await;

    let maintenance = ApiCertsSpec {
        server: pem(&cluster.ca, &profile::maintenance_server(Sans::new(), SystemTime::now())),
        skip_verifying_client_cert: true,
        ..Default::default()
    };
    apid.certificates(&maintenance).await;
    apid.reports(None).await;
    let insecure = || apid.client(Trust::Insecure(Vec::new()), None);
    insecure().version(()).await.unwrap();
    assert_eq!(insecure().reset(ResetRequest::default()).await.unwrap_err().code(), Code::PermissionDenied);

    // A configuration, but no certificates for it yet: nobody is served any more.
    apid.config(false).await;
    apid.reports(Some("waiting for the API certificate")).await;
    assert_eq!(insecure().version(()).await.unwrap_err().code(), Code::Unavailable);

    apid.certificates(&certificates(&cluster.ca, &[&cluster.ca], apid.address, true)).await;
    apid.reports(None).await;
    insecure().version(()).await.unwrap_err();
    let mut client = apid.client(Trust::Cas(pool(&cluster.ca)), admin(&cluster.ca));
    client.version(()).await.unwrap();

    apid.stop.take().unwrap().send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), &mut apid.task).await.unwrap().unwrap();
    client.version(()).await.unwrap_err();
}

#[tokio::test]
async fn new_certificates_drop_no_connection_but_those_of_who_is_no_longer_accepted() {
    let (cluster, folder) = (Cluster::new(), tempfile::TempDir::new().unwrap());
    let (old, new) = (&cluster.ca, &authority());
    let apid = Apid::start(&cluster, &folder).await;
    apid.config(false).await;
    apid.certificates(&certificates(old, &[old], apid.address, true)).await;
    apid.reports(None).await;
    let mut client = apid.client(Trust::Cas(pool(old)), admin(old));
    let follow = || LogsRequest { follow: true, ..Default::default() };
    let mut direct = client.logs(follow()).await.unwrap().into_inner();
    let name = apid.address.to_string();
    let mut forwarded = client.logs(request(follow(), &[("node", &*name)])).await.unwrap().into_inner();
    for _ in 0..3 {
        direct.next().await.unwrap().unwrap();
        forwarded.next().await.unwrap().unwrap();
    }

    // The steps of a rotation: accept both, issue with the new one, forget the old one.
    let mut newcomer = apid.client(Trust::Cas(pool(new)), admin(new));
    newcomer.version(()).await.unwrap_err();
    apid.certificates(&certificates(old, &[old, new], apid.address, true)).await;
    apid.certificates(&certificates(new, &[old, new], apid.address, true)).await;
    let start = Instant::now();
    while newcomer.version(()).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(5));
    }
    let reply = newcomer.version(request((), &[("node", &*name)])).await.unwrap().into_inner();
    assert_eq!(reply.messages[0].version.as_ref().unwrap().tag, "here");
    assert!(futures::poll!(direct.next()).is_pending());
    assert!(futures::poll!(forwarded.next()).is_pending());
    client.version(()).await.unwrap();
    assert_eq!(apid.machined.following.load(std::sync::atomic::Ordering::SeqCst), 2);

    apid.certificates(&certificates(new, &[new], apid.address, true)).await;
    for mut ended in [direct, forwarded] {
        let end = tokio::time::timeout(Duration::from_secs(5), ended.next()).await;
        assert!(!matches!(end.expect("its connection ends"), Some(Ok(_))));
    }
    apid.client(Trust::Cas(pool(new)), admin(old)).version(()).await.unwrap_err();
    newcomer.version(()).await.unwrap();
}

#[tokio::test]
async fn a_worker_learns_its_names_and_never_forwards() {
    let (cluster, folder) = (Cluster::new(), tempfile::TempDir::new().unwrap());
    let apid = Apid::start(&cluster, &folder).await;
    let address = NetIpPrefix { ip: vec![10, 5, 0, 9], prefix_length: 24 };
    let names = NodeAddressSpec { addresses: vec![address], ..Default::default() };
    let pointer = Pointer::of::<NodeAddressSpec>("current");
    ops::modify(&*apid.store, "test", &pointer, |stored| stored.spec = names.clone()).await.unwrap();
    let hostname = HostnameStatusSpec { hostname: "w1".into(), domainname: "local".into() };
    let pointer = Pointer::of::<HostnameStatusSpec>("hostname");
    ops::modify(&*apid.store, "test", &pointer, |stored| stored.spec = hostname.clone()).await.unwrap();
    apid.config(false).await;
    apid.certificates(&certificates(&cluster.ca, &[&cluster.ca], apid.address, false)).await;
    apid.reports(None).await;
    let mut client = apid.client(Trust::Cas(pool(&cluster.ca)), admin(&cluster.ca));
    for own in ["10.5.0.9", "w1", "w1.local"] {
        client.version(request((), &[("node", own)])).await.unwrap();
    }
    let error = client.version(request((), &[("node", "10.5.0.8")])).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::PermissionDenied, "no request forwarding"));
}

#[tokio::test]
async fn an_address_that_is_not_there_yet_is_tried_again() {
    let (cluster, folder) = (Cluster::new(), tempfile::TempDir::new().unwrap());
    let apid = Apid::start(&cluster, &folder).await;
    let taken = tokio::net::TcpListener::bind((apid.address, API_PORT)).await.unwrap();
    apid.config(false).await;
    apid.certificates(&certificates(&cluster.ca, &[&cluster.ca], apid.address, false)).await;
    let start = Instant::now();
    while !apid.waiting.lock().unwrap().as_deref().is_some_and(|why| why.starts_with("cannot listen on")) {
        assert!(start.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(taken);
    apid.reports(None).await;
}
