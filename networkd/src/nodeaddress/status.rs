//! Publishes the node's address sets.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use proto::resource::enums::NethelpersOperationalState;
use proto::resource::network::{
    HardwareAddrSpec, NodeAddressFilterSpec, NodeAddressSortAlgorithmSpec, NodeAddressSpec,
    PlatformConfigSpec,
};
use state::{Context, Controller, Input, Next, Output};

use super::compute::{Facts, compute};
use crate::kernel::Snapshot;
use crate::kernel::watch::Nouns;
use crate::net;
use crate::platform;
use crate::publish::Publisher;
use crate::world::World;

/// Keeps NodeAddresses in line with addresses, links and filters.
pub struct NodeAddressController {
    world: Arc<World>,
    publisher: Publisher<NodeAddressSpec>,
    before: Option<BTreeMap<String, NodeAddressSpec>>,
    registered: bool,
}

impl NodeAddressController {
    const NOUNS: Nouns = Nouns { links: true, addresses: true, routes: false, rules: false };

    /// A controller over the kernel behind `world`.
    pub fn new(world: Arc<World>) -> Self {
        Self { world, publisher: Publisher::default(), before: None, registered: false }
    }
}

#[async_trait]
impl Controller for NodeAddressController {
    fn name(&self) -> &'static str {
        "network.NodeAddressController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::weak::<NodeAddressFilterSpec>(),
            Input::weak::<NodeAddressSortAlgorithmSpec>(),
            Input::weak::<PlatformConfigSpec>(),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<NodeAddressSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        if !std::mem::replace(&mut self.registered, true) {
            self.world.wake_on(Self::NOUNS, ctx.waker());
            self.world.refresh(Self::NOUNS).await?;
        }
        let before = match self.before.take() {
            Some(before) => before,
            // A networkd before this one may have chosen the default already.
            None => {
                ctx.list::<NodeAddressSpec>().await?.into_iter().map(|r| (r.metadata.id, r.spec)).collect()
            }
        };
        let filters = ctx.list::<NodeAddressFilterSpec>().await?;
        let filters = filters.into_iter().map(|r| (r.metadata.id, r.spec)).collect();
        let algorithm = ctx.get::<NodeAddressSortAlgorithmSpec>(super::SORT_ALGORITHM).await?;
        let platform = ctx.get::<PlatformConfigSpec>(platform::ACTIVE).await?;
        let external: Vec<_> = platform
            .iter()
            .flat_map(|p| &p.spec.external_ips)
            .filter_map(|ip| net::ip_from_bytes(&ip.ip))
            .collect();
        let facts = Facts {
            now: &self.world.now(),
            external: &external,
            filters: &filters,
            algorithm: algorithm.map(|a| a.spec.algorithm).unwrap_or_default(),
            before: &before,
        };
        let sets = compute(&facts);
        self.publisher.publish(ctx, sets.clone()).await?;
        self.before = Some(sets);
        Ok(Next::Wait)
    }
}

/// Publishes the hardware address by which the node is known: the first card's.
pub struct HardwareAddrController {
    world: Arc<World>,
    publisher: Publisher<HardwareAddrSpec>,
    registered: bool,
}

impl HardwareAddrController {
    /// A controller over the kernel behind `world`.
    pub fn new(world: Arc<World>) -> Self {
        Self { world, publisher: Publisher::default(), registered: false }
    }
}

/// The first card by name order that has an address; cards that work before those that do not.
fn first_card(now: &Snapshot) -> Option<HardwareAddrSpec> {
    let up = NethelpersOperationalState::OperStateUp as i32;
    let cards = now.links.values().filter(|l| l.is_physical() && !l.status.hardware_addr.is_empty());
    cards.min_by_key(|l| (l.status.operational_state != up, &l.name)).map(|l| HardwareAddrSpec {
        name: l.name.clone(),
        hardware_addr: if l.status.permanent_addr.is_empty() {
            l.status.hardware_addr.clone()
        } else {
            l.status.permanent_addr.clone()
        },
    })
}

#[async_trait]
impl Controller for HardwareAddrController {
    fn name(&self) -> &'static str {
        "network.HardwareAddrController"
    }

    fn inputs(&self) -> Vec<Input> {
        Vec::new()
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<HardwareAddrSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        if !std::mem::replace(&mut self.registered, true) {
            self.world.wake_on(Nouns::LINKS, ctx.waker());
            self.world.refresh(Nouns::LINKS).await?;
        }
        let first = first_card(&self.world.now()).map(|s| ("first".to_owned(), s));
        self.publisher.publish(ctx, first.into_iter().collect()).await?;
        Ok(Next::Wait)
    }
}
