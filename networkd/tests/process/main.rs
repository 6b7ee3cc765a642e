//! The program itself, as machined starts it: its user, its few capabilities, its two inherited sockets, and a
//! store that outlives it.
//!
//! Needs root; without it the test says that it was skipped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

#[path = "../kernel/namespace.rs"]
mod namespace;

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use namespace::{in_new_namespace, ip, output};
use networkd::net;
use proto::cosi::resource::state_server::StateServer;
use proto::internal::DryRunRequest;
use proto::internal::network_service_client::NetworkServiceClient;
use proto::resource::enums::NethelpersFamily;
use proto::resource::network::{
    AddressSpecSpec, AddressStatusSpec, LinkSpecSpec, NodeAddressSpec, PlatformConfigSpec, RouteSpecSpec,
    RouteStatusSpec,
};
use resources::{Spec, Typed};
use rpc::serve;
use state::service::{Access, AccessPolicy, StateService};
use state::{MemoryState, State, ops};
use supervisor::{Connection, Readiness};
use sys::capability::Capability;
use sys::process::{CapabilityPolicy, Child, Command, Reaper, SpawnPort, Stdio, User};
use tonic::Status;

/// The user that networkd runs as (ARCHITECTURE.md, "Processes").
const UID: u32 = 52;

/// Lets the only child read and write everything.
struct Everything;

impl AccessPolicy for Everything {
    fn read(&self, _: &Access<'_>) -> Result<(), Status> {
        Ok(())
    }

    fn write(&self, _: &Access<'_>) -> Result<(), Status> {
        Ok(())
    }

    fn yaml(&self) -> bool {
        false
    }
}

/// The program in a place where any user may execute it.
struct Program(PathBuf);

