//! DHCP against a server at the other end of a pair of links.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dhcproto::v4::{DhcpOption, Message, MessageType, Opcode};
use dhcproto::{Decodable, Decoder, Encodable};
use networkd::address::announce::Silent;
use networkd::controllers;
use networkd::kernel::linux::{Netlink, NoDriver};
use networkd::world::World;
use proto::resource::network::{
    AddressStatusSpec, Dhcp4OperatorSpec, HostnameStatusSpec, OperatorSpecSpec, ResolverStatusSpec,
    RouteStatusSpec,
};
use resources::{Spec, Typed};
use socket2::{Domain, Protocol, Socket, Type};
use state::{MemoryState, Runtime, State, ops};

use crate::namespace::{in_new_namespace, ip, output};

/// What the server saw, and whether it refuses.
#[derive(Default)]
struct Seen {
    kinds: Vec<MessageType>,
    refuse: bool,
}

fn options(kind: MessageType) -> Vec<DhcpOption> {
    vec![
        DhcpOption::MessageType(kind),
        DhcpOption::ServerIdentifier(Ipv4Addr::new(10, 77, 0, 1)),
        DhcpOption::SubnetMask(Ipv4Addr::new(255, 255, 255, 0)),
        DhcpOption::AddressLeaseTime(10),
        DhcpOption::Router(vec![Ipv4Addr::new(10, 77, 0, 1)]),
        DhcpOption::DomainNameServer(vec![Ipv4Addr::new(10, 77, 0, 1)]),
        DhcpOption::Hostname("leased".into()),
        DhcpOption::DomainName("example.org".into()),
    ]
}

/// A server with one address to give, on `link`.
async fn serve(link: &str, seen: Arc<Mutex<Seen>>) {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM.nonblocking(), Some(Protocol::UDP)).unwrap();
    socket.set_broadcast(true).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.bind_device(Some(link.as_bytes())).unwrap();
    socket.bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 67).into()).unwrap();
    let socket = tokio::net::UdpSocket::from_std(socket.into()).unwrap();
    let mut buffer = vec![0; 1500];
    loop {
        let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
        let message = Message::decode(&mut Decoder::new(&buffer[..length])).unwrap();
        let kind = message.opts().msg_type().unwrap();
        let refuse = {
            let mut seen = seen.lock().unwrap();
            seen.kinds.push(kind);
            seen.refuse
        };
        let answer = match kind {
            MessageType::Discover => MessageType::Offer,
            MessageType::Request if refuse => MessageType::Nak,
            MessageType::Request => MessageType::Ack,
            _ => continue,
        };
        let zero = Ipv4Addr::UNSPECIFIED;
        let given = Ipv4Addr::new(10, 77, 0, 50);
        let mut reply = Message::new_with_id(message.xid(), zero, given, zero, zero, message.chaddr());
        reply.set_opcode(Opcode::BootReply);
        for option in options(answer) {
            reply.opts_mut().insert(option);
        }
        let to = if client.ip().is_unspecified() {
            SocketAddrV4::new(Ipv4Addr::BROADCAST, 68).into()
        } else {
            client
        };
        socket.send_to(&reply.to_vec().unwrap(), to).await.unwrap();
    }
}

/// Starts the server on a thread in a new namespace and returns the thread's id; it takes up the link `server`
/// when that arrives, and ends with the process.
fn start_server(seen: Arc<Mutex<Seen>>, addresses: &'static [&'static str]) -> i32 {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET).unwrap();
        tell.send(nix::unistd::gettid().as_raw()).unwrap();
        while !output("-o link").contains("server") {
            std::thread::sleep(Duration::from_millis(5));
        }
        ip("link set server up");
        for address in addresses {
            ip(&format!("addr add {address}/24 dev server"));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(serve("server", seen));
    });
    told.recv().unwrap()
}

/// A whole networkd over a fresh store.
fn start() -> (Arc<dyn State>, tokio::task::JoinSet<()>) {
    let state: Arc<dyn State> = Arc::new(MemoryState::new(std::time::SystemTime::now));
    let world = World::new(Arc::new(Netlink::open(Arc::new(NoDriver)).unwrap()));
    let mut runtime = Runtime::new(state.clone());
    controllers::register(&mut runtime, &world, Arc::new(Silent), true);
    let mut tasks = runtime.start();
    tasks.spawn(world.follow());
    (state, tasks)
}

