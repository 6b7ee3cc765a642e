//! Order of a node's addresses; the first one is the default address.

use std::cmp::Ordering;

use ipnet::IpNet;
use proto::resource::enums::NethelpersAddressSortAlgorithm;

/// Compares two addresses. `v1`: IPv4 before IPv6, then by number. `v2`: IPv4 before IPv6, then longer prefixes
/// first, so that an address given to this node alone stands before one of a large network.
pub fn compare(algorithm: i32, a: &IpNet, b: &IpNet) -> Ordering {
    let family = |p: &IpNet| p.max_prefix_len();
    let by_number = || a.addr().cmp(&b.addr()).then_with(|| a.prefix_len().cmp(&b.prefix_len()));
    let same_family = family(a).cmp(&family(b));
    if algorithm == NethelpersAddressSortAlgorithm::AddressSortAlgorithmV2 as i32 {
        same_family.then_with(|| b.prefix_len().cmp(&a.prefix_len())).then_with(by_number)
    } else {
        same_family.then_with(by_number)
    }
}

/// Sorted and without duplicates.
pub fn sorted(algorithm: i32, addresses: impl IntoIterator<Item = IpNet>) -> Vec<IpNet> {
    let mut list: Vec<IpNet> = addresses.into_iter().collect();
    list.sort_by(|a, b| compare(algorithm, a, b));
    list.dedup();
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(algorithm: i32, list: &[&str]) -> Vec<String> {
        sorted(algorithm, list.iter().map(|p| p.parse::<IpNet>().unwrap()))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    const LIST: [&str; 5] =
        ["2001:db8::1/64", "10.5.0.9/24", "192.168.0.1/32", "2001:db8::5/128", "10.5.0.2/16"];

    #[test]
    fn v1_sorts_by_number_within_the_family() {
        assert_eq!(
            order(0, &LIST),
            ["10.5.0.2/16", "10.5.0.9/24", "192.168.0.1/32", "2001:db8::1/64", "2001:db8::5/128"]
        );
    }

    #[test]
    fn v2_puts_longer_prefixes_first() {
        assert_eq!(
            order(1, &LIST),
            ["192.168.0.1/32", "10.5.0.9/24", "10.5.0.2/16", "2001:db8::5/128", "2001:db8::1/64"]
        );
    }
}