impl Program {
    fn new() -> Self {
        let dir = std::env::temp_dir().join(format!("networkd-test-{}", std::process::id()));
        std::fs::create_dir(&dir).unwrap();
        std::fs::create_dir(dir.join("run")).unwrap();
        std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::chown(dir.join("run"), Some(UID), Some(UID)).unwrap();
        std::fs::copy(env!("CARGO_BIN_EXE_networkd"), dir.join("networkd")).unwrap();
        Self(dir)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("run/networkd.sock")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn start(program: &Program, reaper: &Reaper, state: &Arc<dyn State>) -> (Child, Connection) {
    let (store, its_store) = UnixStream::pair().unwrap();
    let (supervision, its_supervision) = UnixStream::pair().unwrap();
    store.set_nonblocking(true).unwrap();
    let service = StateServer::new(StateService::new(state.clone(), Everything));
    tokio::spawn(serve::connection(
        tokio::net::UnixStream::from_std(store).unwrap(),
        (),
        service,
        serve::Options::default(),
        serve::Drain::new(),
    ));
    let capabilities =
        vec![Capability::CAP_NET_ADMIN, Capability::CAP_NET_RAW, Capability::CAP_NET_BIND_SERVICE];
    let command = Command::new(program.0.join("networkd"))
        .args(["--container", "true", "--store-fd", "3", "--supervision-fd", "4"])
        .args([OsString::from("--socket"), program.socket().into()])
        .user(User::with_own_group(UID))
        .capabilities(CapabilityPolicy::Only(capabilities))
        .no_new_privs()
        .stderr(Stdio::Inherit)
        .inherit(OwnedFd::from(its_store))
        .inherit(OwnedFd::from(its_supervision));
    let child = reaper.spawn(&command).unwrap();
    (child, Connection::new(supervision).unwrap())
}

fn platform() -> PlatformConfigSpec {
    PlatformConfigSpec {
        links: vec![LinkSpecSpec { name: "eth0".into(), up: true, ..Default::default() }],
        addresses: vec![AddressSpecSpec {
            address: Some(net::net_prefix("10.5.0.2/24".parse().unwrap())),
            link_name: "eth0".into(),
            family: NethelpersFamily::FamilyInet4 as i32,
            ..Default::default()
        }],
        routes: vec![RouteSpecSpec {
            family: NethelpersFamily::FamilyInet4 as i32,
            gateway: Some(net::net_ip("10.5.0.1".parse().unwrap())),
            out_link_name: "eth0".into(),
            protocol: 4,
            ..Default::default()
        }],
        ..Default::default()
    }
}

async fn until<S: Spec>(state: &dyn State, id: &str) {
    let found = ops::wait_for::<S>(state, id, |_| true);
    tokio::time::timeout(Duration::from_secs(10), found).await.expect(id).unwrap();
}

async fn until_configured(what: &str) {
    let looking = async {
        while !(output("-o addr show dev eth0").contains("10.5.0.2/24")
            && output("route").contains("10.5.0.1"))
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), looking).await.expect(what);
}

#[test]
fn it_configures_the_node_survives_its_own_death_and_leaves_things_in_place() {
    in_new_namespace("it_configures_the_node_survives_its_own_death_and_leaves_things_in_place", || async {
        let program = Program::new();
        let reaper = Reaper::start().unwrap();
        let state: Arc<dyn State> = Arc::new(MemoryState::new(std::time::SystemTime::now));
        ip("link add eth0 type veth peer name host");
        ip("link set host up");
        state.create(Typed::new("active", platform()).to_resource()).await.unwrap();

        let (child, supervision) = start(&program, &reaper, &state);
        let (to, mut seen) = tokio::sync::watch::channel(Readiness::default());
        let follow = supervision.clone();
        let following = tokio::spawn(async move { follow.follow_readiness(to).await });
        tokio::time::timeout(Duration::from_secs(10), seen.wait_for(|r| r.ready)).await.unwrap().unwrap();
        until::<RouteStatusSpec>(&*state, "inet4/10.5.0.1//0").await;
        until::<NodeAddressSpec>(&*state, "default").await;
        let told =
            dry_run(&program, "version: v1alpha1\nmachine: {type: worker, network: {hostname: other}}\n")
                .await;
        assert!(told.unwrap().iter().any(|s| s.starts_with("hostname ") && s.ends_with("→ other")));
        let refused = dry_run(&program, "version: v1alpha1\nmachine: {nope: 1}\n").await.unwrap_err();
        assert!(refused.message().contains("nope"), "{refused}");
        if std::env::var_os("NETWORKD_MEASURE").is_some() {
            measure(child.pid()).await;
        }

        // Killed in the middle of somebody's meddling: the next one repairs it.
        child.signal(sys::process::Signal::SIGKILL).unwrap();
        child.exit_receiver().wait_for(Option::is_some).await.unwrap();
        following.abort();
        ip("addr del 10.5.0.2/24 dev eth0");
        let (child, supervision) = start(&program, &reaper, &state);
        until_configured("a killed networkd is not replaced").await;

        // Meddling while it runs is repaired too.
        ip("route del default");
        until_configured("a removed route does not come back").await;
        until::<AddressStatusSpec>(&*state, "eth0/10.5.0.2/24").await;

        // Asked to end, it ends and takes nothing along.
        supervision.drain(Duration::from_secs(5)).await.unwrap();
        let mut exit = child.exit_receiver();
        let exit =
            tokio::time::timeout(Duration::from_secs(6), exit.wait_for(Option::is_some)).await.unwrap();
        assert!(exit.unwrap().as_ref().unwrap().success());
        assert!(output("-o addr show dev eth0").contains("10.5.0.2/24"));
    });
}

/// What a configuration would change, asked over the program's own socket.
async fn dry_run(program: &Program, config: &str) -> Result<Vec<String>, Status> {
    let stream = tokio::net::UnixStream::connect(program.socket()).await.unwrap();
    let mut client = NetworkServiceClient::new(rpc::client::channel_from_stream(stream));
    let answer = client.dry_run(DryRunRequest { config: config.into() }).await?.into_inner();
    Ok(answer.steps.into_iter().map(|s| format!("{} {} {}", s.noun, s.id, s.detail)).collect())
}

/// Prints what the process takes while nothing happens, for `make bench` and the curious.
async fn measure(pid: i32) {
    let ticks = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = ticks();
    tokio::time::sleep(Duration::from_secs(20)).await;
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    for line in
        rollup.lines().filter(|l| l.starts_with("Pss") || l.starts_with("Rss") || l.starts_with("Anon"))
    {
        eprintln!("networkd: {line}");
    }
    eprintln!("networkd: {} ticks of processor time in 20 idle seconds", ticks() - before);
}
