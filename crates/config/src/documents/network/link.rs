//! What all links have in common, and physical links.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::schema::{Shape, Type, formats};
use crate::value::HardwareAddr;
use crate::yaml::Node;

/// The number of a routing table: a number, or unspec (0), default (253), main (254), local (255).
pub fn routing_table(text: &str) -> Option<u32> {
    match text.to_ascii_lowercase().as_str() {
        "unspec" => Some(0),
        "default" => Some(253),
        "main" => Some(254),
        "local" => Some(255),
        _ => text.parse().ok(),
    }
}

/// The number of a routing table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoutingTable(pub u32);

impl Shape for RoutingTable {
    const TYPE: Type = Type::Formatted(&formats::ROUTING_TABLE);

    fn read(node: &Node) -> Option<Self> {
        routing_table(&node.as_text()?).map(Self)
    }
}

record! {
    /// An address of a link.
    AddressConfig {
        /// The address with its prefix length.
        "address" address: Option<IpNet> => required;
        /// The priority of the route that the kernel adds for the address.
        "routePriority" route_priority: Option<u32>;
    }

    /// A route through a link.
    RouteConfig {
        /// Where the route leads; left out, it is the default route.
        "destination" destination: Option<IpNet>;
        /// The next hop; left out, the destination is reached directly.
        "gateway" gateway: Option<IpAddr>;
        /// The source address of packets that take the route.
        "source" source: Option<IpAddr>;
        /// The metric; lower is preferred.
        "metric" metric: Option<u32>;
        /// The largest packet on the route.
        "mtu" mtu: Option<u32>;
        /// The routing table; main when left out.
        "table" table: Option<RoutingTable>;
    }

    /// What all links have in common.
    CommonLinkConfig {
        /// Whether the link is brought up.
        "up" up: Option<bool>;
        /// The largest packet on the link.
        "mtu" mtu: Option<u32>;
        /// Static addresses.
        "addresses" addresses: Vec<AddressConfig>;
        /// Static routes.
        "routes" routes: Vec<RouteConfig>;
        /// Whether the link takes part in multicast.
        "multicast" multicast: Option<bool>;
    }

    /// A link that exists already, such as a network card.
    LinkConfig {
        /// The name or an alias of the link.
        "name" name: String => required;
        .. link: CommonLinkConfig;
    }

    /// A link that leads nowhere, to hold addresses.
    DummyLinkConfig {
        /// The name of the link to create.
        "name" name: String => required;
        /// The hardware address to give to the link.
        "hardwareAddr" hardware_addr: Option<HardwareAddr>;
        .. link: CommonLinkConfig;
    }

    /// Which link an alias is for.
    LinkSelector {
        /// An expression over `link` that selects one link.
        "match" matches: String => enforced example("mac(link.permanent_addr) == '00:1a:2b:3c:4d:5e'");
    }

    /// A second name for a link, found by an expression. With `%d` at the end, each match gets a number.
    LinkAliasConfig {
        /// The alias.
        "name" name: String => required;
        /// Which link it is for.
        "selector" selector: LinkSelector => enforced;
    }
}
