//! Links: what has to change in the kernel, as a pure comparison of wishes with what is there.
//!
//! Order of the steps: links that go away, masters (bond, bridge, vrf) and other software links, their options,
//! enslaving, and at last the links that lie on top of others (vlan). Within one link: down where an option
//! needs it, options, up.

use std::collections::BTreeSet;

use proto::resource::network::{BondMasterSpec, BridgeMasterSpec, LinkSpecSpec};

use crate::kernel::{Link, Snapshot};
use crate::net;

/// Kinds that networkd makes itself, and may therefore replace when a wish claims their name.
const OWN_KINDS: [&str; 7] = ["dummy", "bridge", "bond", "vlan", "wireguard", "vrf", "veth"];

/// One change to one link; links are named, numbers are looked up when the step is taken.
#[derive(Debug, Clone, PartialEq)]
pub enum LinkStep {
    /// Makes a software link.
    Create(Box<LinkSpecSpec>),
    /// Removes a software link.
    Delete {
        /// The link.
        name: String,
    },
    /// Takes the link up or down.
    SetUp {
        /// The link.
        name: String,
        /// Up, else down.
        up: bool,
    },
    /// Sets the largest packet size, in bytes.
    SetMtu {
        /// The link.
        name: String,
        /// Bytes.
        mtu: u32,
    },
    /// Sets the hardware address.
    SetHardwareAddr {
        /// The link.
        name: String,
        /// Its bytes.
        address: Vec<u8>,
    },
    /// Switches multicast on.
    SetMulticast {
        /// The link.
        name: String,
    },
    /// Puts the link under a master, or frees it.
    SetMaster {
        /// The link.
        name: String,
        /// The master; none frees it.
        master: Option<String>,
    },
    /// Sets a bond's options.
    SetBond {
        /// The link.
        name: String,
        /// The options.
        bond: Box<BondMasterSpec>,
    },
    /// Sets a bridge's options.
    SetBridge {
        /// The link.
        name: String,
        /// The options.
        bridge: BridgeMasterSpec,
        /// The options as they are.
        is: BridgeMasterSpec,
    },
}

impl LinkStep {
    /// The link that changes.
    pub fn name(&self) -> &str {
        match self {
            Self::Create(spec) => &spec.name,
            Self::Delete { name }
            | Self::SetUp { name, .. }
            | Self::SetMtu { name, .. }
            | Self::SetHardwareAddr { name, .. }
            | Self::SetMulticast { name }
            | Self::SetMaster { name, .. }
            | Self::SetBond { name, .. }
            | Self::SetBridge { name, .. } => name,
        }
    }

    /// What it does, for people; holds no keys.
    pub fn detail(&self) -> String {
        match self {
            Self::Create(spec) => format!("create {} link", spec.kind),
            Self::Delete { .. } => "delete".into(),
            Self::SetUp { up, .. } => if *up { "up" } else { "down" }.into(),
            Self::SetMtu { mtu, .. } => format!("mtu {mtu}"),
            Self::SetHardwareAddr { address, .. } => format!("hardware address {}", net::mac_text(address)),
            Self::SetMulticast { .. } => "multicast on".into(),
            Self::SetMaster { master: Some(master), .. } => format!("under {master}"),
            Self::SetMaster { master: None, .. } => "free of its master".into(),
            Self::SetBond { .. } => "bond options".into(),
            Self::SetBridge { .. } => "bridge options".into(),
        }
    }
}

/// What to do, and what cannot be done.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LinkPlan {
    /// In this order.
    pub steps: Vec<LinkStep>,
    /// Wishes that wait for something, with what.
    pub waiting: Vec<(String, String)>,
    /// Wishes that contradict what is there.
    pub refused: Vec<(String, String)>,
}

/// Master that a wish names, if it names one.
fn wanted_master(spec: &LinkSpecSpec) -> Option<&str> {
    let names = [
        spec.bond_slave.as_ref().map(|s| s.master_name.as_str()),
        spec.bridge_slave.as_ref().map(|s| s.master_name.as_str()),
        spec.vrf_slave.as_ref().map(|s| s.master_name.as_str()),
    ];
    names.into_iter().flatten().find(|n| !n.is_empty())
}

