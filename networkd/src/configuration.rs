//! From sources of configuration to wishes: defaults, platform and machine configuration.
//!
//! One controller asks every noun's `config`, so that the sources are read once. Operators add their own wishes.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use proto::resource::cluster::IdentitySpec;
use proto::resource::network::{
    HostDnsConfigSpec, HostnameStatusSpec, NodeAddressFilterSpec, NodeAddressSortAlgorithmSpec,
    NodeAddressSpec, PlatformConfigSpec, StaticHostSpec,
};
use state::{Context, Controller, Input, Next, Output};

use crate::inputs::Inputs;
use crate::kernel::watch::Nouns;
use crate::machine::ActiveMachine;
use crate::nodeaddress::compute::{DEFAULT, prefixes};
use crate::publish::Publisher;
use crate::wishes::{WishPublisher, Wishes};
use crate::world::World;
use crate::{
    address, dns, hostname, id, link, net, nodeaddress, operator, platform, probe, resolver, route, rule,
    timeserver,
};

/// Name of the controller, which owns the wishes of the sources.
pub const CONTROLLER: &str = "network.ConfigController";

/// Identifier of the node's own identity.
const LOCAL_IDENTITY: &str = "local";

/// All wishes of the sources.
pub fn wishes(inputs: &Inputs) -> Wishes {
    let mut all = Wishes {
        links: link::config::defaults(inputs),
        addresses: address::config::defaults(inputs.ipv6),
        hostnames: hostname::config::defaults(inputs),
        resolvers: resolver::config::defaults(inputs),
        time_servers: timeserver::config::defaults(),
        operators: operator::config::defaults(inputs),
        ..Wishes::default()
    };
    if let Some(given) = &inputs.platform {
        all.extend(platform::wishes(given));
    }
    all.extend(Wishes {
        links: link::config::machine(inputs),
        addresses: address::config::machine(inputs),
        routes: route::config::machine(inputs),
        rules: rule::config::machine(inputs),
        hostnames: hostname::config::machine(inputs),
        resolvers: resolver::config::machine(inputs),
        time_servers: timeserver::config::machine(inputs),
        operators: operator::config::machine(inputs),
        probes: probe::config::machine(inputs),
    });
    all.addresses.extend(dns::config::addresses(&dns::config::spec(inputs)));
    all
}

/// Addresses by name of the static hosts.
pub fn static_hosts(inputs: &Inputs) -> BTreeMap<String, StaticHostSpec> {
    let mut hosts: BTreeMap<String, StaticHostSpec> = BTreeMap::new();
    for host in inputs.machine.iter().flat_map(|m| &m.hosts) {
        for name in &host.names {
            let addresses = &mut hosts.entry(name.clone()).or_default().addresses;
            let address = net::net_ip(host.address);
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
    }
    hosts
}

/// Turns the sources into wishes and settings.
pub struct ConfigController {
    world: Arc<World>,
    machine: ActiveMachine,
    container: bool,
    wishes: WishPublisher,
    hosts: Publisher<StaticHostSpec>,
    host_dns: Publisher<HostDnsConfigSpec>,
    filters: Publisher<NodeAddressFilterSpec>,
    sorting: Publisher<NodeAddressSortAlgorithmSpec>,
    registered: bool,
}

impl ConfigController {
    /// A controller over the kernel behind `world`, on a node that is a container or not.
    pub fn new(world: Arc<World>, machine: ActiveMachine, container: bool) -> Self {
        Self {
            world,
            machine,
            container,
            wishes: WishPublisher::default(),
            hosts: Publisher::default(),
            host_dns: Publisher::default(),
            filters: Publisher::default(),
            sorting: Publisher::default(),
            registered: false,
        }
    }
}

/// Gathers what wishes follow from.
pub async fn gather(
    ctx: &Context,
    world: &World,
    machine: &ActiveMachine,
    container: bool,
) -> state::Result<Inputs> {
    let identity = ctx.get::<IdentitySpec>(LOCAL_IDENTITY).await?;
    let default = ctx.get::<NodeAddressSpec>(DEFAULT).await?;
    let hostname = ctx.get::<HostnameStatusSpec>(id::HOSTNAME).await?;
    Ok(Inputs {
        machine: machine.get(ctx).await?,
        platform: ctx.get::<PlatformConfigSpec>(platform::ACTIVE).await?.map(|p| p.spec),
        links: world.now().links.clone(),
        node_id: identity.map(|i| i.spec.node_id).filter(|i| !i.is_empty()),
        default_address: default.and_then(|d| prefixes(&d.spec).first().map(|p| p.addr())),
        domain: hostname.map(|h| h.spec.domainname).unwrap_or_default(),
        container,
        ipv6: world.kernel().has_ipv6(),
    })
}

#[async_trait]
impl Controller for ConfigController {
    fn name(&self) -> &'static str {
        CONTROLLER
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            ActiveMachine::input(),
            Input::weak::<PlatformConfigSpec>().id(platform::ACTIVE),
            Input::weak::<IdentitySpec>().id(LOCAL_IDENTITY),
            Input::weak::<NodeAddressSpec>().id(DEFAULT),
            Input::weak::<HostnameStatusSpec>().id(id::HOSTNAME),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        let mut outputs = WishPublisher::outputs();
        outputs.extend([
            Output::exclusive::<StaticHostSpec>(),
            Output::exclusive::<HostDnsConfigSpec>(),
            Output::exclusive::<NodeAddressFilterSpec>(),
            Output::exclusive::<NodeAddressSortAlgorithmSpec>(),
        ]);
        outputs
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        if !std::mem::replace(&mut self.registered, true) {
            self.world.wake_on(Nouns::LINKS, ctx.waker());
            self.world.refresh(Nouns::LINKS).await?;
        }
        let inputs = gather(ctx, &self.world, &self.machine, self.container).await?;
        let host_dns = dns::config::spec(&inputs);
        self.wishes.publish(ctx, vec![(String::new(), wishes(&inputs))]).await?;
        self.hosts.publish(ctx, static_hosts(&inputs)).await?;
        self.host_dns.publish(ctx, BTreeMap::from([(dns::controller::CONFIG.to_owned(), host_dns)])).await?;
        let machine = inputs.machine.as_ref();
        let kubernetes: Vec<_> =
            machine.iter().flat_map(|m| m.pods.iter().chain(&m.services)).copied().collect();
        self.filters.publish(ctx, nodeaddress::config::filters(&kubernetes)).await?;
        let algorithm = machine.map(|m| m.address_sort).unwrap_or_default();
        let sorting = NodeAddressSortAlgorithmSpec { algorithm };
        self.sorting
            .publish(ctx, BTreeMap::from([(nodeaddress::SORT_ALGORITHM.to_owned(), sorting)]))
            .await?;
        Ok(Next::Wait)
    }
}
