//! Netlink messages into statuses: pure, so that captured messages can be tested.

use std::collections::BTreeMap;
use std::net::IpAddr;

use netlink_packet_route::address::{AddressAttribute, AddressMessage};
use netlink_packet_route::link::{
    BridgeStpState, InfoBond, InfoBridge, InfoData, InfoVlan, InfoVrf, LinkAttribute, LinkInfo, LinkMessage,
    Prop, State,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteMessage, RouteMetric, RouteNextHop, RouteVia,
};
use netlink_packet_route::rule::{RuleAttribute, RuleMessage};
use proto::resource::enums::NethelpersOperationalState;
use proto::resource::network::{
    AddressStatusSpec, BondMasterSpec, BridgeMasterSpec, BridgeVlanSpec, LinkStatusSpec,
    RouteNextHop as NextHop, RouteStatusSpec, RoutingRuleStatusSpec, StpSpec, VlanSpec, VrfMasterSpec,
};

use super::{IFF_UP, Link};
use crate::net;

/// Names of links by number.
pub type Names = BTreeMap<u32, String>;

/// A link as the kernel tells it; `None` without a name.
pub fn link(message: &LinkMessage) -> Option<Link> {
    let mut status = LinkStatusSpec {
        index: message.header.index,
        r#type: i32::from(u16::from(message.header.link_layer_type)),
        flags: message.header.flags.bits(),
        ..Default::default()
    };
    let mut name = None;
    let mut foreign_parent = false;
    let mut carrier = false;
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(n) => name = Some(n.clone()),
            LinkAttribute::Link(index) => status.link_index = *index,
            LinkAttribute::LinkNetNsId(_) => foreign_parent = true,
            LinkAttribute::Address(mac) => status.hardware_addr.clone_from(mac),
            LinkAttribute::PermAddress(mac) => status.permanent_addr.clone_from(mac),
            LinkAttribute::Broadcast(mac) => status.broadcast_addr.clone_from(mac),
            LinkAttribute::Mtu(mtu) => status.mtu = *mtu,
            LinkAttribute::Qdisc(qdisc) => status.queue_disc.clone_from(qdisc),
            LinkAttribute::Controller(index) => status.master_index = *index,
            LinkAttribute::OperState(state) => status.operational_state = operational_state(*state),
            LinkAttribute::Carrier(up) => carrier = *up != 0,
            LinkAttribute::IfAlias(alias) => status.alias.clone_from(alias),
            LinkAttribute::PropList(props) => status.alt_names = props.iter().filter_map(alt_name).collect(),
            LinkAttribute::LinkInfo(infos) => infos.iter().for_each(|i| info(i, &mut status)),
            _ => {}
        }
    }
    status.link_state = carrier && status.flags & IFF_UP != 0;
    Some(Link { name: name?, status, foreign_parent })
}

fn alt_name(prop: &Prop) -> Option<String> {
    match prop {
        Prop::AltIfName(name) => Some(name.clone()),
        _ => None,
    }
}

fn operational_state(state: State) -> i32 {
    let state = match state {
        State::NotPresent => NethelpersOperationalState::OperStateNotPresent,
        State::Down => NethelpersOperationalState::OperStateDown,
        State::LowerLayerDown => NethelpersOperationalState::OperStateLowerLayerDown,
        State::Testing => NethelpersOperationalState::OperStateTesting,
        State::Dormant => NethelpersOperationalState::OperStateDormant,
        State::Up => NethelpersOperationalState::OperStateUp,
        _ => NethelpersOperationalState::OperStateUnknown,
    };
    state as i32
}

fn info(info: &LinkInfo, status: &mut LinkStatusSpec) {
    match info {
        LinkInfo::Kind(kind) => status.kind = kind.to_string(),
        LinkInfo::PortKind(kind) => status.slave_kind = kind.to_string(),
        LinkInfo::Data(InfoData::Vlan(data)) => status.vlan = Some(vlan(data)),
        LinkInfo::Data(InfoData::Vrf(data)) => {
            let table = data.iter().find_map(|d| if let InfoVrf::TableId(t) = d { Some(*t) } else { None });
            status.vrf_master = table.map(|t| VrfMasterSpec { table: t.try_into().unwrap_or_default() });
        }
        LinkInfo::Data(InfoData::Bridge(data)) => status.bridge_master = Some(bridge(data)),
        LinkInfo::Data(InfoData::Bond(data)) => status.bond_master = Some(bond(data)),
        _ => {}
    }
}

