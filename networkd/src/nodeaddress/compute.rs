//! The node's address sets from its addresses and links: pure (contract os.md 5.4).

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;
use proto::resource::enums::{NethelpersOperationalState, NethelpersScope};
use proto::resource::network::{AddressStatusSpec, NodeAddressFilterSpec, NodeAddressSpec};

use super::sort::{compare, sorted};
use crate::kernel::{Link, Snapshot};
use crate::net;

/// Identifier of the address that stands for the node; it does not change while it exists.
pub const DEFAULT: &str = "default";
/// Identifier of the addresses in use.
pub const CURRENT: &str = "current";
/// Identifier of those in use that other nodes can reach.
pub const ROUTED: &str = "routed";
/// Identifier of all addresses that the node ever had since it booted.
pub const ACCUMULATIVE: &str = "accumulative";

/// Byte of an own ULA that tells its purpose (contract os.md 5.7), and its value for SideroLink.
const ULA_PURPOSE: (usize, u8) = (7, 3);

/// What the sets are made of.
pub struct Facts<'a> {
    /// Links and addresses.
    pub now: &'a Snapshot,
    /// Addresses under which the platform shows the node to the outside.
    pub external: &'a [IpAddr],
    /// Filters by id.
    pub filters: &'a BTreeMap<String, NodeAddressFilterSpec>,
    /// How to sort.
    pub algorithm: i32,
    /// The sets as they were.
    pub before: &'a BTreeMap<String, NodeAddressSpec>,
}

/// Identifier of a filtered set.
pub fn filtered_id(set: &str, filter: &str) -> String {
    format!("{set}-{filter}")
}

/// All sets. There is no default before the first address.
pub fn compute(facts: &Facts<'_>) -> BTreeMap<String, NodeAddressSpec> {
    let own: Vec<IpNet> = facts
        .now
        .addresses
        .iter()
        .filter(|a| counts(a, facts.now))
        .filter_map(|a| net::prefix(&a.address))
        .collect();
    let routed = sorted(facts.algorithm, own.iter().copied().filter(|p| !is_siderolink(p.addr())));
    let external = facts.external.iter().map(|ip| net::host_prefix(*ip));
    let current = sorted(facts.algorithm, own.iter().copied().chain(external));
    let before = |id: &str| facts.before.get(id).map(prefixes).unwrap_or_default();
    let accumulative = sorted(facts.algorithm, current.iter().copied().chain(before(ACCUMULATIVE)));

    let mut sets: BTreeMap<String, Vec<IpNet>> = BTreeMap::new();
    let old_default = before(DEFAULT).into_iter().next();
    let still_there = old_default.filter(|d| current.contains(d));
    // A node whose only link goes down for a moment keeps its name.
    let default = still_there.or_else(|| first(facts, &current)).or(old_default);
    if let Some(default) = default {
        sets.insert(DEFAULT.into(), vec![default]);
    }
    for (set, list) in [(CURRENT, &current), (ROUTED, &routed), (ACCUMULATIVE, &accumulative)] {
        for (id, filter) in facts.filters {
            let passed = list.iter().copied().filter(|p| passes(filter, p.addr())).collect();
            sets.insert(filtered_id(set, id), passed);
        }
        sets.insert(set.into(), list.clone());
    }
    sets.into_iter().map(|(id, list)| (id, spec(&list, facts.algorithm))).collect()
}

/// The address that becomes the default: the first in order, but a pod network's only if there is no other.
fn first(facts: &Facts<'_>, current: &[IpNet]) -> Option<IpNet> {
    let pods = facts.filters.get(super::ONLY_K8S);
    let outside: Vec<IpNet> =
        current.iter().copied().filter(|p| !pods.is_some_and(|f| passes(f, p.addr()))).collect();
    let list = if outside.is_empty() { current } else { &outside };
    list.iter().min_by(|a, b| compare(facts.algorithm, a, b)).copied()
}

fn spec(list: &[IpNet], algorithm: i32) -> NodeAddressSpec {
    NodeAddressSpec {
        addresses: list.iter().map(|p| net::net_prefix(*p)).collect(),
        sort_algorithm: algorithm,
    }
}

/// Addresses of a set.
pub fn prefixes(spec: &NodeAddressSpec) -> Vec<IpNet> {
    spec.addresses.iter().filter_map(net::prefix_of).collect()
}

/// The address is inside one of the included networks (all, when none is named) and in no excluded one.
pub fn passes(filter: &NodeAddressFilterSpec, ip: IpAddr) -> bool {
    let within =
        |nets: &[proto::common::NetIpPrefix]| nets.iter().filter_map(net::prefix_of).any(|n| n.contains(&ip));
    (filter.include_subnets.is_empty() || within(&filter.include_subnets)) && !within(&filter.exclude_subnets)
}

/// The address is the node's and of use to others.
fn counts(address: &AddressStatusSpec, now: &Snapshot) -> bool {
    let Some(ip) = net::prefix(&address.address).map(|p| p.addr()) else { return false };
    address.scope < NethelpersScope::ScopeLink as i32
        && !ip.is_loopback()
        && !ip.is_multicast()
        && !ip.is_unspecified()
        && !net::is_link_local(ip)
        && ip != IpAddr::V6(net::HOST_DNS_V6)
        && now.links.get(&address.link_name).is_some_and(is_usable)
}

/// Operationally up, or of a kind that does not tell; a card needs carrier too.
fn is_usable(link: &Link) -> bool {
    let state = link.status.operational_state;
    let up = state == NethelpersOperationalState::OperStateUp as i32
        || state == NethelpersOperationalState::OperStateUnknown as i32;
    link.is_up() && up && (!link.is_physical() || link.status.link_state)
}

