//! Links of the v1alpha1 section.

use ipnet::IpNet;

use super::link::{
    Bond, Link, LinkAddress, LinkKind, LinkRef, LinkRoute, Peer, Wireguard, each_once, vlan_name,
};
use crate::access::non_empty;
use crate::documents::network::{
    AdSelect, ArpAllTargets, ArpValidate, BondConfig, BondMode, FailOverMac, LacpRate, PrimaryReselect,
    VlanMode, XmitHashPolicy,
};
use crate::documents::v1alpha1::{
    BondSection, Device, NetworkDeviceSelector, RouteSection, VlanSection, WireguardSection,
};
use crate::value::Secret;

/// Which link a device is about.
pub(super) fn link_ref(device: &Device) -> Option<LinkRef> {
    match &device.device_selector {
        Some(selector) if device.interface.is_empty() => Some(LinkRef::Selector(selector.clone())),
        _ => non_empty(&device.interface).map(LinkRef::Name),
    }
}

/// Adds the links of a device: itself and its VLANs.
pub(super) fn links(device: &Device, links: &mut Vec<Link>) {
    let Some(link) = link_ref(device) else { return };
    if device.ignore.unwrap_or(false) {
        return;
    }
    links.push(Link {
        link: link.clone(),
        kind: kind(device),
        up: true,
        mtu: device.mtu.filter(|mtu| *mtu != 0),
        multicast: None,
        hardware_addr: None,
        addresses: addresses(&device.addresses, &device.cidr),
        routes: device.routes.iter().filter_map(route).collect(),
    });
    links.extend(device.vlans.iter().map(|section| vlan(&link, section)));
}

fn kind(device: &Device) -> LinkKind {
    if let Some(bond) = &device.bond {
        return LinkKind::Bond(Box::new(bond_of(bond)));
    }
    if let Some(bridge) = &device.bridge {
        return LinkKind::Bridge {
            members: each_once(bridge.interfaces.iter().cloned().map(LinkRef::Name)),
            stp: Some(bridge.stp.as_ref().and_then(|stp| stp.enabled).unwrap_or(true)),
            vlan_filtering: bridge.vlan.as_ref().and_then(|vlan| vlan.vlan_filtering).unwrap_or(false),
        };
    }
    if let Some(section) = &device.wireguard {
        return LinkKind::Wireguard(wireguard(section));
    }
    if device.dummy.unwrap_or(false) { LinkKind::Dummy } else { LinkKind::Physical }
}

fn vlan(parent: &LinkRef, section: &VlanSection) -> Link {
    let id = section.vlan_id.unwrap_or_default();
    let link = match parent {
        LinkRef::Name(name) => LinkRef::Name(vlan_name(name, id)),
        LinkRef::Selector(_) => parent.clone(),
    };
    Link {
        link,
        kind: LinkKind::Vlan { parent: parent.clone(), id, mode: VlanMode::Dot1q },
        up: true,
        mtu: section.mtu.filter(|mtu| *mtu != 0),
        multicast: None,
        hardware_addr: None,
        addresses: addresses(&section.addresses, &section.cidr),
        routes: section.routes.iter().filter_map(route).collect(),
    }
}

/// Addresses; one without a prefix length stands for itself alone.
fn addresses(list: &[String], single: &str) -> Vec<LinkAddress> {
    let texts = list.iter().map(String::as_str).chain((!single.is_empty()).then_some(single));
    texts
        .filter_map(|text| match text.parse::<IpNet>() {
            Ok(address) => Some(address),
            Err(_) => text.parse::<std::net::IpAddr>().ok().map(IpNet::from),
        })
        .map(|address| LinkAddress { address, route_priority: None })
        .collect()
}

fn route(section: &RouteSection) -> Option<LinkRoute> {
    let gateway = section.gateway.parse().ok();
    let destination = section.network.parse::<IpNet>().ok().filter(|net| net.prefix_len() > 0);
    if section.network.is_empty() && gateway.is_none() {
        return None;
    }
    Some(LinkRoute {
        destination,
        gateway,
        source: section.source.parse().ok(),
        metric: section.metric.filter(|metric| *metric != 0),
        mtu: section.mtu.filter(|mtu| *mtu != 0),
        table: None,
    })
}

fn bond_of(section: &BondSection) -> Bond {
    let names = section.interfaces.iter().cloned().map(LinkRef::Name);
    let selectors =
        section.device_selectors.iter().map(|s: &NetworkDeviceSelector| LinkRef::Selector(s.clone()));
    Bond {
        settings: BondConfig {
            mode: BondMode::parse(&section.mode),
            miimon: section.miimon,
            updelay: section.updelay,
            downdelay: section.downdelay,
            use_carrier: Some(section.use_carrier.unwrap_or(true)),
            xmit_hash_policy: XmitHashPolicy::parse(&section.xmit_hash_policy),
            arp_interval: section.arp_interval,
            arp_validate: ArpValidate::parse(&section.arp_validate),
            arp_all_targets: ArpAllTargets::parse(&section.arp_all_targets),
            lacp_rate: LacpRate::parse(&section.lacp_rate),
            fail_over_mac: FailOverMac::parse(&section.fail_over_mac),
            ad_select: AdSelect::parse(&section.ad_select),
            ad_actor_sys_prio: section.ad_actor_sys_prio,
            ad_user_port_key: section.ad_user_port_key,
            primary_reselect: PrimaryReselect::parse(&section.primary_reselect),
            resend_igmp: section.resend_igmp,
            min_links: section.min_links,
            lp_interval: section.lp_interval,
            packets_per_slave: section.packets_per_slave,
            num_peer_notif: section.num_peer_notif,
            tlb_logical_lb: section.tlb_dynamic_lb,
            all_slaves_active: section.all_slaves_active,
            peer_notif_delay: section.peer_notify_delay,
            ..BondConfig::default()
        },
        members: each_once(names.chain(selectors)),
        primary: non_empty(&section.primary),
    }
}

fn wireguard(section: &WireguardSection) -> Wireguard {
    let peer = |peer: &crate::documents::v1alpha1::WireguardPeerSection| Peer {
        public_key: peer.public_key.clone(),
        preshared_key: Secret::default(),
        endpoint: non_empty(&peer.endpoint),
        keepalive: peer.persistent_keepalive_interval,
        allowed_ips: peer.allowed_ips.iter().filter_map(|text| text.parse().ok()).collect(),
    };
    Wireguard {
        private_key: section.private_key.clone(),
        listen_port: section.listen_port.filter(|port| *port != 0),
        firewall_mark: section.firewall_mark.filter(|mark| *mark != 0),
        peers: section.peers.iter().map(peer).collect(),
    }
}
