//! Identifiers of network resources (contract os.md 5.1 and transcripts).

use std::net::IpAddr;

use ipnet::IpNet;
use proto::resource::enums::{NethelpersFamily, NethelpersRoutingTable, NetworkConfigLayer, NetworkOperator};
use proto::resource::network::{
    AddressSpecSpec, AddressStatusSpec, OperatorSpecSpec, RouteSpecSpec, RouteStatusSpec,
    RoutingRuleSpecSpec, RoutingRuleStatusSpec,
};

use crate::net;

/// Identifier of the only hostname, spec and status.
pub const HOSTNAME: &str = "hostname";
/// Identifier of the only resolver list, spec and status.
pub const RESOLVERS: &str = "resolvers";
/// Identifier of the only time server list, spec and status.
pub const TIMESERVERS: &str = "timeservers";

/// Text of a layer as it stands before the slash in a layered identifier.
pub fn layer_text(layer: i32) -> &'static str {
    match NetworkConfigLayer::try_from(layer) {
        Ok(NetworkConfigLayer::ConfigDefault) | Err(_) => "default",
        Ok(NetworkConfigLayer::ConfigCmdline) => "cmdline",
        Ok(NetworkConfigLayer::ConfigPlatform) => "platform",
        Ok(NetworkConfigLayer::ConfigOperator) => "operator",
        Ok(NetworkConfigLayer::ConfigMachineConfiguration) => "configuration",
    }
}

/// `<layer>/<id>`: identifier of a layered spec in namespace `network-config`.
pub fn layered(layer: i32, id: &str) -> String {
    format!("{}/{id}", layer_text(layer))
}

/// Text of an address family.
pub fn family_text(family: i32) -> &'static str {
    if family == NethelpersFamily::FamilyInet6 as i32 { "inet6" } else { "inet4" }
}

/// Text of a routing table: the kernel's names where it has one, else the number.
pub fn table_text(table: i32) -> String {
    match NethelpersRoutingTable::try_from(table) {
        Ok(NethelpersRoutingTable::TableUnspec) => "unspec".into(),
        Ok(NethelpersRoutingTable::TableDefault) => "default".into(),
        Ok(NethelpersRoutingTable::TableMain) => "main".into(),
        Ok(NethelpersRoutingTable::TableLocal) => "local".into(),
        _ => table.to_string(),
    }
}

/// `link/prefix`.
pub fn address(link: &str, prefix: Option<IpNet>) -> String {
    match prefix {
        Some(p) => format!("{link}/{p}"),
        None => format!("{link}/"),
    }
}

/// Identifier of a wanted address.
pub fn address_spec(spec: &AddressSpecSpec) -> String {
    address(&spec.link_name, net::prefix(&spec.address))
}

/// Identifier of an actual address.
pub fn address_status(status: &AddressStatusSpec) -> String {
    address(&status.link_name, net::prefix(&status.address))
}

/// `[table/][link/]family/gateway/dst/priority`: table left out for main, link only for IPv6.
pub fn route(
    table: i32,
    family: i32,
    link: &str,
    gateway: Option<IpAddr>,
    dst: Option<IpNet>,
    priority: u32,
) -> String {
    let mut id = String::new();
    if table != NethelpersRoutingTable::TableMain as i32 {
        id.push_str(&table_text(table));
        id.push('/');
    }
    if family == NethelpersFamily::FamilyInet6 as i32 {
        id.push_str(link);
        id.push('/');
    }
    let gateway = gateway.map(|g| g.to_string()).unwrap_or_default();
    let dst = dst.map(|d| d.to_string()).unwrap_or_default();
    id + &format!("{}/{gateway}/{dst}/{priority}", family_text(family))
}

/// Identifier of a wanted route.
pub fn route_spec(s: &RouteSpecSpec) -> String {
    route(s.table, s.family, &s.out_link_name, net::ip(&s.gateway), net::prefix(&s.destination), s.priority)
}

/// Identifier of an actual route.
pub fn route_status(s: &RouteStatusSpec) -> String {
    route(s.table, s.family, &s.out_link_name, net::ip(&s.gateway), net::prefix(&s.destination), s.priority)
}

/// `family/%05d` of the priority.
pub fn rule(family: i32, priority: u32) -> String {
    format!("{}/{priority:05}", family_text(family))
}

/// Identifier of a wanted routing rule.
pub fn rule_spec(s: &RoutingRuleSpecSpec) -> String {
    rule(s.family, s.priority)
}

/// Identifier of an actual routing rule.
pub fn rule_status(s: &RoutingRuleStatusSpec) -> String {
    rule(s.family, s.priority)
}

/// `dhcp4/link`, `dhcp6/link` or `vip/link/ip`.
pub fn operator(s: &OperatorSpecSpec) -> String {
    match NetworkOperator::try_from(s.operator) {
        Ok(NetworkOperator::OperatorDhcp4) | Err(_) => format!("dhcp4/{}", s.link_name),
        Ok(NetworkOperator::OperatorDhcp6) => format!("dhcp6/{}", s.link_name),
        Ok(NetworkOperator::OperatorVip) => {
            let ip = s.vip.as_ref().and_then(|v| net::ip(&v.ip)).map(|i| i.to_string()).unwrap_or_default();
            format!("vip/{}/{ip}", s.link_name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INET4: i32 = NethelpersFamily::FamilyInet4 as i32;
    const INET6: i32 = NethelpersFamily::FamilyInet6 as i32;

    #[test]
    fn route_ids_are_those_that_clients_see() {
        let p = |s: &str| Some(s.parse::<IpNet>().unwrap());
        let g = |s: &str| Some(s.parse::<IpAddr>().unwrap());
        let table = [
            (route(254, INET6, "eth0", None, p("fe80::/64"), 256), "eth0/inet6//fe80::/64/256"),
            (route(254, INET4, "eth0", None, p("10.5.0.0/24"), 0), "inet4//10.5.0.0/24/0"),
            (route(254, INET4, "eth0", g("10.5.0.1"), None, 0), "inet4/10.5.0.1//0"),
            (route(255, INET6, "eth0", None, p("ff00::/8"), 256), "local/eth0/inet6//ff00::/8/256"),
            (route(255, INET4, "lo", None, p("127.0.0.1/32"), 0), "local/inet4//127.0.0.1/32/0"),
            (route(180, INET4, "kubespan", None, None, 1), "180/inet4///1"),
        ];
        for (got, want) in table {
            assert_eq!(got, want);
        }
    }

    #[test]
    fn rule_priorities_have_five_digits() {
        assert_eq!(rule(INET4, 32500), "inet4/32500");
        assert_eq!(rule(INET6, 7), "inet6/00007");
    }

    #[test]
    fn layered_ids_begin_with_the_layer() {
        assert_eq!(
            layered(NetworkConfigLayer::ConfigPlatform as i32, "eth0/10.5.0.2/24"),
            "platform/eth0/10.5.0.2/24"
        );
    }
}
