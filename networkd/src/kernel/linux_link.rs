//! Changes of links over rtnetlink.

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{
    BridgeStpState, InfoBond, InfoBridge, InfoData, InfoKind, InfoVeth, InfoVlan, InfoVrf, LinkAttribute,
    LinkFlags, LinkInfo, LinkMessage, VlanProtocol,
};
use proto::resource::enums::NethelpersBondMode;
use proto::resource::network::{BondMasterSpec, BridgeMasterSpec, LinkSpecSpec};

use super::linux::{Netlink, gone_is_fine, libc_errno};
use super::{KernelError, Result};
use crate::link::plan::{LinkStep, peer_name};
use crate::net;

/// Takes one step.
pub(super) async fn change(netlink: &Netlink, step: &LinkStep) -> Result<()> {
    let what = format!("link {}: {}", step.name(), step.detail());
    let set = |message| netlink.send(&what, RouteNetlinkMessage::SetLink(message), 0);
    match step {
        LinkStep::Create(spec) => create(netlink, spec, &what).await,
        LinkStep::Delete { name } => {
            let delete = async {
                let message = bare(netlink.index(name).await?);
                netlink.send(&what, RouteNetlinkMessage::DelLink(message), 0).await
            };
            gone_is_fine(delete.await, &[libc_errno::ENODEV])
        }
        LinkStep::SetUp { name, up } => {
            set(with_flag(bare(netlink.index(name).await?), LinkFlags::Up, *up)).await
        }
        LinkStep::SetMulticast { name } => {
            set(with_flag(bare(netlink.index(name).await?), LinkFlags::Multicast, true)).await
        }
        LinkStep::SetMtu { name, mtu } => {
            set(with(netlink.index(name).await?, LinkAttribute::Mtu(*mtu))).await
        }
        LinkStep::SetHardwareAddr { name, address } => {
            set(with(netlink.index(name).await?, LinkAttribute::Address(address.clone()))).await
        }
        LinkStep::SetMaster { name, master } => {
            let master = match master {
                Some(master) => netlink.index(master).await?,
                None => 0,
            };
            set(with(netlink.index(name).await?, LinkAttribute::Controller(master))).await
        }
        LinkStep::SetBond { name, bond } => {
            let mut message = bare(netlink.index(name).await?);
            message.attributes.push(info(InfoKind::Bond, Some(InfoData::Bond(bond_options(bond)))));
            // Options of an existing link are changed through the request that makes links.
            netlink.send(&what, RouteNetlinkMessage::NewLink(message), 0).await
        }
        LinkStep::SetBridge { name, bridge, is } => {
            let mut message = bare(netlink.index(name).await?);
            let options = bridge_options(bridge, is);
            message.attributes.push(info(InfoKind::Bridge, Some(InfoData::Bridge(options))));
            netlink.send(&what, RouteNetlinkMessage::NewLink(message), 0).await
        }
    }
}

fn bare(index: u32) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message
}

fn with(index: u32, attribute: LinkAttribute) -> LinkMessage {
    let mut message = bare(index);
    message.attributes.push(attribute);
    message
}

fn with_flag(mut message: LinkMessage, flag: LinkFlags, on: bool) -> LinkMessage {
    message.header.change_mask |= flag;
    if on {
        message.header.flags |= flag;
    }
    message
}

fn info(kind: InfoKind, data: Option<InfoData>) -> LinkAttribute {
    let mut list = vec![LinkInfo::Kind(kind)];
    list.extend(data.map(LinkInfo::Data));
    LinkAttribute::LinkInfo(list)
}

async fn create(netlink: &Netlink, spec: &LinkSpecSpec, what: &str) -> Result<()> {
    let mut message = bare(0);
    message.attributes.push(LinkAttribute::IfName(spec.name.clone()));
    if !spec.hardware_address.is_empty() {
        message.attributes.push(LinkAttribute::Address(spec.hardware_address.clone()));
    }
    let kind = InfoKind::from(spec.kind.as_str());
    let data = match spec.kind.as_str() {
        "vlan" => {
            message.attributes.push(LinkAttribute::Link(netlink.index(&spec.parent_name).await?));
            spec.vlan.as_ref().map(|vlan| {
                let protocol = u16::try_from(vlan.protocol).unwrap_or_default();
                let protocol =
                    if protocol == 0 { VlanProtocol::default() } else { VlanProtocol::from(protocol) };
                let id = u16::try_from(vlan.vid).unwrap_or_default();
                InfoData::Vlan(vec![InfoVlan::Id(id), InfoVlan::Protocol(protocol)])
            })
        }
        "vrf" => {
            let table = spec.vrf_master.as_ref().map_or(0, |v| u32::try_from(v.table).unwrap_or_default());
            Some(InfoData::Vrf(vec![InfoVrf::TableId(table)]))
        }
        "bond" => spec.bond_master.as_ref().map(|b| InfoData::Bond(bond_options(b))),
        "bridge" => {
            let options =
                spec.bridge_master.as_ref().map(|b| bridge_options(b, &BridgeMasterSpec::default()));
            options.filter(|o| !o.is_empty()).map(InfoData::Bridge)
        }
        "veth" => {
            let mut peer = bare(0);
            peer.attributes.push(LinkAttribute::IfName(peer_name(spec).to_owned()));
            Some(InfoData::Veth(InfoVeth::Peer(peer)))
        }
        _ => None,
    };
    message.attributes.push(info(kind, data));
    match netlink.send(what, RouteNetlinkMessage::NewLink(message), NLM_F_CREATE | NLM_F_EXCL).await {
        Err(KernelError::Refused { errno: libc_errno::EOPNOTSUPP, .. }) => {
            Err(KernelError::UnknownKind { kind: spec.kind.clone() })
        }
        // Somebody else made it in between: the next plan compares it.
        Err(KernelError::Refused { errno: libc_errno::EEXIST, .. }) => Ok(()),
        other => other,
    }
}