fn vlan(data: &[InfoVlan]) -> VlanSpec {
    let mut spec = VlanSpec::default();
    for item in data {
        match item {
            InfoVlan::Id(id) => spec.vid = u32::from(*id),
            InfoVlan::Protocol(p) => spec.protocol = i32::from(u16::from(*p)),
            _ => {}
        }
    }
    spec
}

fn bridge(data: &[InfoBridge]) -> BridgeMasterSpec {
    let mut stp = false;
    let mut filtering = false;
    for item in data {
        match item {
            InfoBridge::StpState(state) => stp = *state != BridgeStpState::Disabled,
            InfoBridge::VlanFiltering(on) => filtering = *on,
            _ => {}
        }
    }
    BridgeMasterSpec {
        stp: Some(StpSpec { enabled: stp }),
        vlan: Some(BridgeVlanSpec { filtering_enabled: filtering }),
    }
}

fn bond(data: &[InfoBond]) -> BondMasterSpec {
    let mut b = BondMasterSpec::default();
    let byte = |v: u8| i32::from(v);
    for item in data {
        match item {
            InfoBond::Mode(v) => b.mode = byte((*v).into()),
            InfoBond::XmitHashPolicy(v) => b.hash_policy = byte((*v).into()),
            InfoBond::AdLacpRate(v) => b.lacp_rate = byte((*v).into()),
            InfoBond::ArpValidate(v) => b.arp_validate = u32::from(*v).try_into().unwrap_or_default(),
            InfoBond::ArpAllTargets(v) => b.arp_all_targets = u32::from(*v).try_into().unwrap_or_default(),
            InfoBond::Primary(v) => b.primary_index = *v,
            InfoBond::PrimaryReselect(v) => b.primary_reselect = byte((*v).into()),
            InfoBond::FailOverMac(v) => b.fail_over_mac = byte((*v).into()),
            InfoBond::AdSelect(v) => b.ad_select = byte((*v).into()),
            InfoBond::MiiMon(v) => b.mii_mon = *v,
            InfoBond::UpDelay(v) => b.up_delay = *v,
            InfoBond::DownDelay(v) => b.down_delay = *v,
            InfoBond::ArpInterval(v) => b.arp_interval = *v,
            InfoBond::ResendIgmp(v) => b.resend_igmp = *v,
            InfoBond::MinLinks(v) => b.min_links = *v,
            InfoBond::LpInterval(v) => b.lp_interval = *v,
            InfoBond::PacketsPerPort(v) => b.packets_per_slave = *v,
            InfoBond::NumPeerNotif(v) => b.num_peer_notif = u32::from(*v),
            InfoBond::TlbDynamicLb(v) => b.tlb_dynamic_lb = u32::from(*v),
            InfoBond::AllPortsActive(v) => b.all_slaves_active = u32::from(u8::from(*v)),
            InfoBond::UseCarrier(v) => b.use_carrier = *v,
            InfoBond::AdActorSysPrio(v) => b.ad_actor_sys_prio = u32::from(*v),
            InfoBond::AdUserPortKey(v) => b.ad_user_port_key = u32::from(*v),
            InfoBond::PeerNotifDelay(v) => b.peer_notify_delay = *v,
            InfoBond::ArpIpTarget(v) => {
                b.arpip_targets = v.iter().map(|ip| net::net_ip((*ip).into())).collect()
            }
            InfoBond::NsIp6Target(v) => {
                b.nsip6_targets = v.iter().map(|ip| net::net_ip((*ip).into())).collect()
            }
            InfoBond::AdLacpActive(v) => b.adlacp_active = i32::from(*v),
            InfoBond::MissedMax(v) => b.missed_max = u32::from(*v),
            _ => {}
        }
    }
    b
}

/// An address as the kernel tells it; `None` without an address.
pub fn address(message: &AddressMessage, names: &Names) -> Option<AddressStatusSpec> {
    let header = &message.header;
    let (mut address, mut local) = (None, None);
    let mut status = AddressStatusSpec {
        link_index: header.index,
        link_name: names.get(&header.index).cloned().unwrap_or_default(),
        scope: i32::from(u8::from(header.scope)),
        flags: u32::from(header.flags.bits()),
        ..Default::default()
    };
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Address(ip) => address = Some(*ip),
            AddressAttribute::Local(ip) => local = Some(*ip),
            AddressAttribute::Broadcast(ip) => status.broadcast = Some(net::net_ip((*ip).into())),
            AddressAttribute::Anycast(ip) => status.anycast = Some(net::net_ip((*ip).into())),
            AddressAttribute::Multicast(ip) => status.multicast = Some(net::net_ip((*ip).into())),
            AddressAttribute::Flags(flags) => status.flags = flags.bits(),
            AddressAttribute::RoutePriority(p) => status.priority = *p,
            _ => {}
        }
    }
    // On a point-to-point link the address is the peer's, and ours is called local.
    let ip = local.or(address)?;
    status.family = net::family(ip);
    status.local = local.map(net::net_ip);
    status.address = Some(proto::common::NetIpPrefix {
        ip: net::ip_bytes(ip),
        prefix_length: i32::from(header.prefix_len),
    });
    Some(status)
}

