//! A whole networkd in a namespace: what the host passes in and what the configuration says, as clients see it.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use networkd::address::announce::GratuitousArp;
use networkd::kernel::driver::Drivers;
use networkd::kernel::linux::Netlink;
use networkd::world::World;
use networkd::{controllers, net};
use proto::resource::cluster::{ControlPlane, IdentitySpec, MemberSpec};
use proto::resource::config::MachineConfigSpec;
use proto::resource::enums::NethelpersFamily;
use proto::resource::k8s::{KubePrismEndpointsSpec, KubePrismStatusesSpec};
use proto::resource::network::{
    AddressSpecSpec, AddressStatusSpec, HostnameSpecSpec, HostnameStatusSpec, LinkSpecSpec, LinkStatusSpec,
    NodeAddressSpec, PlatformConfigSpec, ResolverSpecSpec, ResolverStatusSpec, RouteSpecSpec,
    RouteStatusSpec, StatusSpec,
};
use resources::{Spec, Typed};
use state::{Kind, MemoryState, Query, Runtime, State, ops};

use crate::namespace::{in_new_namespace, ip};

const CONFIG: &str = r#"
version: v1alpha1
machine:
    type: controlplane
    token: aaaaaa.bbbbbbbbbbbbbbbb
    features:
        kubePrism: {enabled: true, port: 7445}
        hostDNS: {enabled: true, forwardKubeDNSToHost: true, resolveMemberNames: true}
cluster:
    controlPlane: {endpoint: "https://10.5.0.2:6443"}
---
apiVersion: v1alpha1
kind: HostnameConfig
auto: stable
"#;

fn start(container: bool) -> (Arc<dyn State>, tokio::task::JoinSet<()>) {
    let state: Arc<dyn State> = Arc::new(MemoryState::new(std::time::SystemTime::now));
    let kernel = Netlink::open(Arc::new(Drivers::open().unwrap())).unwrap();
    let world = World::new(Arc::new(kernel));
    let mut runtime = Runtime::new(state.clone());
    controllers::register(&mut runtime, &world, Arc::new(GratuitousArp), container);
    let mut tasks = runtime.start();
    tasks.spawn(world.follow());
    (state, tasks)
}

/// What a host passes to a node in a container.
fn platform(hostname: &str) -> PlatformConfigSpec {
    let ip = |s: &str| Some(net::net_ip(s.parse().unwrap()));
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
            gateway: ip("10.5.0.1"),
            out_link_name: "eth0".into(),
            table: 254,
            r#type: 1,
            protocol: 4,
            ..Default::default()
        }],
        hostnames: vec![HostnameSpecSpec { hostname: hostname.into(), ..Default::default() }],
        resolvers: vec![ResolverSpecSpec {
            dns_servers: ip("10.5.0.1").into_iter().collect(),
            ..Default::default()
        }],
        ..Default::default()
    }
}

async fn put<S: Spec>(state: &dyn State, id: &str, spec: S) {
    state.create(Typed::new(id, spec).to_resource()).await.unwrap();
}

async fn wait<S: Spec>(state: &dyn State, id: &str, fits: impl Fn(&S) -> bool + Send + Copy) -> S {
    let found = ops::wait_for::<S>(state, id, move |r| fits(&r.spec));
    match tokio::time::timeout(Duration::from_secs(5), found).await {
        Ok(found) => found.unwrap().spec,
        Err(_) => panic!("{} {id} is {:?}", S::TYPE, ops::get::<S>(state, id).await.unwrap().map(|r| r.spec)),
    }
}

async fn ids<S: Spec>(state: &dyn State) -> Vec<String> {
    let all = state.list(&Kind::of::<S>(), &Query::default()).await.unwrap();
    all.into_iter().map(|r| r.metadata.id).collect()
}

fn texts(spec: &NodeAddressSpec) -> Vec<String> {
    networkd::nodeaddress::compute::prefixes(spec).iter().map(ToString::to_string).collect()
}

/// Asks for the IPv4 address of a name, with a message made by hand.
async fn resolve(server: &str, name: &str) -> Vec<u8> {
    let mut query = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        query.push(label.len() as u8);
        query.extend(label.as_bytes());
    }
    query.extend([0, 0, 1, 0, 1]);
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    let socket = tokio::net::UdpSocket::from_std(socket).unwrap();
    socket.send_to(&query, server.parse::<SocketAddr>().unwrap()).await.unwrap();
    let mut answer = vec![0; 512];
    let length =
        tokio::time::timeout(Duration::from_secs(5), socket.recv(&mut answer)).await.unwrap().unwrap();
    answer.truncate(length);
    answer
}

