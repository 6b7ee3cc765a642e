//! Operators: runs what changes the network by itself, and publishes what it wishes for.
//!
//! DHCP runs here. Shared addresses (VIPs) are elected by machined, which wishes for them in the operator layer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use proto::resource::enums::NetworkOperator;
use proto::resource::network::{HostnameStatusSpec, OperatorSpecSpec};
use resources::Phase;
use state::{Context, Controller, Input, Next, Output};
use tokio::sync::{Notify, watch};

use super::dhcp4::runner::{Order, identity, run};
use crate::id;
use crate::kernel::Link;
use crate::kernel::watch::Nouns;
use crate::wishes::{WishPublisher, Wishes};
use crate::world::World;

/// Wishes of the running operators, by operator.
type Found = Arc<Mutex<BTreeMap<String, Wishes>>>;

/// One running operator. Dropping it lets the operator end by itself.
struct Running {
    spec: OperatorSpecSpec,
    index: u32,
    hardware: Vec<u8>,
    orders: watch::Sender<Order>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.orders.send_replace(Order::Stop);
    }
}

/// Runs operators.
pub struct OperatorSpecController {
    world: Arc<World>,
    running: BTreeMap<String, Running>,
    found: Found,
    publisher: WishPublisher,
    refused: BTreeSet<String>,
    registered: bool,
}

impl OperatorSpecController {
    /// A controller over the kernel behind `world`.
    pub fn new(world: Arc<World>) -> Self {
        Self {
            world,
            running: BTreeMap::new(),
            found: Arc::default(),
            publisher: WishPublisher::default(),
            refused: BTreeSet::new(),
            registered: false,
        }
    }

    /// Starts, pauses and stops operators so that they fit what is wanted and the links that there are.
    fn adjust(&mut self, wanted: &BTreeMap<String, OperatorSpecSpec>, hostname: &str, waker: &Arc<Notify>) {
        let now = self.world.now();
        self.running.retain(|id, running| {
            let link = now.links.get(&running.spec.link_name);
            let same =
                |l: &Link| l.status.index == running.index && l.status.hardware_addr == running.hardware;
            wanted.get(id) == Some(&running.spec) && link.is_some_and(same)
        });
        for (id, spec) in wanted {
            let Some(link) = now.links.get(&spec.link_name) else { continue };
            let order = if works(link, spec.require_up) { Order::Run } else { Order::Pause };
            match self.running.get(id) {
                Some(running) => {
                    running.orders.send_if_modified(|o| std::mem::replace(o, order) != order);
                }
                None => {
                    let running = start(id, spec, link, hostname, order, &self.found, waker);
                    self.running.insert(id.clone(), running);
                }
            }
        }
        let mut found = sys::sync::lock(&self.found);
        found.retain(|id, _| self.running.contains_key(id));
    }
}

/// The link can carry packets, as far as that is required.
fn works(link: &Link, require_up: bool) -> bool {
    link.is_up() && (!require_up || link.status.link_state)
}

fn start(
    id: &str,
    spec: &OperatorSpecSpec,
    link: &Link,
    hostname: &str,
    order: Order,
    found: &Found,
    waker: &Arc<Notify>,
) -> Running {
    let (orders, receiver) = watch::channel(order);
    let dhcp = spec.dhcp4.clone().unwrap_or_default();
    let hardware = link.status.hardware_addr.clone();
    let who = identity(&hardware, &dhcp, hostname);
    let (id, found, waker) = (id.to_owned(), found.clone(), waker.clone());
    let tell = move |wishes: Option<Wishes>| {
        let mut all = sys::sync::lock(&found);
        match wishes {
            Some(wishes) => all.insert(id.clone(), wishes),
            None => all.remove(&id),
        };
        waker.notify_one();
    };
    tokio::spawn(run(spec.link_name.clone(), link.status.index, who, dhcp, receiver, tell));
    Running { spec: spec.clone(), index: link.status.index, hardware, orders }
}

#[async_trait]
impl Controller for OperatorSpecController {
    fn name(&self) -> &'static str {
        "network.OperatorSpecController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<OperatorSpecSpec>(), Input::weak::<HostnameStatusSpec>().id(id::HOSTNAME)]
    }

    fn outputs(&self) -> Vec<Output> {
        WishPublisher::outputs()
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        if !std::mem::replace(&mut self.registered, true) {
            self.world.wake_on(Nouns::LINKS, ctx.waker());
            self.world.refresh(Nouns::LINKS).await?;
        }
        let hostname = ctx.get::<HostnameStatusSpec>(id::HOSTNAME).await?;
        let hostname = hostname.map(|h| h.spec.hostname).unwrap_or_default();
        let dhcp4 = NetworkOperator::OperatorDhcp4 as i32;
        let dhcp6 = NetworkOperator::OperatorDhcp6 as i32;
        let specs = ctx.list::<OperatorSpecSpec>().await?;
        for spec in
            specs.iter().filter(|s| s.spec.operator == dhcp6 && self.refused.insert(s.metadata.id.clone()))
        {
            tracing::warn!(
                operator = spec.id(),
                "DHCPv6 is not supported by this version; the link gets no address from it"
            );
        }
        let wanted = specs
            .into_iter()
            .filter(|s| s.metadata.phase == Phase::Running && s.spec.operator == dhcp4)
            .map(|s| (s.metadata.id, s.spec))
            .collect();
        self.adjust(&wanted, &hostname, &ctx.waker());
        let found = sys::sync::lock(&self.found).clone();
        let groups = found.into_iter().map(|(id, wishes)| (format!("{id}/"), wishes)).collect();
        self.publisher.publish(ctx, groups).await?;
        Ok(Next::Wait)
    }
}
