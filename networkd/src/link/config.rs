//! Links: what the defaults and the machine configuration wish for.

use config::access::{self, Bond, LinkKind, LinkRef, Wireguard};
use config::documents::network::{AdLacpActive, VlanMode};
use proto::resource::enums::{NethelpersLinkType, NethelpersVlanProtocol, NetworkConfigLayer};
use proto::resource::network::{
    BondMasterSpec, BondSlave, BridgeMasterSpec, BridgeSlave, BridgeVlanSpec, LinkSpecSpec, StpSpec,
    VethSpec, VlanSpec, VrfMasterSpec, VrfSlave, WireguardPeer, WireguardSpec,
};

use crate::inputs::Inputs;

const DEFAULT: i32 = NetworkConfigLayer::ConfigDefault as i32;
const CONFIGURATION: i32 = NetworkConfigLayer::ConfigMachineConfiguration as i32;

/// The loopback link is up, and so are cards that nobody configures: DHCP runs there.
pub fn defaults(inputs: &Inputs) -> Vec<LinkSpecSpec> {
    let up = |name: &str| LinkSpecSpec {
        name: name.to_owned(),
        up: true,
        config_layer: DEFAULT,
        ..Default::default()
    };
    let mut specs = vec![up("lo")];
    if crate::operator::config::runs_by_default(inputs) {
        let configured = machine(inputs);
        let cards = inputs.links.values().filter(|l| inputs.is_unconfigured_card(l, &configured));
        specs.extend(cards.map(|l| up(&l.name)));
    }
    specs
}

/// The links of the machine configuration, and the members of those that have some.
pub fn machine(inputs: &Inputs) -> Vec<LinkSpecSpec> {
    let mut specs: Vec<LinkSpecSpec> = Vec::new();
    for link in inputs.machine.iter().flat_map(|m| &m.links) {
        for name in names(inputs, link) {
            let mut spec = LinkSpecSpec {
                name,
                up: link.up,
                mtu: link.mtu.unwrap_or_default(),
                multicast: link.multicast.unwrap_or_default(),
                hardware_address: link.hardware_addr.clone().map(|a| a.0).unwrap_or_default(),
                r#type: NethelpersLinkType::LinkEther as i32,
                config_layer: CONFIGURATION,
                ..Default::default()
            };
            kind(inputs, &link.kind, &mut spec);
            add(&mut specs, spec);
        }
    }
    for (member, change) in members(inputs) {
        let mut spec =
            LinkSpecSpec { name: member, up: true, config_layer: CONFIGURATION, ..Default::default() };
        match specs.iter_mut().find(|s| s.name == spec.name) {
            Some(existing) => change(existing),
            None => {
                change(&mut spec);
                specs.push(spec);
            }
        }
    }
    specs
}

/// Documents about the same link add up.
fn add(specs: &mut Vec<LinkSpecSpec>, spec: LinkSpecSpec) {
    use crate::layer::Layered;
    match specs.iter_mut().find(|s| s.name == spec.name) {
        Some(existing) => *existing = LinkSpecSpec::merged(vec![existing.clone(), spec]),
        None => specs.push(spec),
    }
}

/// Names of a configured link; VLANs on links that are found by hardware get theirs from the link below.
pub fn names(inputs: &Inputs, link: &access::Link) -> Vec<String> {
    match (&link.kind, &link.link) {
        (LinkKind::Vlan { parent: LinkRef::Selector(_), id, .. }, LinkRef::Selector(_)) => {
            inputs.resolve(&link.link).iter().map(|parent| access::vlan_name(parent, *id)).collect()
        }
        _ => inputs.resolve(&link.link),
    }
}

fn kind(inputs: &Inputs, kind: &LinkKind, spec: &mut LinkSpecSpec) {
    let mut software = |name: &str| {
        spec.kind = name.to_owned();
        spec.logical = true;
    };
    match kind {
        // Links that exist have whatever type they have.
        LinkKind::Physical => spec.r#type = 0,
        LinkKind::Dummy => software("dummy"),
        LinkKind::Bond(bond) => {
            software("bond");
            spec.bond_master = Some(bond_master(bond));
        }
        LinkKind::Bridge { stp, vlan_filtering, .. } => {
            software("bridge");
            spec.bridge_master = Some(BridgeMasterSpec {
                stp: stp.map(|enabled| StpSpec { enabled }),
                vlan: Some(BridgeVlanSpec { filtering_enabled: *vlan_filtering }),
            });
        }
        LinkKind::Vlan { parent, id, mode } => {
            software("vlan");
            let protocol = match mode {
                VlanMode::Dot1q => NethelpersVlanProtocol::VlanProtocol8021Q,
                VlanMode::Dot1ad => NethelpersVlanProtocol::VlanProtocol8021Ad,
            };
            spec.vlan = Some(VlanSpec { vid: u32::from(*id), protocol: protocol as i32 });
            let parents = inputs.resolve(parent);
            let named = |p: &&String| access::vlan_name(p, *id) == spec.name;
            spec.parent_name = parents.iter().find(named).or(parents.first()).cloned().unwrap_or_default();
        }
        LinkKind::Veth { peer } => {
            software("veth");
            spec.veth = Some(VethSpec { peer_name: peer.clone() });
        }
        LinkKind::Vrf { table, .. } => {
            software("vrf");
            spec.vrf_master = Some(VrfMasterSpec { table: (*table).try_into().unwrap_or_default() });
        }
        LinkKind::Wireguard(settings) => {
            software("wireguard");
            spec.r#type = NethelpersLinkType::LinkNone as i32;
            spec.wireguard = Some(wireguard(settings));
        }
    }
}

