//! What a server gave, from its acknowledgement. Pure.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use dhcproto::v4::{DhcpOption, Message, OptionCode};
use ipnet::Ipv4Net;

/// Lease time when the server names none (contract os.md 5.3).
pub const FALLBACK_TIME: Duration = Duration::from_secs(30 * 60);

/// Shortest time between two renewals (contract os.md 5.3).
pub const MIN_RENEWAL: Duration = Duration::from_secs(5);

/// Smallest packet size that IPv4 allows on a link (RFC 791); smaller offers are not taken.
const MIN_MTU: u16 = 68;

/// What a server gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The address with its network.
    pub address: Ipv4Net,
    /// The server, for renewals.
    pub server: Ipv4Addr,
    /// Networks and the routers to them; a router of 0.0.0.0 means that the network is on the link.
    pub routes: Vec<(Ipv4Net, Ipv4Addr)>,
    /// Name servers.
    pub resolvers: Vec<IpAddr>,
    /// Domains to search.
    pub search: Vec<String>,
    /// Time servers.
    pub time_servers: Vec<String>,
    /// Largest packet size, bytes.
    pub mtu: Option<u16>,
    /// Host name.
    pub hostname: Option<String>,
    /// Domain of the host name.
    pub domain: Option<String>,
    /// How long the address may be used.
    pub time: Duration,
    /// When to ask the server for more time, after the lease began.
    pub renew: Duration,
    /// When to ask any server for more time, after the lease began.
    pub rebind: Duration,
}

/// Text of a server as a name may have it: no control characters, no end marks.
fn clean(text: &str) -> Option<String> {
    let text = text.trim_end_matches(['\0', '.']).trim();
    let sound = !text.is_empty() && text.len() <= 253 && text.chars().all(|c| c.is_ascii_graphic());
    sound.then(|| text.to_ascii_lowercase())
}

fn seconds(value: u32) -> Duration {
    Duration::from_secs(u64::from(value))
}

impl Lease {
    /// The lease of an acknowledgement; `None` when it has no usable address.
    pub fn from_ack(ack: &Message) -> Option<Self> {
        let options = ack.opts();
        let ip = ack.yiaddr();
        if ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast() || ip.is_loopback() {
            return None;
        }
        let mask = match options.get(OptionCode::SubnetMask) {
            Some(DhcpOption::SubnetMask(mask)) => *mask,
            // The mask that the class of the address implied.
            _ if ip.octets()[0] < 128 => Ipv4Addr::new(255, 0, 0, 0),
            _ if ip.octets()[0] < 192 => Ipv4Addr::new(255, 255, 0, 0),
            _ => Ipv4Addr::new(255, 255, 255, 0),
        };
        let address = Ipv4Net::with_netmask(ip, mask).ok()?;
        let time = match options.get(OptionCode::AddressLeaseTime) {
            Some(DhcpOption::AddressLeaseTime(s)) => seconds(*s).max(MIN_RENEWAL),
            _ => FALLBACK_TIME,
        };
        let renew = match options.get(OptionCode::Renewal) {
            Some(DhcpOption::Renewal(s)) if seconds(*s) < time => seconds(*s),
            _ => time / 2,
        };
        let rebind = match options.get(OptionCode::Rebinding) {
            Some(DhcpOption::Rebinding(s)) if seconds(*s) < time && seconds(*s) > renew => seconds(*s),
            _ => time / 8 * 7,
        };
        let renew = renew.max(MIN_RENEWAL).min(time);
        Some(Self {
            address,
            server: server(ack),
            routes: routes(ack),
            resolvers: match options.get(OptionCode::DomainNameServer) {
                Some(DhcpOption::DomainNameServer(list)) => list.iter().map(|ip| IpAddr::V4(*ip)).collect(),
                _ => Vec::new(),
            },
            search: match options.get(OptionCode::DomainSearch) {
                Some(DhcpOption::DomainSearch(list)) => {
                    list.iter().filter_map(|n| clean(&n.to_ascii())).collect()
                }
                _ => Vec::new(),
            },
            time_servers: match options.get(OptionCode::NtpServers) {
                Some(DhcpOption::NtpServers(list)) => list.iter().map(ToString::to_string).collect(),
                _ => Vec::new(),
            },
            mtu: match options.get(OptionCode::InterfaceMtu) {
                Some(DhcpOption::InterfaceMtu(mtu)) if *mtu >= MIN_MTU => Some(*mtu),
                _ => None,
            },
            hostname: match options.get(OptionCode::Hostname) {
                Some(DhcpOption::Hostname(name)) => clean(name),
                _ => None,
            },
            domain: match options.get(OptionCode::DomainName) {
                Some(DhcpOption::DomainName(name)) => clean(name),
                _ => None,
            },
            time,
            renew,
            rebind: rebind.max(renew).min(time),
        })
    }
}

/// The server that sent a message.
pub fn server(message: &Message) -> Ipv4Addr {
    match message.opts().get(OptionCode::ServerIdentifier) {
        Some(DhcpOption::ServerIdentifier(ip)) => *ip,
        _ => message.siaddr(),
    }
}

/// Classless routes; only without them the routers (RFC 3442: a server that sends both means the former).
fn routes(ack: &Message) -> Vec<(Ipv4Net, Ipv4Addr)> {
    match (ack.opts().get(OptionCode::ClasslessStaticRoute), ack.opts().get(OptionCode::Router)) {
        (Some(DhcpOption::ClasslessStaticRoute(list)), _) => list.clone(),
        (_, Some(DhcpOption::Router(routers))) => {
            routers.first().map(|r| (Ipv4Net::default(), *r)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}
