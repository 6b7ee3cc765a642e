//! Which network a cluster gets, and which addresses its nodes get in it; pure.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::error::{Error, Result};

/// The address before the first node's: the gateway, which is also the cluster's endpoint.
pub(crate) fn gateway(network: Ipv4Net) -> Result<Ipv4Addr> {
    host(network, 1)
}

/// Address of the node with this index, the first being 0.
pub(crate) fn node(network: Ipv4Net, index: usize) -> Result<Ipv4Addr> {
    host(network, index.saturating_add(2))
}

fn host(network: Ipv4Net, number: usize) -> Result<Ipv4Addr> {
    let network = network.trunc();
    let too_small =
        || Error::Request(format!("{network} is too small for that many nodes; use a larger --cidr"));
    let number = u32::try_from(number).map_err(|_| too_small())?;
    let address =
        u32::from(network.network()).checked_add(number).map(Ipv4Addr::from).ok_or_else(too_small)?;
    if network.contains(&address) && address < network.broadcast() { Ok(address) } else { Err(too_small()) }
}

/// The wanted network if it is free, else an error; without a wish the first free /24 of
/// 10.5.0.0/16. `taken` are the machine's routes and addresses and other clusters' networks.
pub(crate) fn choose(wanted: Option<Ipv4Net>, taken: &[Ipv4Net]) -> Result<Ipv4Net> {
    let collision = |candidate: Ipv4Net| taken.iter().find(|other| overlap(candidate, **other));
    if let Some(wanted) = wanted.map(|network| network.trunc()) {
        return match collision(wanted) {
            None => Ok(wanted),
            Some(other) => Err(Error::Request(format!(
                "the network {wanted} overlaps {other}, which this machine uses already; choose another --cidr"
            ))),
        };
    }
    let candidates = (0..=255u8).filter_map(|third| Ipv4Net::new(Ipv4Addr::new(10, 5, third, 0), 24).ok());
    candidates.into_iter().find(|candidate| collision(*candidate).is_none()).ok_or_else(|| {
        Error::Request("no /24 of 10.5.0.0/16 is free on this machine; choose a network with --cidr".into())
    })
}

fn overlap(a: Ipv4Net, b: Ipv4Net) -> bool {
    a.contains(&b.network()) || b.contains(&a.network())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn net(text: &str) -> Ipv4Net {
        text.parse().unwrap()
    }

    #[test]
    fn the_first_free_network_is_taken() {
        assert_eq!(choose(None, &[]).unwrap(), net("10.5.0.0/24"));
        let taken = [net("10.5.0.0/24"), net("10.5.1.7/32"), net("192.168.0.0/16")];
        assert_eq!(choose(None, &taken).unwrap(), net("10.5.2.0/24"));
        assert!(choose(None, &[net("10.0.0.0/8")]).is_err());
    }

    #[test]
    fn a_wanted_network_must_be_free() {
        assert_eq!(choose(Some(net("172.20.5.9/16")), &[]).unwrap(), net("172.20.0.0/16"));
        let error = choose(Some(net("10.5.0.0/24")), &[net("10.5.0.128/25")]).unwrap_err();
        assert!(error.to_string().contains("overlaps 10.5.0.128/25"), "{error}");
    }

    #[test]
    fn the_gateway_is_first_and_the_nodes_follow() {
        let network = net("10.5.0.0/24");
        assert_eq!(gateway(network).unwrap(), Ipv4Addr::new(10, 5, 0, 1));
        assert_eq!(node(network, 0).unwrap(), Ipv4Addr::new(10, 5, 0, 2));
        assert_eq!(node(network, 252).unwrap(), Ipv4Addr::new(10, 5, 0, 254));
        assert!(node(network, 253).is_err(), "the broadcast address is no node's");
        assert!(node(net("10.5.0.0/30"), 1).is_err());
        assert!(node(net("255.255.255.0/24"), usize::MAX).is_err());
    }

    proptest! {
        #[test]
        fn a_chosen_network_never_overlaps_what_is_taken(taken in prop::collection::vec((0u8..255, 8u8..33), 0..40)) {
            let taken: Vec<Ipv4Net> =
                taken.into_iter().map(|(third, bits)| Ipv4Net::new(Ipv4Addr::new(10, 5, third, 1), bits).unwrap()).collect();
            if let Ok(chosen) = choose(None, &taken) {
                prop_assert!(taken.iter().all(|other| !overlap(chosen, *other)));
            }
        }
    }
}
