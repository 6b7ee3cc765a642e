//! Lists of networks in the configuration: those that are meant, and with `!` those that are not.

use std::net::IpAddr;

use ipnet::IpNet;

/// Networks that are meant, and networks that are excluded.
pub fn split(subnets: &[String]) -> (Vec<String>, Vec<String>) {
    let (excluded, valid): (Vec<_>, Vec<_>) = subnets.iter().partition(|s| s.starts_with('!'));
    let excluded = excluded.into_iter().map(|s| s.trim_start_matches('!').to_owned());
    (valid.into_iter().cloned().collect(), excluded.collect())
}

/// Whether an address is in one of the valid networks (any, if there are none) and in no excluded one.
/// Texts that are no networks were refused with the configuration and match nothing.
pub fn matches(address: IpAddr, valid: &[String], excluded: &[String]) -> bool {
    let within = |text: &String| match text.parse::<IpNet>() {
        Ok(net) => net.contains(&address),
        Err(_) => text.parse::<IpAddr>().is_ok_and(|a| a == address),
    };
    (valid.is_empty() || valid.iter().any(within)) && !excluded.iter().any(within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_to_be_wanted_and_not_excluded() {
        let of = |texts: &[&str]| split(&texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>());
        let cases: [(&[&str], &str, bool); 5] = [
            (&[], "10.0.0.1", true),
            (&["10.0.0.0/8"], "10.0.0.1", true),
            (&["10.0.0.0/8"], "192.168.0.1", false),
            (&["10.0.0.0/8", "!10.0.0.0/24"], "10.0.0.1", false),
            (&["!fd00::/8"], "10.0.0.1", true),
        ];
        for (subnets, address, expected) in cases {
            let (valid, excluded) = of(subnets);
            assert_eq!(
                matches(address.parse().unwrap(), &valid, &excluded),
                expected,
                "{subnets:?} {address}"
            );
        }
    }
}