async fn wish_for_dhcp(state: &dyn State) -> state::Pointer {
    let spec = OperatorSpecSpec {
        link_name: "eth0".into(),
        require_up: true,
        dhcp4: Some(Dhcp4OperatorSpec { route_metric: 1024, ..Default::default() }),
        config_layer: 4,
        ..Default::default()
    };
    let wish = Typed::new("configuration/dhcp4/eth0", spec).in_namespace("network-config").to_resource();
    let pointer = state::Pointer::to(&wish);
    state.create(wish).await.unwrap();
    pointer
}

async fn until<S: Spec>(state: &dyn State, id: &str, seconds: u64, fits: impl Fn(Option<&S>) -> bool) {
    let looking = async {
        loop {
            let found = ops::get::<S>(state, id).await.unwrap();
            if fits(found.as_ref().map(|f| &f.spec)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(seconds), looking).await.is_ok(), "{} {id}", S::TYPE);
}

#[test]
fn an_address_is_leased_renewed_given_up_on_refusal_and_released() {
    in_new_namespace("an_address_is_leased_renewed_given_up_on_refusal_and_released", || async {
        let (state, mut tasks) = start();

        // The server lives at the other end of the wire, in a namespace of its own.
        let seen: Arc<Mutex<Seen>> = Arc::default();
        ip("link add eth0 type veth peer name server");
        let server = start_server(seen.clone(), &["10.77.0.1"]);
        ip(&format!("link set server netns {server}"));
        ip("link set eth0 up");
        let state = &*state;
        let pointer = wish_for_dhcp(state).await;
        until::<AddressStatusSpec>(state, "eth0/10.77.0.50/24", 10, |a| a.is_some()).await;
        until::<RouteStatusSpec>(state, "inet4/10.77.0.1//1024", 5, |r| r.is_some_and(|r| r.protocol == 16))
            .await;
        until::<HostnameStatusSpec>(state, "hostname", 5, |h| {
            h.is_some_and(|h| h.hostname == "leased" && h.domainname == "example.org")
        })
        .await;
        until::<ResolverStatusSpec>(state, "resolvers", 5, |r| {
            r.is_some_and(|r| r.dns_servers[0].ip == [10, 77, 0, 1])
        })
        .await;

        // Half of ten seconds later it is renewed.
        let renewed = async {
            while seen.lock().unwrap().kinds.iter().filter(|k| **k == MessageType::Request).count() < 2 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(9), renewed).await.expect("the lease is renewed");
        assert!(ops::get::<AddressStatusSpec>(state, "eth0/10.77.0.50/24").await.unwrap().is_some());

        // A server that refuses the next renewal ends it.
        seen.lock().unwrap().refuse = true;
        until::<AddressStatusSpec>(state, "eth0/10.77.0.50/24", 9, |a| a.is_none()).await;
        seen.lock().unwrap().refuse = false;
        until::<AddressStatusSpec>(state, "eth0/10.77.0.50/24", 15, |a| a.is_some()).await;

        // Nobody wants it any more: it is given back.
        assert!(ops::teardown_and_destroy(state, "", &pointer).await.unwrap());
        until::<AddressStatusSpec>(state, "eth0/10.77.0.50/24", 5, |a| a.is_none()).await;
        let released = async {
            while !seen.lock().unwrap().kinds.contains(&MessageType::Release) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), released).await.expect("the lease is released");
        tasks.shutdown().await;
    });
}

#[test]
fn an_address_that_somebody_has_is_declined_and_not_used() {
    in_new_namespace("an_address_that_somebody_has_is_declined_and_not_used", || async {
        let (state, _tasks) = start();
        let seen: Arc<Mutex<Seen>> = Arc::default();
        ip("link add eth0 type veth peer name server");
        // The server has the very address that it gives away.
        let server = start_server(seen.clone(), &["10.77.0.1", "10.77.0.50"]);
        ip(&format!("link set server netns {server}"));
        ip("link set eth0 up");
        wish_for_dhcp(&*state).await;
        let declined = async {
            while !seen.lock().unwrap().kinds.contains(&MessageType::Decline) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), declined).await.expect("the address is declined");
        assert!(ops::get::<AddressStatusSpec>(&*state, "eth0/10.77.0.50/24").await.unwrap().is_none());
    });
}
