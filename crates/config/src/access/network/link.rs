//! Links with their addresses and routes.

use std::collections::HashSet;
use std::net::IpAddr;

use ipnet::IpNet;
use sha2::{Digest, Sha256};

use crate::Config;
use crate::documents::network::{
    AddressConfig, BondConfig, BridgeConfig, CommonLinkConfig, DummyLinkConfig, EthernetConfig,
    LinkAliasConfig, LinkConfig, RouteConfig, VLANConfig, VRFConfig, VethConfig, VlanMode, WireguardConfig,
};
use crate::documents::v1alpha1::NetworkDeviceSelector;
use crate::value::{Duration, HardwareAddr, Secret};

/// Which link is meant.
#[derive(Debug, Clone, PartialEq)]
pub enum LinkRef {
    /// The link with a name or an alias.
    Name(String),
    /// The link with some hardware; found when the machine's links are known.
    Selector(NetworkDeviceSelector),
}

impl LinkRef {
    /// The name, if the link is named.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Selector(_) => None,
        }
    }
}

/// An address of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkAddress {
    /// The address with its prefix length.
    pub address: IpNet,
    /// The priority of the route that the kernel adds for the address.
    pub route_priority: Option<u32>,
}

/// A route through a link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkRoute {
    /// Where it leads; nothing for the default route.
    pub destination: Option<IpNet>,
    /// The next hop.
    pub gateway: Option<IpAddr>,
    /// The source address of packets that take it.
    pub source: Option<IpAddr>,
    /// The metric.
    pub metric: Option<u32>,
    /// The largest packet.
    pub mtu: Option<u32>,
    /// The routing table; main when nothing.
    pub table: Option<u32>,
}

/// A bond and the links in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Bond {
    /// Settings; its `links` and common fields are not used here.
    pub settings: BondConfig,
    /// The links in order.
    pub members: Vec<LinkRef>,
    /// The preferred link.
    pub primary: Option<String>,
}

/// A peer of a WireGuard link.
#[derive(Debug, Clone, PartialEq)]
pub struct Peer {
    /// The public key, in base64.
    pub public_key: String,
    /// A key that both sides share, in base64.
    pub preshared_key: Secret,
    /// Where the peer is reached: host and port.
    pub endpoint: Option<String>,
    /// How often a packet keeps the way to the peer open.
    pub keepalive: Option<Duration>,
    /// Which addresses are behind the peer.
    pub allowed_ips: Vec<IpNet>,
}

/// A WireGuard link.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wireguard {
    /// The private key, in base64.
    pub private_key: Secret,
    /// The UDP port.
    pub listen_port: Option<u16>,
    /// The mark of packets that the link sends.
    pub firewall_mark: Option<u32>,
    /// The peers.
    pub peers: Vec<Peer>,
}

/// What a link is.
#[derive(Debug, Clone, PartialEq)]
pub enum LinkKind {
    /// It exists already.
    Physical,
    /// It leads nowhere.
    Dummy,
    /// Several links that act as one.
    Bond(Box<Bond>),
    /// A bridge between links.
    Bridge {
        /// The links.
        members: Vec<LinkRef>,
        /// Whether the spanning tree protocol runs, if it is said.
        stp: Option<bool>,
        /// Whether VLANs are told apart.
        vlan_filtering: bool,
    },
    /// A VLAN on top of a link.
    Vlan {
        /// The link that carries it.
        parent: LinkRef,
        /// Its number.
        id: u16,
        /// The tag protocol.
        mode: VlanMode,
    },
    /// One end of a pair.
    Veth {
        /// The other end.
        peer: String,
    },
    /// A routing domain of its own.
    Vrf {
        /// Its links.
        members: Vec<LinkRef>,
        /// Its routing table.
        table: u32,
    },
    /// WireGuard.
    Wireguard(Wireguard),
}

/// A link as the configuration wants it.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Which link. VLANs on links that are selected by hardware get their name from
    /// [`vlan_name`] once the link is found; until then this selects the carrying link.
    pub link: LinkRef,
    /// What it is.
    pub kind: LinkKind,
    /// Whether it is brought up.
    pub up: bool,
    /// The largest packet.
    pub mtu: Option<u32>,
    /// Whether it takes part in multicast.
    pub multicast: Option<bool>,
    /// The hardware address to give to it.
    pub hardware_addr: Option<HardwareAddr>,
    /// Its addresses.
    pub addresses: Vec<LinkAddress>,
    /// Its routes.
    pub routes: Vec<LinkRoute>,
}

/// The name of a VLAN's link. Names are at most 15 bytes, so a long parent is shortened to
/// four characters and a hash (contract os.md 5.2).
pub fn vlan_name(parent: &str, id: u16) -> String {
    if parent.len() + 5 <= 15 {
        return format!("{parent}.{id}");
    }
    let digest = Sha256::digest(parent.as_bytes());
    let hash: String = digest.iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    let start: String = parent.chars().take(4).collect();
    format!("{start}{hash}.{id}")
}

fn named(name: &str) -> LinkRef {
    LinkRef::Name(name.to_owned())
}

fn all_named(names: &[String]) -> Vec<LinkRef> {
    each_once(names.iter().map(|name| named(name)))
}