/// Options that differ from those that are: kernels built without an option refuse even its default.
fn bridge_options(want: &BridgeMasterSpec, is: &BridgeMasterSpec) -> Vec<InfoBridge> {
    let stp = |b: &BridgeMasterSpec| b.stp.as_ref().is_some_and(|s| s.enabled);
    let filtering = |b: &BridgeMasterSpec| b.vlan.as_ref().is_some_and(|v| v.filtering_enabled);
    let mut options = Vec::new();
    if want.stp.is_some() && stp(want) != stp(is) {
        let state = if stp(want) { BridgeStpState::KernelStp } else { BridgeStpState::Disabled };
        options.push(InfoBridge::StpState(state));
    }
    if want.vlan.is_some() && filtering(want) != filtering(is) {
        options.push(InfoBridge::VlanFiltering(filtering(want)));
    }
    options
}

/// Options that a wish sets; the mode comes first, because what else is allowed depends on it.
fn bond_options(b: &BondMasterSpec) -> Vec<InfoBond> {
    let byte = |v: i32| u8::try_from(v).unwrap_or_default();
    let small = |v: u32| u8::try_from(v).unwrap_or(u8::MAX);
    let short = |v: u32| u16::try_from(v).unwrap_or(u16::MAX);
    let mut options =
        vec![InfoBond::Mode(byte(b.mode).into()), InfoBond::XmitHashPolicy(byte(b.hash_policy).into())];
    let lacp = b.mode == NethelpersBondMode::BondMode8023Ad as i32;
    if lacp {
        options.push(InfoBond::AdLacpRate(byte(b.lacp_rate).into()));
        options.push(InfoBond::AdLacpActive(b.adlacp_active != 0));
    }
    let mut set = |value: u32, option: InfoBond| {
        if value != 0 {
            options.push(option);
        }
    };
    // Link monitoring before its delays, which the kernel rounds to it.
    set(b.mii_mon, InfoBond::MiiMon(b.mii_mon));
    set(b.up_delay, InfoBond::UpDelay(b.up_delay));
    set(b.down_delay, InfoBond::DownDelay(b.down_delay));
    set(b.arp_interval, InfoBond::ArpInterval(b.arp_interval));
    set(b.arp_validate.unsigned_abs(), InfoBond::ArpValidate(b.arp_validate.unsigned_abs().into()));
    set(b.arp_all_targets.unsigned_abs(), InfoBond::ArpAllTargets(b.arp_all_targets.unsigned_abs().into()));
    set(b.primary_reselect.unsigned_abs(), InfoBond::PrimaryReselect(byte(b.primary_reselect).into()));
    set(b.fail_over_mac.unsigned_abs(), InfoBond::FailOverMac(byte(b.fail_over_mac).into()));
    set(b.ad_select.unsigned_abs(), InfoBond::AdSelect(byte(b.ad_select).into()));
    set(b.resend_igmp, InfoBond::ResendIgmp(b.resend_igmp));
    set(b.min_links, InfoBond::MinLinks(b.min_links));
    set(b.lp_interval, InfoBond::LpInterval(b.lp_interval));
    set(b.packets_per_slave, InfoBond::PacketsPerPort(b.packets_per_slave));
    set(b.num_peer_notif, InfoBond::NumPeerNotif(small(b.num_peer_notif)));
    set(b.all_slaves_active, InfoBond::AllPortsActive(small(b.all_slaves_active).into()));
    set(b.ad_actor_sys_prio, InfoBond::AdActorSysPrio(short(b.ad_actor_sys_prio)));
    set(b.ad_user_port_key, InfoBond::AdUserPortKey(short(b.ad_user_port_key)));
    set(b.peer_notify_delay, InfoBond::PeerNotifDelay(b.peer_notify_delay));
    set(b.missed_max, InfoBond::MissedMax(small(b.missed_max)));
    let v4: Vec<_> = b.arpip_targets.iter().filter_map(|t| v4_of(&t.ip)).collect();
    if !v4.is_empty() {
        options.push(InfoBond::ArpIpTarget(v4));
    }
    let v6: Vec<_> = b.nsip6_targets.iter().filter_map(|t| v6_of(&t.ip)).collect();
    if !v6.is_empty() {
        options.push(InfoBond::NsIp6Target(v6));
    }
    options
}

fn v4_of(bytes: &[u8]) -> Option<std::net::Ipv4Addr> {
    if let std::net::IpAddr::V4(ip) = net::ip_from_bytes(bytes)? { Some(ip) } else { None }
}

fn v6_of(bytes: &[u8]) -> Option<std::net::Ipv6Addr> {
    if let std::net::IpAddr::V6(ip) = net::ip_from_bytes(bytes)? { Some(ip) } else { None }
}
