//! The whole way from a wish in the store to the kernel, and back when somebody interferes.

use std::sync::Arc;
use std::time::Duration;

use networkd::address::announce::Silent;
use networkd::address::apply::AddressSpecController;
use networkd::kernel::linux::{Netlink, NoDriver};
use networkd::layer::{MergeController, WISHES};
use networkd::link::apply::LinkSpecController;
use networkd::route::apply::RouteSpecController;
use networkd::status::StatusController;
use networkd::world::World;
use networkd::{id, net};
use proto::resource::enums::{NethelpersFamily, NetworkConfigLayer};
use proto::resource::network::{
    AddressSpecSpec, AddressStatusSpec, LinkSpecSpec, LinkStatusSpec, RouteSpecSpec, RouteStatusSpec,
};
use resources::{Spec, Typed};
use state::{MemoryState, Pointer, Runtime, State};

use crate::namespace::{in_new_namespace, ip, output};

const PLATFORM: i32 = NetworkConfigLayer::ConfigPlatform as i32;

/// Starts the controllers of links, addresses and routes over a fresh store.
fn start() -> (Arc<dyn State>, tokio::task::JoinSet<()>) {
    let state: Arc<dyn State> = Arc::new(MemoryState::new(std::time::SystemTime::now));
    let world = World::new(Arc::new(Netlink::open(Arc::new(NoDriver)).unwrap()));
    let mut runtime = Runtime::new(state.clone());
    runtime.register(MergeController::<LinkSpecSpec>::default());
    runtime.register(MergeController::<AddressSpecSpec>::default());
    runtime.register(MergeController::<RouteSpecSpec>::default());
    runtime.register(LinkSpecController::new(world.clone()));
    runtime.register(AddressSpecController::new(world.clone(), Arc::new(Silent)));
    runtime.register(RouteSpecController::new(world.clone()));
    runtime.register(StatusController::<LinkStatusSpec>::new(world.clone()));
    runtime.register(StatusController::<AddressStatusSpec>::new(world.clone()));
    runtime.register(StatusController::<RouteStatusSpec>::new(world.clone()));
    let mut tasks = runtime.start();
    tasks.spawn(world.follow());
    (state, tasks)
}

async fn wish<S: Spec>(state: &dyn State, key: &str, spec: S) -> Pointer {
    let resource = Typed::new(id::layered(PLATFORM, key), spec).in_namespace(WISHES).to_resource();
    let pointer = Pointer::to(&resource);
    state.create(resource).await.unwrap();
    pointer
}

/// Waits until a resource is there (or is not).
async fn until<S: Spec>(state: &dyn State, id: &str, there: bool) {
    let looking = async {
        while state.get(&Pointer::of::<S>(id)).await.is_ok() != there {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let result = tokio::time::timeout(Duration::from_secs(5), looking).await;
    assert!(result.is_ok(), "{id} is {} after 5 s", if there { "not there" } else { "still there" });
}

fn wishes() -> (LinkSpecSpec, AddressSpecSpec, RouteSpecSpec) {
    let link = LinkSpecSpec { name: "eth0".into(), up: true, config_layer: PLATFORM, ..Default::default() };
    let address = AddressSpecSpec {
        address: Some(net::net_prefix("10.9.0.2/24".parse().unwrap())),
        link_name: "eth0".into(),
        family: NethelpersFamily::FamilyInet4 as i32,
        config_layer: PLATFORM,
        ..Default::default()
    };
    let route = RouteSpecSpec {
        family: NethelpersFamily::FamilyInet4 as i32,
        gateway: Some(net::net_ip("10.9.0.1".parse().unwrap())),
        out_link_name: "eth0".into(),
        table: 254,
        r#type: 1,
        protocol: 4,
        config_layer: PLATFORM,
        ..Default::default()
    };
    (link, address, route)
}

const ADDRESS: &str = "eth0/10.9.0.2/24";
const ROUTE: &str = "inet4/10.9.0.1//0";

/// The kernel has the link up, the address and the route.
fn is_configured() -> bool {
    output("-o addr show dev eth0 up").contains("10.9.0.2/24")
        && output("route show default").contains("10.9.0.1")
}

#[test]
fn what_is_removed_by_hand_comes_back_and_what_is_withdrawn_goes() {
    in_new_namespace("what_is_removed_by_hand_comes_back_and_what_is_withdrawn_goes", || async {
        let (state, _tasks) = start();
        let (link, address, route) = wishes();
        wish(&*state, "eth0", link).await;
        let address = wish(&*state, ADDRESS, address).await;
        wish(&*state, ROUTE, route).await;

        // The link appears after the wishes for it, as a host hands it in.
        ip("link add eth0 type veth peer name peer");
        ip("link set peer up");
        until::<AddressStatusSpec>(&*state, ADDRESS, true).await;
        until::<RouteStatusSpec>(&*state, ROUTE, true).await;

        for removal in ["addr del 10.9.0.2/24 dev eth0", "route del default", "link set eth0 down"] {
            ip(removal);
            assert!(!is_configured(), "{removal} did nothing");
            let repaired = async {
                while !is_configured() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            let result = tokio::time::timeout(Duration::from_secs(5), repaired).await;
            assert!(result.is_ok(), "not repaired after {removal}");
        }
        until::<AddressStatusSpec>(&*state, ADDRESS, true).await;
        until::<RouteStatusSpec>(&*state, ROUTE, true).await;

        // Strangers' addresses are left alone; a withdrawn one goes.
        ip("addr add 10.8.0.1/24 dev eth0");
        until::<AddressStatusSpec>(&*state, "eth0/10.8.0.1/24", true).await;
        state.teardown(&address, "").await.unwrap();
        state.destroy(&address, "").await.unwrap();
        until::<AddressStatusSpec>(&*state, ADDRESS, false).await;
        until::<AddressSpecSpec>(&*state, ADDRESS, false).await;
        until::<AddressStatusSpec>(&*state, "eth0/10.8.0.1/24", true).await;
    });
}

#[test]
fn a_link_given_again_under_another_number_is_configured_again() {
    in_new_namespace("a_link_given_again_under_another_number_is_configured_again", || async {
        let (state, _tasks) = start();
        let (link, address, route) = wishes();
        wish(&*state, "eth0", link).await;
        wish(&*state, ADDRESS, address).await;
        wish(&*state, ROUTE, route).await;
        for _ in 0..3 {
            ip("link add eth0 type veth peer name peer");
            ip("link set peer up");
            until::<RouteStatusSpec>(&*state, ROUTE, true).await;
            ip("link del eth0");
            until::<LinkStatusSpec>(&*state, "eth0", false).await;
            until::<AddressStatusSpec>(&*state, ADDRESS, false).await;
        }
    });
}
