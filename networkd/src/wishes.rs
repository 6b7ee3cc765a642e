//! What one source of configuration wishes for, of all nouns together, and its way into the store.

use std::collections::BTreeMap;

use proto::resource::network::{
    AddressSpecSpec, HostnameSpecSpec, LinkSpecSpec, OperatorSpecSpec, ProbeSpecSpec, ResolverSpecSpec,
    RouteSpecSpec, RoutingRuleSpecSpec, TimeServerSpecSpec,
};
use state::{Context, Output, Result};

use crate::id;
use crate::layer::{Layered, WISHES};
use crate::publish::Publisher;

/// Wishes of one source; each spec carries its layer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wishes {
    /// Links.
    pub links: Vec<LinkSpecSpec>,
    /// Addresses.
    pub addresses: Vec<AddressSpecSpec>,
    /// Routes.
    pub routes: Vec<RouteSpecSpec>,
    /// Routing rules.
    pub rules: Vec<RoutingRuleSpecSpec>,
    /// Host names.
    pub hostnames: Vec<HostnameSpecSpec>,
    /// Resolvers.
    pub resolvers: Vec<ResolverSpecSpec>,
    /// Time servers.
    pub time_servers: Vec<TimeServerSpecSpec>,
    /// Operators.
    pub operators: Vec<OperatorSpecSpec>,
    /// Probes.
    pub probes: Vec<ProbeSpecSpec>,
}

impl Wishes {
    /// Adds the wishes of another source.
    pub fn extend(&mut self, other: Self) {
        self.links.extend(other.links);
        self.addresses.extend(other.addresses);
        self.routes.extend(other.routes);
        self.rules.extend(other.rules);
        self.hostnames.extend(other.hostnames);
        self.resolvers.extend(other.resolvers);
        self.time_servers.extend(other.time_servers);
        self.operators.extend(other.operators);
        self.probes.extend(other.probes);
    }
}

/// Identifiers of wishes: `<layer>/<prefix><key>`. A second wish for the same thing in the same layer gets a
/// number behind it.
pub fn identified<S: Layered>(wishes: Vec<S>, prefix: &str) -> BTreeMap<String, S> {
    let mut map = BTreeMap::new();
    for wish in wishes {
        let first = id::layered(wish.layer(), &format!("{prefix}{}", wish.key()));
        let mut id = first.clone();
        let mut number = 1;
        while map.contains_key(&id) {
            id = format!("{first}/{number:03}");
            number += 1;
        }
        map.insert(id, wish);
    }
    map
}

/// Publishes the wishes of one controller.
pub struct WishPublisher {
    links: Publisher<LinkSpecSpec>,
    addresses: Publisher<AddressSpecSpec>,
    routes: Publisher<RouteSpecSpec>,
    rules: Publisher<RoutingRuleSpecSpec>,
    hostnames: Publisher<HostnameSpecSpec>,
    resolvers: Publisher<ResolverSpecSpec>,
    time_servers: Publisher<TimeServerSpecSpec>,
    operators: Publisher<OperatorSpecSpec>,
    probes: Publisher<ProbeSpecSpec>,
}

impl Default for WishPublisher {
    fn default() -> Self {
        Self {
            links: Publisher::in_namespace(WISHES),
            addresses: Publisher::in_namespace(WISHES),
            routes: Publisher::in_namespace(WISHES),
            rules: Publisher::in_namespace(WISHES),
            hostnames: Publisher::in_namespace(WISHES),
            resolvers: Publisher::in_namespace(WISHES),
            time_servers: Publisher::in_namespace(WISHES),
            operators: Publisher::in_namespace(WISHES),
            probes: Publisher::in_namespace(WISHES),
        }
    }
}

impl WishPublisher {
    /// What it writes.
    pub fn outputs() -> Vec<Output> {
        vec![
            Output::shared::<LinkSpecSpec>(),
            Output::shared::<AddressSpecSpec>(),
            Output::shared::<RouteSpecSpec>(),
            Output::shared::<RoutingRuleSpecSpec>(),
            Output::shared::<HostnameSpecSpec>(),
            Output::shared::<ResolverSpecSpec>(),
            Output::shared::<TimeServerSpecSpec>(),
            Output::shared::<OperatorSpecSpec>(),
            Output::shared::<ProbeSpecSpec>(),
        ]
    }

    /// Makes the store hold exactly these wishes of the controller.
    pub async fn publish(&mut self, ctx: &Context, groups: Vec<(String, Wishes)>) -> Result<()> {
        let mut links = BTreeMap::new();
        let mut addresses = BTreeMap::new();
        let mut routes = BTreeMap::new();
        let mut rules = BTreeMap::new();
        let mut hostnames = BTreeMap::new();
        let mut resolvers = BTreeMap::new();
        let mut time_servers = BTreeMap::new();
        let mut operators = BTreeMap::new();
        let mut probes = BTreeMap::new();
        for (prefix, wishes) in groups {
            links.extend(identified(wishes.links, &prefix));
            addresses.extend(identified(wishes.addresses, &prefix));
            routes.extend(identified(wishes.routes, &prefix));
            rules.extend(identified(wishes.rules, &prefix));
            hostnames.extend(identified(wishes.hostnames, &prefix));
            resolvers.extend(identified(wishes.resolvers, &prefix));
            time_servers.extend(identified(wishes.time_servers, &prefix));
            operators.extend(identified(wishes.operators, &prefix));
            probes.extend(identified(wishes.probes, &prefix));
        }
        self.links.publish(ctx, links).await?;
        self.addresses.publish(ctx, addresses).await?;
        self.routes.publish(ctx, routes).await?;
        self.rules.publish(ctx, rules).await?;
        self.hostnames.publish(ctx, hostnames).await?;
        self.resolvers.publish(ctx, resolvers).await?;
        self.time_servers.publish(ctx, time_servers).await?;
        self.operators.publish(ctx, operators).await?;
        self.probes.publish(ctx, probes).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_wish_of_the_same_layer_is_numbered() {
        let server = |ip: [u8; 4]| ResolverSpecSpec {
            dns_servers: vec![proto::common::NetIp { ip: ip.to_vec() }],
            config_layer: 2,
            ..Default::default()
        };
        let map = identified(vec![server([10, 0, 0, 1]), server([10, 0, 0, 2])], "");
        assert_eq!(map.keys().collect::<Vec<_>>(), ["platform/resolvers", "platform/resolvers/001"]);
        let map = identified(vec![server([10, 0, 0, 1])], "dhcp4/eth0/");
        assert_eq!(map.keys().collect::<Vec<_>>(), ["platform/dhcp4/eth0/resolvers"]);
    }
}
