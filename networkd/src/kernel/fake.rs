//! A kernel in memory, for tests: it takes every step at its word.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use proto::resource::enums::NethelpersLinkType;
use proto::resource::network::{
    AddressStatusSpec, LinkSpecSpec, LinkStatusSpec, RouteSpecSpec, RouteStatusSpec, RoutingRuleSpecSpec,
    RoutingRuleStatusSpec,
};

use super::{IFF_LOWER_UP, IFF_MULTICAST, IFF_UP, Kernel, KernelError, Link, Result, Snapshot};
use crate::address::plan::AddressStep;
use crate::link::plan::{LinkStep, falls_with_parent, peer_name};
use crate::route::plan::RouteStep;
use crate::rule::plan::{RuleStep, effective};
use crate::{id, net};

/// The kernel in memory.
#[derive(Default)]
pub struct FakeKernel {
    state: Mutex<Snapshot>,
    /// Kinds of links that it refuses, as a kernel built without them does.
    pub missing_kinds: Vec<&'static str>,
}

impl FakeKernel {
    /// A kernel with these links.
    pub fn with_links(links: impl IntoIterator<Item = Link>) -> Self {
        let links = links.into_iter().map(|l| (l.name.clone(), l)).collect();
        Self { state: Mutex::new(Snapshot { links, ..Snapshot::default() }), missing_kinds: Vec::new() }
    }

    /// Its state as one piece.
    pub fn now(&self) -> Snapshot {
        self.edit(|s| s.clone())
    }

    /// Changes it behind networkd's back.
    pub fn edit<T>(&self, change: impl FnOnce(&mut Snapshot) -> T) -> T {
        change(&mut sys::sync::lock(&self.state))
    }
}

/// A card: Ethernet, down.
pub fn card(name: &str, index: u32) -> Link {
    Link {
        name: name.into(),
        status: LinkStatusSpec {
            index,
            r#type: NethelpersLinkType::LinkEther as i32,
            mtu: 1500,
            hardware_addr: vec![2, 0, 0, 0, 0, index.to_le_bytes()[0]],
            ..Default::default()
        },
        foreign_parent: false,
    }
}

fn link_of(s: &LinkSpecSpec, state: &Snapshot) -> Link {
    let index = state.links.values().map(|l| l.status.index).max().unwrap_or_default() + 1;
    let mut link = card(&s.name, index);
    let parent = state.links.get(&s.parent_name).map_or(0, |l| l.status.index);
    link.status.kind.clone_from(&s.kind);
    link.status.link_index = parent;
    link.status.vlan = s.vlan;
    link.status.bond_master.clone_from(&s.bond_master);
    link.status.bridge_master = s.bridge_master;
    link.status.vrf_master = s.vrf_master;
    if !s.hardware_address.is_empty() {
        link.status.hardware_addr.clone_from(&s.hardware_address);
    }
    link
}

fn route_of(s: &RouteSpecSpec) -> RouteStatusSpec {
    RouteStatusSpec {
        family: s.family,
        destination: s.destination.clone(),
        source: s.source.clone(),
        gateway: s.gateway.clone(),
        out_link_name: s.out_link_name.clone(),
        table: s.table,
        priority: s.priority,
        scope: s.scope,
        r#type: s.r#type,
        protocol: s.protocol,
        mtu: s.mtu,
        next_hops: s.next_hops.clone(),
        ..Default::default()
    }
}

fn rule_of(s: &RoutingRuleSpecSpec) -> RoutingRuleStatusSpec {
    let (action, fw_mask) = effective(s);
    RoutingRuleStatusSpec {
        family: s.family,
        src: s.src.clone(),
        dst: s.dst.clone(),
        table: s.table,
        priority: s.priority,
        action,
        iif_name: s.iif_name.clone(),
        oif_name: s.oif_name.clone(),
        fw_mark: s.fw_mark,
        fw_mask,
    }
}

#[async_trait]
impl Kernel for FakeKernel {
    fn has_ipv6(&self) -> bool {
        true
    }

    async fn links(&self) -> Result<Vec<Link>> {
        Ok(self.now().links.into_values().collect())
    }

    async fn addresses(&self, _: &BTreeMap<u32, String>) -> Result<Vec<AddressStatusSpec>> {
        Ok(self.now().addresses)
    }

    async fn routes(&self, _: &BTreeMap<u32, String>) -> Result<Vec<RouteStatusSpec>> {
        Ok(self.now().routes)
    }

    async fn rules(&self) -> Result<Vec<RoutingRuleStatusSpec>> {
        Ok(self.now().rules)
    }

