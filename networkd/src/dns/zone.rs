//! Names that the node knows itself: static hosts and, where configured, the members of its cluster.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// Addresses by lower-case name without the dot at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zone(BTreeMap<String, Vec<IpAddr>>);

impl Zone {
    /// Adds addresses of a name; those it has already are not repeated.
    pub fn add(&mut self, name: &str, addresses: impl IntoIterator<Item = IpAddr>) {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if name.is_empty() {
            return;
        }
        let list = self.0.entry(name).or_default();
        for address in addresses {
            if !list.contains(&address) {
                list.push(address);
            }
        }
    }

    /// Addresses of a name, if it is known.
    pub fn find(&self, name: &str) -> Option<&[IpAddr]> {
        self.0.get(name).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_without_regard_to_case_and_final_dot() {
        let mut zone = Zone::default();
        let ip = "10.5.0.3".parse().unwrap();
        zone.add("Peer-W1.", [ip, ip]);
        assert_eq!(zone.find("peer-w1"), Some(&[ip][..]));
        assert_eq!(zone.find("peer-w2"), None);
    }
}