fn route_ip(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(ip) => Some((*ip).into()),
        RouteAddress::Inet6(ip) => Some((*ip).into()),
        _ => None,
    }
}

fn via_ip(via: &RouteVia) -> Option<IpAddr> {
    match via {
        RouteVia::Inet(ip) => Some((*ip).into()),
        RouteVia::Inet6(ip) => Some((*ip).into()),
        _ => None,
    }
}

/// A route as the kernel tells it.
pub fn route(message: &RouteMessage, names: &Names) -> RouteStatusSpec {
    let header = &message.header;
    let mut status = RouteStatusSpec {
        family: i32::from(u8::from(header.address_family)),
        table: i32::from(header.table),
        scope: i32::from(u8::from(header.scope)),
        r#type: i32::from(u8::from(header.kind)),
        flags: header.flags.bits(),
        protocol: i32::from(u8::from(header.protocol)),
        ..Default::default()
    };
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Destination(d) => {
                status.destination = route_ip(d).map(|ip| proto::common::NetIpPrefix {
                    ip: net::ip_bytes(ip),
                    prefix_length: i32::from(header.destination_prefix_length),
                });
            }
            RouteAttribute::PrefSource(s) => status.source = route_ip(s).map(net::net_ip),
            RouteAttribute::Gateway(g) => status.gateway = route_ip(g).map(net::net_ip),
            RouteAttribute::Via(via) => status.gateway = via_ip(via).map(net::net_ip),
            RouteAttribute::Oif(index) => {
                status.out_link_index = *index;
                status.out_link_name = names.get(index).cloned().unwrap_or_default();
            }
            RouteAttribute::Table(table) => status.table = (*table).try_into().unwrap_or(i32::MAX),
            RouteAttribute::Priority(p) => status.priority = *p,
            RouteAttribute::Metrics(metrics) => {
                status.mtu = metrics.iter().find_map(route_mtu).unwrap_or_default();
            }
            RouteAttribute::MultiPath(hops) => {
                status.next_hops = hops.iter().map(|hop| next_hop(hop, names)).collect();
            }
            _ => {}
        }
    }
    status
}

fn route_mtu(metric: &RouteMetric) -> Option<u32> {
    if let RouteMetric::Mtu(mtu) = metric { Some(*mtu) } else { None }
}

fn next_hop(hop: &RouteNextHop, names: &Names) -> NextHop {
    let gateway = hop.attributes.iter().find_map(|a| match a {
        RouteAttribute::Gateway(g) => route_ip(g),
        RouteAttribute::Via(via) => via_ip(via),
        _ => None,
    });
    NextHop {
        gateway: gateway.map(net::net_ip),
        out_link_name: names.get(&hop.interface_index).cloned().unwrap_or_default(),
        // The kernel counts the hops beyond the first.
        weight: u32::from(hop.hops) + 1,
    }
}

/// A routing rule as the kernel tells it.
pub fn rule(message: &RuleMessage) -> RoutingRuleStatusSpec {
    let header = &message.header;
    let mut status = RoutingRuleStatusSpec {
        family: i32::from(u8::from(header.family)),
        table: i32::from(header.table),
        action: i32::from(u8::from(header.action)),
        ..Default::default()
    };
    let prefix = |ip: &IpAddr, length: u8| {
        Some(proto::common::NetIpPrefix { ip: net::ip_bytes(*ip), prefix_length: i32::from(length) })
    };
    for attribute in &message.attributes {
        match attribute {
            RuleAttribute::Source(ip) => status.src = prefix(ip, header.src_len),
            RuleAttribute::Destination(ip) => status.dst = prefix(ip, header.dst_len),
            RuleAttribute::Table(table) => status.table = (*table).try_into().unwrap_or(i32::MAX),
            RuleAttribute::Priority(p) => status.priority = *p,
            RuleAttribute::Iifname(name) => status.iif_name.clone_from(name),
            RuleAttribute::Oifname(name) => status.oif_name.clone_from(name),
            RuleAttribute::FwMark(mark) => status.fw_mark = *mark,
            RuleAttribute::FwMask(mask) => status.fw_mask = *mask,
            _ => {}
        }
    }
    status
}