/// Plans `wanted`, and the end of `unwanted`, against what is there.
pub fn plan(wanted: &[LinkSpecSpec], unwanted: &[LinkSpecSpec], now: &Snapshot) -> LinkPlan {
    let mut out = LinkPlan::default();
    // What is there once the steps planned so far are taken, as far as removals go.
    let mut now = Snapshot { links: now.links.clone(), ..Snapshot::default() };
    let names: BTreeSet<&str> = wanted.iter().map(|s| s.name.as_str()).collect();
    for spec in unwanted.iter().filter(|s| !names.contains(s.name.as_str())) {
        remove(spec, &mut now, &mut out);
    }
    let mut sorted: Vec<&LinkSpecSpec> = wanted.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let (stacked, base): (Vec<_>, Vec<_>) = sorted.into_iter().partition(|s| s.kind == "vlan");
    // Masters first, so that their slaves find them.
    let (masters, others): (Vec<_>, Vec<_>) =
        base.into_iter().partition(|s| s.logical && matches!(s.kind.as_str(), "bond" | "bridge" | "vrf"));
    for spec in masters.into_iter().chain(others).chain(stacked) {
        one(spec, wanted, &mut now, &mut out);
    }
    out
}

/// Undoes a wish: software links go, cards are only freed of a master that was ours.
fn remove(spec: &LinkSpecSpec, now: &mut Snapshot, out: &mut LinkPlan) {
    let Some(link) = now.links.get(&spec.name) else { return };
    if spec.logical {
        if link.status.kind == spec.kind {
            delete(&spec.name, now, out);
        }
        return;
    }
    if let Some(master) = wanted_master(spec)
        && now.link_name(link.status.master_index) == Some(master)
    {
        out.steps.push(LinkStep::SetMaster { name: spec.name.clone(), master: None });
    }
}

/// Removes a link; the kernel frees its slaves and removes what lies on top of it, and the other end of a pair.
fn delete(name: &str, now: &mut Snapshot, out: &mut LinkPlan) {
    out.steps.push(LinkStep::Delete { name: name.to_owned() });
    let Some(gone) = now.links.remove(name) else { return };
    let index = gone.status.index;
    now.links.retain(|_, l| l.foreign_parent || l.status.link_index != index || !falls_with_parent(l));
    for slave in now.links.values_mut().filter(|l| l.status.master_index == index) {
        slave.status.master_index = 0;
    }
}

/// The link cannot be without the one that it names as its parent or peer.
pub fn falls_with_parent(link: &Link) -> bool {
    matches!(link.status.kind.as_str(), "vlan" | "veth")
}

fn one(spec: &LinkSpecSpec, wanted: &[LinkSpecSpec], now: &mut Snapshot, out: &mut LinkPlan) {
    let name = &spec.name;
    if spec.wireguard.is_some() {
        let reason = "keys and peers of WireGuard links cannot be set by this version: remove the link";
        out.refused.push((name.clone(), reason.to_owned()));
        return;
    }
    let existing = match now.links.get(name) {
        None if !spec.logical => {
            out.waiting.push((name.clone(), format!("there is no link {name} yet")));
            return;
        }
        None => None,
        Some(link) if spec.logical && !same_link(spec, link, now) => {
            if !replaceable(link) {
                let kind = if link.status.kind.is_empty() { "physical" } else { &link.status.kind };
                let reason = format!(
                    "a {kind} link of that name exists and is not networkd's to replace by a {} link: choose another name",
                    spec.kind
                );
                out.refused.push((name.clone(), reason));
                return;
            }
            delete(name, now, out);
            None
        }
        Some(link) => Some(link.clone()),
    };
    if existing.is_none() {
        if !spec.parent_name.is_empty()
            && spec.kind == "vlan"
            && !exists_after(&spec.parent_name, wanted, now)
        {
            out.waiting.push((name.clone(), format!("its parent {} is not there yet", spec.parent_name)));
            return;
        }
        if created_with_its_peer(spec, wanted, now) {
            // The kernel makes both ends of a pair at once.
        } else {
            out.steps.push(LinkStep::Create(Box::new(spec.clone())));
        }
    }
    let fresh = Link::default();
    settle(spec, existing.as_ref().unwrap_or(&fresh), existing.is_some(), wanted, now, out);
}

