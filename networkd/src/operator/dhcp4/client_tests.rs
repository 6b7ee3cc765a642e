//! The client against simulated servers on a simulated clock.

use dhcproto::v4::{DhcpOption, OptionCode};
use dhcproto::{Decodable as _, Decoder, Encodable as _};

use super::*;

const MAC: [u8; 6] = [2, 0, 0, 0, 0, 9];
const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 50);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 1);

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn identity() -> Identity {
    Identity { hardware: MAC.to_vec(), hostname: "node".into(), ..Identity::default() }
}

/// An answer to a message of the client.
fn answer(to: &Message, kind: MessageType, lease: u32) -> Message {
    let zero = Ipv4Addr::UNSPECIFIED;
    let mut message = Message::new_with_id(to.xid(), zero, ADDRESS, zero, zero, to.chaddr());
    message.set_opcode(dhcproto::v4::Opcode::BootReply);
    let options = message.opts_mut();
    options.insert(DhcpOption::MessageType(kind));
    options.insert(DhcpOption::ServerIdentifier(SERVER));
    options.insert(DhcpOption::SubnetMask(Ipv4Addr::new(255, 255, 255, 0)));
    options.insert(DhcpOption::AddressLeaseTime(lease));
    message
}

fn broadcast(actions: &[Action]) -> &Message {
    match actions {
        [Action::Broadcast(message)] | [Action::Stop, Action::Broadcast(message)] => message,
        other => panic!("{other:?} is no broadcast"),
    }
}

fn kind(message: &Message) -> MessageType {
    message.opts().msg_type().unwrap()
}

/// A client that got a lease of so many seconds at second 1.
fn bound(lease: u32) -> Client {
    let mut client = Client::new(identity(), Duration::ZERO);
    let discover = broadcast(&client.tick(Duration::ZERO, 77)).clone();
    assert_eq!(kind(&discover), MessageType::Discover);
    let request = client.receive(&answer(&discover, MessageType::Offer, lease), seconds(1));
    let request = broadcast(&request).clone();
    assert_eq!(kind(&request), MessageType::Request);
    let used = client.receive(&answer(&request, MessageType::Ack, lease), seconds(1));
    assert!(matches!(&used[..], [Action::Use(lease)] if lease.address.addr() == ADDRESS), "{used:?}");
    client
}

#[test]
fn an_offer_is_requested_and_the_acknowledged_lease_is_used() {
    let client = bound(3600);
    assert_eq!(client.lease().unwrap().server, SERVER);
    assert_eq!(client.wake_at(), seconds(1 + 1800));
}

#[test]
fn a_client_without_an_answer_asks_again_ever_more_rarely() {
    let mut client = Client::new(identity(), Duration::ZERO);
    let mut now = Duration::ZERO;
    let mut waits = Vec::new();
    for _ in 0..8 {
        let actions = client.tick(now, 1000);
        assert_eq!(kind(broadcast(&actions)), MessageType::Discover);
        waits.push((client.wake_at() - now).as_secs());
        now = client.wake_at();
    }
    assert_eq!(waits, [2, 4, 8, 16, 32, 64, 64, 64]);
}

#[test]
fn a_lease_is_renewed_with_its_server_then_with_any_and_then_given_up() {
    let mut client = bound(800);
    let mut log = Vec::new();
    let mut now = Duration::ZERO;
    while log.last() != Some(&"discover") {
        now = client.wake_at().max(now);
        for action in client.tick(now, 5) {
            log.push(match action {
                Action::Unicast(message, SERVER) if kind(&message) == MessageType::Request => {
                    assert_eq!(message.ciaddr(), ADDRESS);
                    assert!(message.opts().get(OptionCode::ServerIdentifier).is_none());
                    "renew"
                }
                Action::Broadcast(message) if kind(&message) == MessageType::Request => "rebind",
                Action::Broadcast(message) if kind(&message) == MessageType::Discover => "discover",
                Action::Stop => "stop",
                other => panic!("{other:?}"),
            });
        }
        assert!(log.len() < 50, "{log:?}");
    }
    // The lease began at second 1: T1 at half, T2 at seven eighths, end at 801 s.
    assert_eq!(now, seconds(801));
    let mut order = log.clone();
    order.dedup();
    assert_eq!(order, ["renew", "rebind", "stop", "discover"]);
    assert!(log.iter().filter(|l| **l == "renew").count() > 2);
}

#[test]
fn an_answer_to_a_renewal_gives_the_lease_new_time() {
    let mut client = bound(800);
    let renewal = client.tick(client.wake_at(), 9);
    let [Action::Unicast(request, _)] = &renewal[..] else { panic!("{renewal:?}") };
    let used = client.receive(&answer(request, MessageType::Ack, 800), seconds(402));
    assert!(matches!(used[..], [Action::Use(_)]));
    // Time counts from when the request was sent.
    assert_eq!(client.wake_at(), seconds(401 + 400));
}

#[test]
fn a_server_that_says_no_ends_the_lease_at_once() {
    let mut client = bound(800);
    let renewal = client.tick(client.wake_at(), 9);
    let [Action::Unicast(request, _)] = &renewal[..] else { panic!("{renewal:?}") };
    let actions = client.receive(&answer(request, MessageType::Nak, 0), seconds(402));
    assert_eq!(actions, [Action::Stop]);
    assert!(client.lease().is_none());
    assert_eq!(kind(broadcast(&client.tick(seconds(402), 10))), MessageType::Discover);
}