#[test]
fn a_container_node_becomes_what_its_host_and_configuration_say() {
    in_new_namespace("a_container_node_becomes_what_its_host_and_configuration_say", || async {
        let (state, _tasks) = start(true);
        let state = &*state;
        put(state, "local", IdentitySpec { node_id: "abc".into() }).await;

        // Maintenance: no configuration yet.
        put(state, "active", platform("peer-cp")).await;
        ip("link add eth0 type veth peer name host");
        ip("link set host up");
        wait::<RouteStatusSpec>(state, "inet4/10.5.0.1//0", |r| r.out_link_name == "eth0").await;
        let default = wait::<NodeAddressSpec>(state, "default", |s| !s.addresses.is_empty()).await;
        assert_eq!(texts(&default), ["10.5.0.2/24"]);
        wait::<HostnameStatusSpec>(state, "hostname", |s| s.hostname == "peer-cp").await;
        wait::<ResolverStatusSpec>(state, "resolvers", |s| {
            s.dns_servers.len() == 1 && s.dns_servers[0].ip == [10, 5, 0, 1]
        })
        .await;
        wait::<StatusSpec>(state, "status", |s| {
            s.address_ready && s.connectivity_ready && s.hostname_ready && !s.etc_files_ready
        })
        .await;
        let time = wait::<proto::resource::time::StatusSpec>(state, "node", |s| s.synced).await;
        assert!(time.sync_disabled && time.epoch == 0);
        let link = wait::<LinkStatusSpec>(state, "eth0", |s| s.operational_state == 6).await;
        assert_eq!(
            (link.kind.as_str(), link.driver.as_str(), link.driver_version.as_str()),
            ("veth", "veth", "1.0")
        );
        assert_eq!((link.speed_megabits, link.duplex, link.port, link.link_state), (10000, 1, 0, true));
        assert_eq!(ids::<NodeAddressSpec>(state).await, ["accumulative", "current", "default", "routed"]);

        // Configured.
        let spec = MachineConfigSpec { yaml_marshalled: CONFIG.as_bytes().to_vec() };
        put(state, "v1alpha1", spec).await;
        wait::<AddressStatusSpec>(state, "lo/169.254.116.108/32", |_| true).await;
        wait::<NodeAddressSpec>(state, "accumulative-no-k8s", |s| s.addresses.len() == 1).await;
        assert_eq!(ids::<NodeAddressSpec>(state).await.len(), 10);
        let member = MemberSpec {
            hostname: "peer-cp".into(),
            addresses: vec![net::net_ip("10.5.0.2".parse().unwrap())],
            control_plane: Some(ControlPlane { api_server_port: 6443 }),
            ..Default::default()
        };
        put(state, "peer-cp", member).await;
        let endpoints =
            wait::<KubePrismEndpointsSpec>(state, "k8s-cluster", |s| s.endpoints.len() == 3).await;
        assert_eq!(endpoints.endpoints[1].host, "localhost");
        wait::<KubePrismStatusesSpec>(state, "k8s-loadbalancer", |s| !s.healthy).await;

        // Host DNS answers on the address for pods, and KubePrism leads to the API server once there is one.
        let answer = resolve("169.254.116.108:53", "peer-cp").await;
        assert!(answer.ends_with(&[10, 5, 0, 2]), "{answer:?}");
        let _api_server = tokio::net::TcpListener::bind("10.5.0.2:6443").await.unwrap();
        wait::<KubePrismStatusesSpec>(state, "k8s-loadbalancer", |s| s.healthy).await;

        // Upstream clients see these; the kernel's own routes differ between kernels, so only ours are named.
        let routes = ids::<RouteStatusSpec>(state).await;
        for route in ["inet4//10.5.0.0/24/0", "inet4/10.5.0.1//0", "local/inet4//10.5.0.2/32/0"] {
            assert!(routes.iter().any(|r| r == route), "{route} in {routes:?}");
        }
    });
}

#[test]
fn a_configuration_that_is_withdrawn_takes_its_settings_along() {
    in_new_namespace("a_configuration_that_is_withdrawn_takes_its_settings_along", || async {
        let (state, _tasks) = start(true);
        let state = &*state;
        put(state, "active", platform("peer-cp")).await;
        ip("link add eth0 type veth peer name host");
        ip("link set host up");
        wait::<RouteStatusSpec>(state, "inet4/10.5.0.1//0", |_| true).await;
        let text = r#"
version: v1alpha1
machine: {type: worker, network: {hostname: wrong.example.org, nameservers: [10.9.9.9]}}
---
apiVersion: v1alpha1
kind: LinkConfig
name: eth0
mtu: 1400
addresses: [{address: 10.99.0.2/24}]
routes: [{destination: 10.98.0.0/16, gateway: 10.99.0.1}]
---
apiVersion: v1alpha1
kind: StaticHostConfig
name: 10.5.0.9
hostnames: [nine.example]
"#;
        let resource =
            Typed::new("v1alpha1", MachineConfigSpec { yaml_marshalled: text.into() }).to_resource();
        let pointer = state::Pointer::to(&resource);
        state.create(resource).await.unwrap();
        wait::<RouteStatusSpec>(state, "inet4/10.99.0.1/10.98.0.0/16/1024", |r| r.out_link_name == "eth0")
            .await;
        wait::<LinkStatusSpec>(state, "eth0", |l| l.mtu == 1400).await;
        wait::<HostnameStatusSpec>(state, "hostname", |h| {
            h.hostname == "wrong" && h.domainname == "example.org"
        })
        .await;
        let resolvers =
            wait::<ResolverStatusSpec>(state, "resolvers", |r| r.search_domains == ["example.org"]).await;
        assert_eq!(resolvers.dns_servers[0].ip, [10, 9, 9, 9]);
        wait::<proto::resource::network::StaticHostSpec>(state, "nine.example", |h| h.addresses.len() == 1)
            .await;

        assert!(ops::teardown_and_destroy(state, "", &pointer).await.unwrap());
        wait::<HostnameStatusSpec>(state, "hostname", |h| h.hostname == "peer-cp" && h.domainname.is_empty())
            .await;
        let gone = async {
            while ids::<AddressStatusSpec>(state).await.iter().any(|a| a.contains("10.99.0.2"))
                || ids::<RouteStatusSpec>(state).await.iter().any(|r| r.contains("10.98.0.0"))
            {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), gone).await.expect("withdrawn settings go");
        // What the platform gave is still there.
        assert!(ids::<AddressStatusSpec>(state).await.contains(&"eth0/10.5.0.2/24".to_owned()));
    });
}
