//! Hostname: what the defaults and the machine configuration wish for (contract os.md 5.3).

use std::net::IpAddr;

use config::access::HostnameSource;
use proto::resource::enums::NetworkConfigLayer;
use proto::resource::network::HostnameSpecSpec;
use sha2::{Digest, Sha256};

use crate::inputs::Inputs;

/// First label and the rest of a name.
pub fn split(name: &str) -> (String, String) {
    let (host, domain) = name.split_once('.').unwrap_or((name, ""));
    (host.to_owned(), domain.to_owned())
}

/// A name that stays the same as long as the node keeps its identity.
pub fn stable(node_id: &str) -> String {
    let digest = Sha256::digest(node_id.as_bytes());
    let number = digest.first_chunk::<8>().map_or(0, |b| u64::from_be_bytes(*b));
    let text = base36(number);
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default().to_owned();
    format!("talos-{}-{}", part(1..4), part(4..7))
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    while number > 0 || digits.is_empty() {
        let digit = u32::try_from(number % 36).unwrap_or_default();
        digits.extend(char::from_digit(digit, 36));
        number /= 36;
    }
    digits.iter().rev().collect()
}

/// A name made of an address.
pub fn of_address(address: IpAddr) -> String {
    let text = address.to_string().replace('.', "-").replace(':', "");
    format!("talos-{text}")
}

/// The name of a node that nobody named.
pub fn defaults(inputs: &Inputs) -> Vec<HostnameSpecSpec> {
    let source = inputs.machine.as_ref().map_or(&HostnameSource::Stable, |m| &m.hostname);
    let name = match source {
        HostnameSource::Stable => inputs.node_id.as_deref().map(stable),
        HostnameSource::Address => inputs.default_address.map(of_address),
        HostnameSource::Static(_) | HostnameSource::Off => None,
    };
    let layer = NetworkConfigLayer::ConfigDefault as i32;
    name.map(|hostname| HostnameSpecSpec { hostname, domainname: String::new(), config_layer: layer })
        .into_iter()
        .collect()
}

/// The name that the machine configuration gives.
pub fn machine(inputs: &Inputs) -> Vec<HostnameSpecSpec> {
    let Some(HostnameSource::Static(name)) = inputs.machine.as_ref().map(|m| &m.hostname) else {
        return Vec::new();
    };
    let (hostname, domainname) = split(name);
    vec![HostnameSpecSpec {
        hostname,
        domainname,
        config_layer: NetworkConfigLayer::ConfigMachineConfiguration as i32,
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_at_the_first_dot() {
        assert_eq!(split("cp-1.example.org"), ("cp-1".into(), "example.org".into()));
        assert_eq!(split("cp-1"), ("cp-1".into(), String::new()));
    }

    #[test]
    fn stable_names_have_two_groups_of_three() {
        // sha256("abc") begins with ba7816bf8f01cfea, 13436514500253700074 in decimal.
        assert_eq!(base36(13_436_514_500_253_700_074), "2u31avf0fasx6");
        assert_eq!(stable("abc"), "talos-u31-avf");
        assert_eq!(base36(0), "0");
    }

    #[test]
    fn names_of_addresses_have_no_dots_or_colons() {
        assert_eq!(of_address("10.5.0.2".parse().unwrap()), "talos-10-5-0-2");
        assert_eq!(of_address("fd00::1".parse().unwrap()), "talos-fd001");
    }
}
