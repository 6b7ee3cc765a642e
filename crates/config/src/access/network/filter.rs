//! The packet filter, routing rules and dropped destinations.

use ipnet::IpNet;

use crate::Config;
use crate::access::number;
use crate::documents::network::{
    BlackholeRouteConfig, DefaultAction, FilterProtocol, NetworkDefaultActionConfig, NetworkRuleConfig,
    RoutingRuleConfig,
};
use crate::schema::IntOrText;

/// A range of ports, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PortRange {
    /// The first port.
    pub low: u16,
    /// The last port.
    pub high: u16,
}

impl PortRange {
    /// From a number or a text such as `8000-8010`.
    pub fn parse(port: &IntOrText) -> Option<Self> {
        match port {
            IntOrText::Int(port) => {
                let port = u16::try_from(*port).ok()?;
                Some(Self { low: port, high: port })
            }
            IntOrText::Text(text) => {
                let (low, high) = text.split_once('-').unwrap_or((text, text));
                let range = Self { low: number(low.trim())?, high: number(high.trim())? };
                (range.low <= range.high).then_some(range)
            }
        }
    }
}

/// A source that is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IngressSource {
    /// The network.
    pub subnet: IpNet,
    /// A part of it that is not let in.
    pub except: Option<IpNet>,
}

/// A rule of the packet filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirewallRule {
    /// Its name.
    pub name: String,
    /// The protocol.
    pub protocol: FilterProtocol,
    /// The ports, in order.
    pub ports: Vec<PortRange>,
    /// Who is let in.
    pub ingress: Vec<IngressSource>,
}

/// The packet filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Firewall {
    /// Whether packets that no rule is for are dropped.
    pub block: bool,
    /// The rules, by name.
    pub rules: Vec<FirewallRule>,
}

/// What a routing rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoutingAction {
    /// Looks in the table.
    Unicast,
    /// Drops silently.
    Blackhole,
    /// Answers that the destination is unreachable.
    Unreachable,
    /// Answers that it is forbidden.
    Prohibit,
}

impl RoutingAction {
    /// From a name or the kernel's number.
    pub fn parse(action: &IntOrText) -> Option<Self> {
        match action {
            IntOrText::Int(0 | 1) => Some(Self::Unicast),
            IntOrText::Int(6) => Some(Self::Blackhole),
            IntOrText::Int(7) => Some(Self::Unreachable),
            IntOrText::Int(8) => Some(Self::Prohibit),
            IntOrText::Int(_) => None,
            IntOrText::Text(text) => match text.to_ascii_lowercase().as_str() {
                "" | "unspec" | "unicast" => Some(Self::Unicast),
                "blackhole" => Some(Self::Blackhole),
                "unreachable" => Some(Self::Unreachable),
                "prohibit" => Some(Self::Prohibit),
                number => Self::parse(&IntOrText::Int(number.parse().ok()?)),
            },
        }
    }
}

/// A rule that chooses a routing table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutingRule {
    /// The priority; lower comes first.
    pub priority: u32,
    /// Sources that it is for.
    pub src: Option<IpNet>,
    /// Destinations that it is for.
    pub dst: Option<IpNet>,
    /// The table to look in.
    pub table: u32,
    /// What it does.
    pub action: RoutingAction,
    /// The link that packets came from.
    pub iif_name: String,
    /// The link that packets leave by.
    pub oif_name: String,
    /// The mark of packets.
    pub fw_mark: u32,
    /// Which bits of the mark count.
    pub fw_mask: u32,
}

/// A destination whose packets are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlackholeRoute {
    /// The destination.
    pub destination: IpNet,
    /// The metric.
    pub metric: Option<u32>,
}

impl Config {
    /// The packet filter; nothing when no document is about it.
    pub fn firewall(&self) -> Option<Firewall> {
        let action = self.get::<NetworkDefaultActionConfig>();
        let documents = self.all::<NetworkRuleConfig>();
        if action.is_none() && documents.is_empty() {
            return None;
        }
        let mut rules: Vec<FirewallRule> = documents.into_iter().filter_map(rule).collect();
        rules.sort_by(|left, right| left.name.cmp(&right.name));
        let block = action.and_then(|document| document.ingress) == Some(DefaultAction::Block);
        Some(Firewall { block, rules })
    }

    /// Rules that choose routing tables.
    pub fn routing_rules(&self) -> Vec<RoutingRule> {
        let rule = |document: RoutingRuleConfig| {
            let action = document.action.as_ref();
            Some(RoutingRule {
                priority: number(&document.name)?,
                src: document.src,
                dst: document.dst,
                table: document.table.map(|table| table.0).unwrap_or_default(),
                action: action.map_or(Some(RoutingAction::Unicast), RoutingAction::parse)?,
                iif_name: document.iif_name,
                oif_name: document.oif_name,
                fw_mark: document.fw_mark.unwrap_or_default(),
                fw_mask: document.fw_mask.unwrap_or_default(),
            })
        };
        self.all::<RoutingRuleConfig>().into_iter().filter_map(rule).collect()
    }

    /// Destinations whose packets are dropped.
    pub fn blackhole_routes(&self) -> Vec<BlackholeRoute> {
        let route = |document: BlackholeRouteConfig| {
            Some(BlackholeRoute { destination: document.name.parse().ok()?, metric: document.metric })
        };
        self.all::<BlackholeRouteConfig>().into_iter().filter_map(route).collect()
    }
}

fn rule(document: NetworkRuleConfig) -> Option<FirewallRule> {
    let mut ports: Vec<PortRange> =
        document.port_selector.ports.iter().filter_map(PortRange::parse).collect();
    ports.sort();
    let source = |source: crate::documents::network::IngressRule| {
        Some(IngressSource { subnet: source.subnet?, except: source.except })
    };
    Some(FirewallRule {
        name: document.name,
        protocol: document.port_selector.protocol?,
        ports,
        ingress: document.ingress.into_iter().filter_map(source).collect(),
    })
}