type Change = Box<dyn Fn(&mut LinkSpecSpec)>;

/// Members of bonds, bridges and routing domains, with what membership means for them.
fn members(inputs: &Inputs) -> Vec<(String, Change)> {
    let mut list: Vec<(String, Change)> = Vec::new();
    for link in inputs.machine.iter().flat_map(|m| &m.links) {
        let Some(master) = inputs.resolve(&link.link).into_iter().next() else { continue };
        let mut all = |refs: &[LinkRef], change: &dyn Fn(String, i64) -> Change| {
            let names = refs.iter().flat_map(|r| inputs.resolve(r));
            list.extend(names.enumerate().map(|(n, name)| (name, change(master.clone(), n as i64))));
        };
        match &link.kind {
            LinkKind::Bond(bond) => all(&bond.members, &|master_name, slave_index| {
                Box::new(move |s| {
                    s.bond_slave = Some(BondSlave { master_name: master_name.clone(), slave_index });
                })
            }),
            LinkKind::Bridge { members, .. } => all(members, &|master_name, _| {
                Box::new(move |s| s.bridge_slave = Some(BridgeSlave { master_name: master_name.clone() }))
            }),
            LinkKind::Vrf { members, .. } => all(members, &|master_name, _| {
                Box::new(move |s| s.vrf_slave = Some(VrfSlave { master_name: master_name.clone() }))
            }),
            _ => {}
        }
    }
    list
}

/// The choices' order is the kernel's, so that their place is the kernel's number.
fn bond_master(bond: &Bond) -> BondMasterSpec {
    let b = &bond.settings;
    let ip = |ip: &std::net::IpAddr| crate::net::net_ip(*ip);
    BondMasterSpec {
        mode: b.mode.map(|v| v as i32).unwrap_or_default(),
        hash_policy: b.xmit_hash_policy.map(|v| v as i32).unwrap_or_default(),
        lacp_rate: b.lacp_rate.map(|v| v as i32).unwrap_or_default(),
        arp_validate: b.arp_validate.map(|v| v as i32).unwrap_or_default(),
        arp_all_targets: b.arp_all_targets.map(|v| v as i32).unwrap_or_default(),
        primary_index: 0,
        primary_reselect: b.primary_reselect.map(|v| v as i32).unwrap_or_default(),
        fail_over_mac: b.fail_over_mac.map(|v| v as i32).unwrap_or_default(),
        ad_select: b.ad_select.map(|v| v as i32).unwrap_or_default(),
        mii_mon: b.miimon.unwrap_or_default(),
        up_delay: b.updelay.unwrap_or_default(),
        down_delay: b.downdelay.unwrap_or_default(),
        arp_interval: b.arp_interval.unwrap_or_default(),
        resend_igmp: b.resend_igmp.unwrap_or_default(),
        min_links: b.min_links.unwrap_or_default(),
        lp_interval: b.lp_interval.unwrap_or_default(),
        packets_per_slave: b.packets_per_slave.unwrap_or_default(),
        num_peer_notif: b.num_peer_notif.map(u32::from).unwrap_or_default(),
        tlb_dynamic_lb: b.tlb_logical_lb.map(u32::from).unwrap_or_default(),
        all_slaves_active: b.all_slaves_active.map(u32::from).unwrap_or_default(),
        use_carrier: b.use_carrier.unwrap_or(true),
        ad_actor_sys_prio: b.ad_actor_sys_prio.map(u32::from).unwrap_or_default(),
        ad_user_port_key: b.ad_user_port_key.map(u32::from).unwrap_or_default(),
        peer_notify_delay: b.peer_notif_delay.unwrap_or_default(),
        arpip_targets: b.arp_ip_targets.iter().map(ip).collect(),
        nsip6_targets: b.ns_ip6_targets.iter().map(ip).collect(),
        adlacp_active: i32::from(b.ad_lacp_active != Some(AdLacpActive::Off)),
        missed_max: b.missed_max.map(u32::from).unwrap_or_default(),
    }
}

fn wireguard(settings: &Wireguard) -> WireguardSpec {
    let peer = |p: &access::Peer| WireguardPeer {
        public_key: p.public_key.clone(),
        preshared_key: p.preshared_key.expose().to_owned(),
        endpoint: p.endpoint.clone().unwrap_or_default(),
        persistent_keepalive_interval: p.keepalive.and_then(|k| k.to_std().try_into().ok()),
        allowed_ips: p.allowed_ips.iter().map(|n| crate::net::net_prefix(*n)).collect(),
    };
    WireguardSpec {
        private_key: settings.private_key.expose().to_owned(),
        public_key: String::new(),
        listen_port: settings.listen_port.map(i64::from).unwrap_or_default(),
        firewall_mark: settings.firewall_mark.map(i64::from).unwrap_or_default(),
        peers: settings.peers.iter().map(peer).collect(),
    }
}