    async fn change_link(&self, step: &LinkStep) -> Result<()> {
        self.edit(|state| match step {
            LinkStep::Create(spec) if self.missing_kinds.contains(&spec.kind.as_str()) => {
                Err(KernelError::UnknownKind { kind: spec.kind.clone() })
            }
            LinkStep::Create(spec) => {
                let mut link = link_of(spec, state);
                if spec.kind == "veth" {
                    let name = peer_name(spec).to_owned();
                    let mut peer =
                        link_of(&LinkSpecSpec { name, kind: "veth".into(), ..Default::default() }, state);
                    peer.status.index = link.status.index + 1;
                    peer.status.link_index = link.status.index;
                    link.status.link_index = peer.status.index;
                    state.links.insert(peer.name.clone(), peer);
                }
                state.links.insert(spec.name.clone(), link);
                Ok(())
            }
            LinkStep::Delete { name } => {
                let index = state.links.remove(name).map_or(0, |l| l.status.index);
                state
                    .links
                    .retain(|_, l| index == 0 || l.status.link_index != index || !falls_with_parent(l));
                for slave in state.links.values_mut().filter(|l| l.status.master_index == index) {
                    slave.status.master_index = 0;
                }
                state.addresses.retain(|a| a.link_name != *name);
                state.routes.retain(|r| r.out_link_name != *name);
                Ok(())
            }
            other => edit_link(state, other),
        })
    }

    async fn change_address(&self, step: &AddressStep) -> Result<()> {
        self.edit(|state| {
            let id = step.id();
            state.addresses.retain(|a| id::address_status(a) != id);
            if let AddressStep::Put(spec) = step {
                let link = state.links.get(&spec.link_name);
                let link = link.ok_or_else(|| KernelError::NoLink { name: spec.link_name.clone() })?;
                state.addresses.push(AddressStatusSpec {
                    address: spec.address.clone(),
                    link_index: link.status.index,
                    link_name: spec.link_name.clone(),
                    family: net::prefix(&spec.address).map_or(0, |p| net::family(p.addr())),
                    scope: spec.scope,
                    flags: spec.flags,
                    priority: spec.priority,
                    ..Default::default()
                });
            }
            Ok(())
        })
    }

    async fn change_route(&self, step: &RouteStep) -> Result<()> {
        self.edit(|state| {
            let (RouteStep::Put(spec) | RouteStep::Delete(spec)) = step;
            let same = |r: &RouteStatusSpec| {
                r.family == spec.family
                    && r.table == spec.table
                    && r.destination == spec.destination
                    && r.priority == spec.priority
                    && r.gateway == spec.gateway
                    && r.out_link_name == spec.out_link_name
            };
            state.routes.retain(|r| !same(r));
            if let RouteStep::Put(spec) = step {
                state.routes.push(route_of(spec));
            }
        });
        Ok(())
    }

    async fn change_rule(&self, step: &RuleStep) -> Result<()> {
        self.edit(|state| match step {
            RuleStep::Add(spec) => state.rules.push(rule_of(spec)),
            RuleStep::Delete(is) => state.rules.retain(|r| *r != **is),
        });
        Ok(())
    }
}

fn edit_link(state: &mut Snapshot, step: &LinkStep) -> Result<()> {
    let index_of = |name: &str| state.links.get(name).map(|l| l.status.index);
    let no_link = |name: &str| KernelError::NoLink { name: name.into() };
    let master_index = match step {
        LinkStep::SetMaster { master: Some(master), .. } => {
            index_of(master).ok_or_else(|| no_link(master))?
        }
        _ => 0,
    };
    let link = state.links.get_mut(step.name()).ok_or_else(|| no_link(step.name()))?;
    let status = &mut link.status;
    match step {
        LinkStep::SetUp { up: true, .. } => status.flags |= IFF_UP | IFF_LOWER_UP,
        LinkStep::SetUp { up: false, .. } => status.flags &= !(IFF_UP | IFF_LOWER_UP),
        LinkStep::SetMtu { mtu, .. } => status.mtu = *mtu,
        LinkStep::SetHardwareAddr { address, .. } => status.hardware_addr.clone_from(address),
        LinkStep::SetMulticast { .. } => status.flags |= IFF_MULTICAST,
        LinkStep::SetMaster { .. } => status.master_index = master_index,
        LinkStep::SetBond { bond, .. } => status.bond_master = Some((**bond).clone()),
        LinkStep::SetBridge { bridge, .. } => status.bridge_master = Some(*bridge),
        LinkStep::Create(_) | LinkStep::Delete { .. } => {}
    }
    Ok(())
}