/// Links in their order; one that is named twice, as after a patch that was applied twice, is one link.
pub(super) fn each_once(links: impl Iterator<Item = LinkRef>) -> Vec<LinkRef> {
    let mut all = Vec::new();
    let mut names = HashSet::new();
    for link in links {
        if link.name().is_none_or(|name| names.insert(name.to_owned())) {
            all.push(link);
        }
    }
    all
}

fn address(address: &AddressConfig) -> Option<LinkAddress> {
    Some(LinkAddress { address: address.address?, route_priority: address.route_priority })
}

fn route(route: &RouteConfig) -> LinkRoute {
    LinkRoute {
        destination: route.destination,
        gateway: route.gateway,
        source: route.source,
        metric: route.metric,
        mtu: route.mtu,
        table: route.table.map(|table| table.0),
    }
}

fn link(name: &str, kind: LinkKind, hardware_addr: Option<HardwareAddr>, common: &CommonLinkConfig) -> Link {
    Link {
        link: named(name),
        kind,
        up: common.up.unwrap_or(true),
        mtu: common.mtu,
        multicast: common.multicast,
        hardware_addr,
        addresses: common.addresses.iter().filter_map(address).collect(),
        routes: common.routes.iter().map(route).collect(),
    }
}

fn wireguard(document: &WireguardConfig) -> Wireguard {
    let peer = |peer: &crate::documents::network::WireguardPeer| Peer {
        public_key: peer.public_key.clone(),
        preshared_key: peer.preshared_key.clone(),
        endpoint: peer.endpoint.map(|endpoint| endpoint.to_string()),
        keepalive: peer.persistent_keepalive_interval,
        allowed_ips: peer.allowed_ips.clone(),
    };
    Wireguard {
        private_key: document.private_key.clone(),
        listen_port: document.listen_port,
        firewall_mark: document.firewall_mark,
        peers: document.peers.iter().map(peer).collect(),
    }
}

impl Config {
    /// Every link that the configuration mentions: documents, then the v1alpha1 section.
    pub fn links(&self) -> Vec<Link> {
        let mut links = Vec::new();
        for d in self.all::<LinkConfig>() {
            links.push(link(&d.name, LinkKind::Physical, None, &d.link));
        }
        for d in self.all::<DummyLinkConfig>() {
            links.push(link(&d.name, LinkKind::Dummy, d.hardware_addr, &d.link));
        }
        for d in self.all::<BondConfig>() {
            let bond = Bond { members: all_named(&d.links), primary: None, settings: d.clone() };
            links.push(link(&d.name, LinkKind::Bond(Box::new(bond)), d.hardware_addr, &d.link));
        }
        for d in self.all::<BridgeConfig>() {
            let kind = LinkKind::Bridge {
                members: all_named(&d.links),
                stp: d.stp.enabled,
                vlan_filtering: d.vlan.filtering.unwrap_or(false),
            };
            links.push(link(&d.name, kind, d.hardware_addr, &d.link));
        }
        for d in self.all::<VLANConfig>() {
            let kind = LinkKind::Vlan {
                parent: named(&d.parent),
                id: d.vlan_id.unwrap_or_default(),
                mode: d.mode.unwrap_or(VlanMode::Dot1q),
            };
            links.push(link(&d.name, kind, None, &d.link));
        }
        for d in self.all::<VethConfig>() {
            let kind = LinkKind::Veth { peer: d.peer.name.clone() };
            links.push(link(&d.name, kind, None, &d.link));
            let kind = LinkKind::Veth { peer: d.name.clone() };
            links.push(link(&d.peer.name, kind, None, &d.peer.link));
        }
        for d in self.all::<VRFConfig>() {
            let table = d.table.map(|table| table.0).unwrap_or_default();
            let kind = LinkKind::Vrf { members: all_named(&d.links), table };
            links.push(link(&d.name, kind, d.hardware_addr, &d.link));
        }
        for d in self.all::<WireguardConfig>() {
            links.push(link(&d.name, LinkKind::Wireguard(wireguard(&d)), None, &d.link));
        }
        let devices = self.network_section().into_iter().flat_map(|section| &section.interfaces);
        devices.for_each(|device| super::legacy::links(device, &mut links));
        links
    }

    /// Links of the v1alpha1 section that are to be left alone.
    pub fn ignored_links(&self) -> Vec<LinkRef> {
        let devices = self.network_section().into_iter().flat_map(|section| &section.interfaces);
        devices.filter(|device| device.ignore.unwrap_or(false)).filter_map(super::legacy::link_ref).collect()
    }

    /// Whether any document is about links or DHCP: DHCP on all links by default is then off
    /// (contract os.md 5.3).
    pub fn has_link_documents(&self) -> bool {
        let dhcp = self.has("DHCPv4Config") || self.has("DHCPv6Config");
        let is_link = |kind: &crate::documents::Kind| kind.group == Some(crate::documents::NameGroup::Links);
        dhcp || self.documents().iter().any(|document| document.kind.is_some_and(is_link))
    }

    /// Second names of links.
    pub fn link_aliases(&self) -> Vec<LinkAliasConfig> {
        self.all()
    }

    /// Settings of network cards.
    pub fn ethernet(&self) -> Vec<EthernetConfig> {
        self.all()
    }
}
