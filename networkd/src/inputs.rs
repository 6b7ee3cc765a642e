//! Everything that wishes follow from, gathered once and handed to each noun's `config`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use config::access::LinkRef;
use proto::resource::network::{LinkSpecSpec, PlatformConfigSpec};

use crate::kernel::Link;
use crate::machine::Machine;

/// What is known about the node.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The machine configuration, once there is one.
    pub machine: Option<Arc<Machine>>,
    /// What the platform says.
    pub platform: Option<PlatformConfigSpec>,
    /// Links as they are, by name.
    pub links: BTreeMap<String, Link>,
    /// Identity of the node.
    pub node_id: Option<String>,
    /// The node's default address.
    pub default_address: Option<IpAddr>,
    /// Domain of the node's name, once it has one.
    pub domain: String,
    /// The node is a container: its links are its host's business.
    pub container: bool,
    /// The kernel knows IPv6.
    pub ipv6: bool,
}

impl Inputs {
    /// Names of the links that are meant. A name that is no link's may be an alias; one that is nothing yet is
    /// taken at its word, because the link may still appear.
    pub fn resolve(&self, which: &LinkRef) -> Vec<String> {
        match which {
            LinkRef::Name(name) => vec![self.resolve_name(name)],
            LinkRef::Selector(selector) => {
                let fits = |link: &&Link| selects(selector, link);
                self.links.values().filter(fits).map(|l| l.name.clone()).collect()
            }
        }
    }

    /// Name of the link that is called so.
    pub fn resolve_name(&self, name: &str) -> String {
        if self.links.contains_key(name) {
            return name.to_owned();
        }
        let by_alias = |l: &&Link| l.status.alias == name || l.status.alt_names.iter().any(|a| a == name);
        self.links.values().find(by_alias).map_or_else(|| name.to_owned(), |l| l.name.clone())
    }

    /// A card that no source of configuration mentions, nor leaves alone.
    pub fn is_unconfigured_card(&self, link: &Link, wished: &[LinkSpecSpec]) -> bool {
        let ignored =
            self.machine.iter().flat_map(|m| &m.ignored).any(|r| self.resolve(r).contains(&link.name));
        let platform = self.platform.as_ref().is_some_and(|p| {
            p.links.iter().any(|l| l.name == link.name)
                || p.addresses.iter().any(|a| a.link_name == link.name)
                || p.operators.iter().any(|o| o.link_name == link.name)
        });
        link.is_physical() && !ignored && !platform && !wished.iter().any(|l| l.name == link.name)
    }
}

/// The selector's every pattern fits the link.
fn selects(selector: &config::documents::v1alpha1::NetworkDeviceSelector, link: &Link) -> bool {
    let mac = crate::net::mac_text(&link.status.hardware_addr);
    let permanent = crate::net::mac_text(&link.status.permanent_addr);
    let patterns = [
        (&selector.bus_path, link.status.bus_path.as_str()),
        (&selector.hardware_addr, mac.as_str()),
        (&selector.permanent_addr, if permanent.is_empty() { mac.as_str() } else { permanent.as_str() }),
        (&selector.pci_id, link.status.pciid.as_str()),
        (&selector.driver, link.status.driver.as_str()),
    ];
    let wanted = |(pattern, _): &&(&String, &str)| !pattern.is_empty();
    let says_anything = patterns.iter().any(|p| wanted(&p)) || selector.physical.is_some();
    says_anything
        && !link.is_loopback()
        && patterns.iter().filter(wanted).all(|(pattern, value)| matches(pattern, value))
        && selector.physical.is_none_or(|physical| physical == link.is_physical())
}

/// A pattern with `*` and `?` fits a text, without regard to case.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_ascii_lowercase(), text.to_ascii_lowercase());
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // Position after the last star, and the text that it has swallowed so far.
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                p += 1;
                star = Some((p, t));
            }
            Some(c) if *c == '?' || text.get(t) == Some(c) => {
                p += 1;
                t += 1;
            }
            _ => match &mut star {
                Some((after, swallowed)) => {
                    *swallowed += 1;
                    p = *after;
                    t = *swallowed;
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use config::documents::v1alpha1::NetworkDeviceSelector;

    use super::*;
    use crate::kernel::fake::card;

    #[test]
    fn patterns_fit_as_in_a_shell() {
        let table = [
            ("00:50:56:*", "00:50:56:ab:cd:ef", true),
            ("*:EF", "00:50:56:ab:cd:ef", true),
            ("*", "", true),
            ("e1000", "e1000e", false),
            ("e1000?", "e1000e", true),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b", "xxbxxa", false),
            ("", "x", false),
        ];
        for (pattern, text, fits) in table {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn links_are_found_by_name_alias_and_hardware() {
        let mut a = card("enp1s0", 2);
        a.status.alt_names = vec!["net0".into()];
        let b = card("enp2s0", 3);
        let inputs =
            Inputs { links: [a, b].into_iter().map(|l| (l.name.clone(), l)).collect(), ..Default::default() };
        assert_eq!(inputs.resolve(&LinkRef::Name("net0".into())), ["enp1s0"]);
        assert_eq!(inputs.resolve(&LinkRef::Name("bond0".into())), ["bond0"]);
        let by_mac = NetworkDeviceSelector { hardware_addr: "02:*:03".into(), ..Default::default() };
        assert_eq!(inputs.resolve(&LinkRef::Selector(by_mac)), ["enp2s0"]);
        assert!(inputs.resolve(&LinkRef::Selector(NetworkDeviceSelector::default())).is_empty());
    }
}