#[test]
fn an_address_that_somebody_else_uses_is_declined() {
    let mut client = bound(800);
    let actions = client.conflict(seconds(2));
    let [Action::Broadcast(decline), Action::Stop] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!(kind(decline), MessageType::Decline);
    assert!(client.tick(seconds(11), 1).is_empty());
    assert_eq!(kind(broadcast(&client.tick(seconds(12), 1))), MessageType::Discover);
}

#[test]
fn an_address_longer_than_its_field_is_nobodys() {
    let mut client = Client::new(identity(), Duration::ZERO);
    let discover = broadcast(&client.tick(Duration::ZERO, 77)).clone();
    let mut bytes = answer(&discover, MessageType::Offer, 3600).to_vec().unwrap();
    for length in [0, 5, 7, 16, 17, 255] {
        // Its third byte says how long the address is (RFC 2131 2).
        bytes[2] = length;
        let offer = Message::decode(&mut Decoder::new(&bytes)).unwrap();
        assert!(client.receive(&offer, seconds(1)).is_empty(), "{length}");
    }
}

#[test]
fn messages_for_others_are_not_taken() {
    let mut client = Client::new(identity(), Duration::ZERO);
    let discover = broadcast(&client.tick(Duration::ZERO, 77)).clone();
    let mut other_client = answer(&discover, MessageType::Offer, 60);
    other_client.set_chaddr(&[2, 0, 0, 0, 0, 8]);
    let mut other_question = answer(&discover, MessageType::Offer, 60);
    other_question.set_xid(78);
    let mut no_address = answer(&discover, MessageType::Offer, 60);
    no_address.set_yiaddr(Ipv4Addr::UNSPECIFIED);
    let early = answer(&discover, MessageType::Ack, 60);
    for message in [other_client, other_question, no_address, early] {
        assert!(client.receive(&message, seconds(1)).is_empty());
    }
}

#[test]
fn a_server_that_offers_but_never_acknowledges_is_left() {
    let mut client = Client::new(identity(), Duration::ZERO);
    let discover = broadcast(&client.tick(Duration::ZERO, 77)).clone();
    client.receive(&answer(&discover, MessageType::Offer, 60), seconds(1));
    let mut kinds = Vec::new();
    for _ in 0..3 {
        kinds.push(kind(broadcast(&client.tick(client.wake_at(), 78))));
    }
    assert_eq!(kinds, [MessageType::Request, MessageType::Request, MessageType::Discover]);
}

#[test]
fn very_short_leases_are_not_renewed_hectically() {
    let client = bound(2);
    assert_eq!(client.wake_at(), seconds(6));
}

#[test]
fn a_link_that_comes_back_is_checked_with_any_server() {
    let mut client = bound(3600);
    client.reconnected(seconds(100), 55);
    let actions = client.tick(seconds(100), 55);
    assert_eq!(broadcast(&actions).ciaddr(), ADDRESS);
    assert!(client.lease().is_some());
}

#[test]
fn leases_mean_addresses_routes_and_servers() {
    let mut ack = answer(&Message::default(), MessageType::Ack, 600);
    let options = ack.opts_mut();
    options.insert(DhcpOption::SubnetMask(Ipv4Addr::BROADCAST));
    options.insert(DhcpOption::Router(vec![Ipv4Addr::new(10, 9, 0, 1)]));
    options.insert(DhcpOption::DomainNameServer(vec![Ipv4Addr::new(10, 9, 0, 2)]));
    options.insert(DhcpOption::NtpServers(vec![Ipv4Addr::new(10, 9, 0, 3)]));
    options.insert(DhcpOption::InterfaceMtu(1400));
    options.insert(DhcpOption::Hostname("Node.Example.org\0".into()));
    options.insert(DhcpOption::DomainName("other.example".into()));
    let lease = Lease::from_ack(&ack).unwrap();
    let spec = proto::resource::network::Dhcp4OperatorSpec { route_metric: 1024, ..Default::default() };
    let found = super::super::wishes::wishes("eth0", &spec, &lease);
    let ids: Vec<_> = found.routes.iter().map(crate::id::route_spec).collect();
    // A gateway outside the leased network (a /32) is reached through a route of its own.
    assert_eq!(ids, ["inet4//10.9.0.1/32/1024", "inet4/10.9.0.1//1024"]);
    assert_eq!(crate::id::address_spec(&found.addresses[0]), "eth0/10.9.0.50/32");
    assert_eq!(found.links[0].mtu, 1400);
    assert_eq!(
        (found.hostnames[0].hostname.as_str(), found.hostnames[0].domainname.as_str()),
        ("node", "example.org")
    );
    assert_eq!(found.time_servers[0].ntp_servers, ["10.9.0.3"]);
    assert_eq!(found.resolvers[0].dns_servers.len(), 1);

    let quiet = proto::resource::network::Dhcp4OperatorSpec {
        skip_routes: true,
        skip_hostname_request: true,
        ..Default::default()
    };
    let found = super::super::wishes::wishes("eth0", &quiet, &lease);
    assert!(found.routes.is_empty() && found.hostnames.is_empty());
}

#[test]
fn names_from_servers_are_not_taken_blindly() {
    let mut ack = answer(&Message::default(), MessageType::Ack, 600);
    ack.opts_mut().insert(DhcpOption::Hostname("a b\n".into()));
    ack.opts_mut().insert(DhcpOption::InterfaceMtu(20));
    let lease = Lease::from_ack(&ack).unwrap();
    assert_eq!((lease.hostname, lease.mtu), (None, None));
}