/// Brings the settings of a link, fresh or old, in line with its wish.
fn settle(
    spec: &LinkSpecSpec,
    link: &Link,
    existed: bool,
    wanted: &[LinkSpecSpec],
    now: &mut Snapshot,
    out: &mut LinkPlan,
) {
    let name = spec.name.clone();
    let mut up = existed && link.is_up();
    if let Some(bond) = spec.bond_master.as_ref().filter(|_| existed)
        && link.status.bond_master.as_ref().is_some_and(|is| !bond_fits(bond, is))
    {
        // The kernel changes most bond options only while the bond is down and empty; its slaves come back with
        // their own wishes.
        for slave in now.links.values_mut().filter(|l| l.status.master_index == link.status.index) {
            out.steps.push(LinkStep::SetMaster { name: slave.name.clone(), master: None });
            slave.status.master_index = 0;
        }
        if up {
            out.steps.push(LinkStep::SetUp { name: name.clone(), up: false });
            up = false;
        }
        out.steps.push(LinkStep::SetBond { name: name.clone(), bond: Box::new(bond.clone()) });
    }
    if let Some(bridge) = spec.bridge_master.as_ref().filter(|_| existed)
        && let Some(is) = link.status.bridge_master.as_ref()
        && !bridge_fits(bridge, is)
    {
        out.steps.push(LinkStep::SetBridge { name: name.clone(), bridge: *bridge, is: *is });
    }
    if spec.mtu != 0 && spec.mtu != link.status.mtu {
        out.steps.push(LinkStep::SetMtu { name: name.clone(), mtu: spec.mtu });
    }
    let address = &spec.hardware_address;
    // A slave of a bond wears the bond's address.
    if !address.is_empty() && *address != link.status.hardware_addr && spec.bond_slave.is_none() {
        out.steps.push(LinkStep::SetHardwareAddr { name: name.clone(), address: address.clone() });
    }
    if spec.multicast && link.status.flags & crate::kernel::IFF_MULTICAST == 0 {
        out.steps.push(LinkStep::SetMulticast { name: name.clone() });
    }
    settle_master(spec, link, existed, wanted, now, &mut up, out);
    if spec.up != up {
        out.steps.push(LinkStep::SetUp { name, up: spec.up });
    }
}

fn settle_master(
    spec: &LinkSpecSpec,
    link: &Link,
    existed: bool,
    wanted: &[LinkSpecSpec],
    now: &Snapshot,
    up: &mut bool,
    out: &mut LinkPlan,
) {
    let is = if existed { now.link_name(link.status.master_index) } else { None };
    match wanted_master(spec) {
        Some(master) if is == Some(master) => {}
        Some(master) if exists_after(master, wanted, now) => {
            // Only a link that is down can be put under a bond.
            if *up && spec.bond_slave.is_some() {
                out.steps.push(LinkStep::SetUp { name: spec.name.clone(), up: false });
                *up = false;
            }
            out.steps.push(LinkStep::SetMaster { name: spec.name.clone(), master: Some(master.to_owned()) });
        }
        Some(master) => {
            out.waiting.push((spec.name.clone(), format!("its master {master} is not there yet")))
        }
        // Masters that nobody here wishes for (a pod network's bridge) are left alone.
        None => {
            if let Some(master) = is
                && wanted.iter().any(|s| s.name == master)
            {
                out.steps.push(LinkStep::SetMaster { name: spec.name.clone(), master: None });
            }
        }
    }
}

/// The link is there, or an earlier step makes it.
fn exists_after(name: &str, wanted: &[LinkSpecSpec], now: &Snapshot) -> bool {
    now.links.contains_key(name) || wanted.iter().any(|s| s.name == name && s.logical)
}