fn is_siderolink(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(_) => false,
        IpAddr::V6(v6) => v6.octets()[0] == 0xfd && v6.octets()[ULA_PURPOSE.0] == ULA_PURPOSE.1,
    }
}

#[cfg(test)]
mod tests {
    use proto::resource::enums::NethelpersAddressSortAlgorithm;

    use super::*;
    use crate::kernel::fake::card;
    use crate::kernel::{IFF_LOWER_UP, IFF_UP};

    fn address(link: &str, prefix: &str, scope: i32) -> AddressStatusSpec {
        AddressStatusSpec {
            address: Some(net::net_prefix(prefix.parse().unwrap())),
            link_name: link.into(),
            scope,
            ..Default::default()
        }
    }

    fn world(addresses: &[AddressStatusSpec]) -> Snapshot {
        let mut links = BTreeMap::new();
        for (i, name) in ["lo", "eth0", "eth1", "cni0"].iter().enumerate() {
            let mut link = card(name, i as u32 + 1);
            link.status.flags = IFF_UP | IFF_LOWER_UP;
            link.status.link_state = *name != "eth1";
            links.insert((*name).to_owned(), link);
        }
        Snapshot { links, addresses: addresses.to_vec(), ..Default::default() }
    }

    fn filters() -> BTreeMap<String, NodeAddressFilterSpec> {
        super::super::config::filters(&["10.244.0.0/16".parse().unwrap(), "10.96.0.0/12".parse().unwrap()])
    }

    fn texts(sets: &BTreeMap<String, NodeAddressSpec>, id: &str) -> Vec<String> {
        prefixes(&sets[id]).iter().map(ToString::to_string).collect()
    }

    fn sets(now: &Snapshot, before: &BTreeMap<String, NodeAddressSpec>) -> BTreeMap<String, NodeAddressSpec> {
        let algorithm = NethelpersAddressSortAlgorithm::AddressSortAlgorithmV1 as i32;
        compute(&Facts { now, external: &[], filters: &filters(), algorithm, before })
    }

    #[test]
    fn loopback_link_local_dead_links_and_host_dns_do_not_count() {
        let now = world(&[
            address("lo", "127.0.0.1/8", 254),
            address("lo", "169.254.116.108/32", 0),
            address("lo", "fd54:616c:6f73:0:204f:5320:444e:531/128", 0),
            address("eth0", "fe80::1/64", 253),
            address("eth0", "10.5.0.2/24", 0),
            address("eth1", "10.6.0.2/24", 0),
            address("gone", "10.7.0.2/24", 0),
        ]);
        let sets = sets(&now, &BTreeMap::new());
        for id in ["default", "current", "routed", "accumulative", "current-no-k8s", "routed-no-k8s"] {
            assert_eq!(texts(&sets, id), ["10.5.0.2/24"], "{id}");
        }
        assert!(texts(&sets, "current-only-k8s").is_empty());
        assert_eq!(sets.len(), 10);
    }

    #[test]
    fn pod_addresses_are_told_apart() {
        let now = world(&[address("cni0", "10.244.1.1/24", 0), address("eth0", "192.168.0.2/24", 0)]);
        let sets = sets(&now, &BTreeMap::new());
        assert_eq!(texts(&sets, "current"), ["10.244.1.1/24", "192.168.0.2/24"]);
        assert_eq!(texts(&sets, "current-no-k8s"), ["192.168.0.2/24"]);
        assert_eq!(texts(&sets, "current-only-k8s"), ["10.244.1.1/24"]);
        assert_eq!(texts(&sets, "default"), ["192.168.0.2/24"]);
    }

    #[test]
    fn the_default_stays_while_it_exists_and_accumulative_only_grows() {
        let one = sets(&world(&[address("eth0", "10.5.0.9/24", 0)]), &BTreeMap::new());
        let two = sets(&world(&[address("eth0", "10.5.0.2/24", 0), address("eth0", "10.5.0.9/24", 0)]), &one);
        assert_eq!(texts(&two, "default"), ["10.5.0.9/24"]);
        let three = sets(&world(&[address("eth0", "10.5.0.2/24", 0)]), &two);
        assert_eq!(texts(&three, "default"), ["10.5.0.2/24"]);
        assert_eq!(texts(&three, "accumulative"), ["10.5.0.2/24", "10.5.0.9/24"]);
        let none = sets(&world(&[]), &three);
        assert_eq!(texts(&none, "default"), ["10.5.0.2/24"]);
        assert!(texts(&none, "current").is_empty());
    }

    #[test]
    fn external_addresses_are_current_but_not_routed_and_siderolink_is_not_routed() {
        let now =
            world(&[address("eth0", "10.5.0.2/24", 0), address("eth0", "fd2d:5b17:ff00:1203::1/64", 0)]);
        let external = ["203.0.113.7".parse().unwrap()];
        let facts = Facts {
            now: &now,
            external: &external,
            filters: &BTreeMap::new(),
            algorithm: 0,
            before: &BTreeMap::new(),
        };
        let sets = compute(&facts);
        assert_eq!(texts(&sets, "current"), ["10.5.0.2/24", "203.0.113.7/32", "fd2d:5b17:ff00:1203::1/64"]);
        assert_eq!(texts(&sets, "routed"), ["10.5.0.2/24"]);
        assert_eq!(sets.len(), 4);
    }
}