/// Name of the other end of a wished pair.
pub fn peer_name(spec: &LinkSpecSpec) -> &str {
    spec.veth.as_ref().map_or("", |v| v.peer_name.as_str())
}

/// True when the other end of this pair comes first and brings this one along.
fn created_with_its_peer(spec: &LinkSpecSpec, wanted: &[LinkSpecSpec], now: &Snapshot) -> bool {
    let peer = peer_name(spec);
    let peer_first = |s: &LinkSpecSpec| {
        s.kind == "veth" && s.name == peer && peer_name(s) == spec.name && s.name < spec.name
    };
    spec.kind == "veth" && !now.links.contains_key(peer) && wanted.iter().any(peer_first)
}

/// The existing link is of the wished kind, including what cannot be changed on a living link.
fn same_link(spec: &LinkSpecSpec, link: &Link, now: &Snapshot) -> bool {
    if spec.kind != link.status.kind {
        return false;
    }
    match spec.kind.as_str() {
        "vlan" => {
            let same_id = match (&spec.vlan, &link.status.vlan) {
                (Some(want), Some(is)) => {
                    want.vid == is.vid && (want.protocol == is.protocol || want.protocol == 0)
                }
                _ => true,
            };
            let parent = now.link_name(link.status.link_index);
            same_id && (spec.parent_name.is_empty() || parent == Some(spec.parent_name.as_str()))
        }
        "vrf" => match (&spec.vrf_master, &link.status.vrf_master) {
            (Some(want), Some(is)) => want.table == is.table,
            _ => true,
        },
        _ => true,
    }
}

/// Made by software in this namespace: a pair whose other end is elsewhere was given to the node from outside.
fn replaceable(link: &Link) -> bool {
    OWN_KINDS.contains(&link.status.kind.as_str()) && !(link.status.kind == "veth" && link.foreign_parent)
}

/// The options that a wish sets are as wished; options left at zero are the kernel's business.
pub fn bond_fits(want: &BondMasterSpec, is: &BondMasterSpec) -> bool {
    let set = |want: u32, is: u32| want == 0 || want == is;
    want.mode == is.mode
        && want.hash_policy == is.hash_policy
        && (want.mode != 4 || want.lacp_rate == is.lacp_rate)
        && want.arp_validate == is.arp_validate
        && want.arp_all_targets == is.arp_all_targets
        && want.primary_reselect == is.primary_reselect
        && want.fail_over_mac == is.fail_over_mac
        && want.ad_select == is.ad_select
        && set(want.mii_mon, is.mii_mon)
        && set(want.up_delay, is.up_delay)
        && set(want.down_delay, is.down_delay)
        && set(want.arp_interval, is.arp_interval)
        && set(want.resend_igmp, is.resend_igmp)
        && set(want.min_links, is.min_links)
        && set(want.lp_interval, is.lp_interval)
        && set(want.packets_per_slave, is.packets_per_slave)
        && set(want.num_peer_notif, is.num_peer_notif)
        && set(want.all_slaves_active, is.all_slaves_active)
        && set(want.ad_actor_sys_prio, is.ad_actor_sys_prio)
        && set(want.ad_user_port_key, is.ad_user_port_key)
        && set(want.peer_notify_delay, is.peer_notify_delay)
        && set(want.missed_max, is.missed_max)
        && (want.arpip_targets.is_empty() || want.arpip_targets == is.arpip_targets)
        && (want.nsip6_targets.is_empty() || want.nsip6_targets == is.nsip6_targets)
}

fn bridge_fits(want: &BridgeMasterSpec, is: &BridgeMasterSpec) -> bool {
    let stp = |b: &BridgeMasterSpec| b.stp.as_ref().is_some_and(|s| s.enabled);
    let filtering = |b: &BridgeMasterSpec| b.vlan.as_ref().is_some_and(|v| v.filtering_enabled);
    (want.stp.is_none() || stp(want) == stp(is)) && (want.vlan.is_none() || filtering(want) == filtering(is))
}
