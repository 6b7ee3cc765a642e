//! Which names a worker's certificate may have: its own, and nobody else's. Pure.

use std::collections::BTreeSet;
use std::net::IpAddr;

/// Names and addresses of one certificate.
pub const MOST: usize = 64;

/// A node that the cluster knows.
#[derive(Debug, Clone, Default)]
pub struct Member {
    /// What it is called.
    pub names: Vec<String>,
    /// Where it is.
    pub addresses: Vec<IpAddr>,
    /// Its names are never given away: it signs its certificates itself.
    pub control_plane: bool,
}

/// What a request asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claim {
    /// DNS names.
    pub names: Vec<String>,
    /// Addresses.
    pub addresses: Vec<IpAddr>,
}

/// Why nothing is signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More than anybody has.
    #[error("the request has {0} names and addresses, more than {MOST}; shorten machine.certSANs")]
    TooMany(usize),
    /// A name for many.
    #[error(
        "the request asks for the wildcard {0:?}, which stands for other nodes too; take it out of machine.certSANs"
    )]
    Wildcard(String),
    /// A name or address of a member that is not the one who asks.
    #[error(
        "{0} belongs to another member of the cluster; take it out of machine.certSANs, or wait until that member is forgotten"
    )]
    Others(String),
}

/// What a node at `peer` is given of what it claims. The names of the cluster's endpoint and of control planes are left
/// out: configurations list them for all nodes, and a worker has no use for them.
///
/// # Errors
/// When it claims what belongs to another worker, or to all.
pub fn granted(
    claim: &Claim,
    peer: Option<IpAddr>,
    members: &[Member],
    endpoint: Option<&str>,
) -> Result<Claim, Refusal> {
    let count = claim.names.len() + claim.addresses.len();
    if count > MOST {
        return Err(Refusal::TooMany(count));
    }
    if let Some(name) = claim.names.iter().find(|name| name.contains('*')) {
        return Err(Refusal::Wildcard(name.clone()));
    }
    let same = |a: &str, b: &str| a.trim_end_matches('.').eq_ignore_ascii_case(b.trim_end_matches('.'));
    let at = |address: IpAddr| address.to_canonical();
    let named = |member: &Member, name: &str| member.names.iter().any(|own| same(own, name));
    let lives = |member: &Member, address: IpAddr| member.addresses.iter().any(|own| at(*own) == at(address));
    let kept_name = |name: &str| {
        endpoint.is_some_and(|endpoint| same(endpoint, name))
            || members.iter().any(|member| member.control_plane && named(member, name))
    };
    let kept_address = |address: IpAddr| {
        endpoint.is_some_and(|endpoint| {
            endpoint.parse().is_ok_and(|endpoint: IpAddr| at(endpoint) == at(address))
        }) || members.iter().any(|member| member.control_plane && lives(member, address))
    };
    let granted = Claim {
        names: claim.names.iter().filter(|name| !kept_name(name)).cloned().collect(),
        addresses: claim.addresses.iter().copied().filter(|address| !kept_address(*address)).collect(),
    };
    // Whoever asks is at most one of the workers: the one at its address, if there is one.
    let mut who: BTreeSet<usize> = BTreeSet::new();
    if let Some(peer) = peer {
        who.extend(workers(members).find(|(_, member)| lives(member, peer)).map(|(index, _)| index));
    }
    let names =
        granted.names.iter().map(|name| (name.clone(), Box::new(|m: &Member| named(m, name)) as Owns<'_>));
    let addresses = granted.addresses.iter().filter(|address| !address.is_loopback());
    let addresses =
        addresses.map(|address| (address.to_string(), Box::new(|m: &Member| lives(m, *address)) as Owns<'_>));
    for (what, owns) in names.chain(addresses) {
        let owners: BTreeSet<usize> =
            workers(members).filter(|(_, member)| owns(member)).map(|(index, _)| index).collect();
        if !owners.is_empty() && !who.is_empty() && owners.is_disjoint(&who) {
            return Err(Refusal::Others(what));
        }
        if who.is_empty() {
            who = owners;
        }
    }
    Ok(granted)
}

type Owns<'a> = Box<dyn Fn(&Member) -> bool + 'a>;

fn workers(members: &[Member]) -> impl Iterator<Item = (usize, &Member)> {
    members.iter().enumerate().filter(|(_, member)| !member.control_plane)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 5, 0, last])
    }

    fn member(name: &str, last: u8, control_plane: bool) -> Member {
        Member {
            names: vec![name.into(), format!("{name}.local")],
            addresses: vec![address(last)],
            control_plane,
        }
    }

    fn claim(names: &[&str], addresses: &[u8]) -> Claim {
        let addresses = addresses.iter().map(|last| address(*last)).collect();
        Claim { names: names.iter().map(|name| (*name).to_owned()).collect(), addresses }
    }

    fn asks(from: u8, claim: &Claim) -> Result<Claim, Refusal> {
        let members = [member("cp", 2, true), member("w1", 3, false), member("w2", 4, false)];
        granted(claim, Some(address(from)), &members, Some("cluster.example"))
    }

    #[test]
    fn a_worker_gets_its_own_names_wherever_its_request_comes_from() {
        let own = claim(&["w1", "W1.local.", "extra.example"], &[3, 30]);
        // From itself, through a forwarder, and before anybody knows it.
        assert_eq!(asks(3, &own), Ok(own.clone()));
        assert_eq!(asks(1, &own), Ok(own.clone()));
        let new = claim(&["w3"], &[5]);
        assert_eq!(asks(5, &new), Ok(new.clone()));
    }

    #[test]
    fn what_belongs_to_another_worker_is_refused() {
        for (from, names, addresses) in [
            (3, vec!["w1", "w2"], vec![]),
            (3, vec![], vec![4]),
            (3, vec!["W2."], vec![]),
            (1, vec!["w1"], vec![4]),
        ] {
            assert!(
                matches!(asks(from, &claim(&names, &addresses)), Err(Refusal::Others(_))),
                "{from} {names:?}"
            );
        }
    }

    #[test]
    fn names_of_the_endpoint_and_of_control_planes_are_left_out() {
        let wide = claim(&["w1", "cluster.example", "cp"], &[3, 2]);
        assert_eq!(asks(3, &wide), Ok(claim(&["w1"], &[3])));
    }

    #[test]
    fn wildcards_and_long_lists_are_refused() {
        assert!(matches!(asks(3, &claim(&["*.local"], &[])), Err(Refusal::Wildcard(_))));
        let many: Vec<String> = (0..=MOST).map(|n| format!("n{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(asks(3, &claim(&many, &[])), Err(Refusal::TooMany(65)));
        assert!(asks(3, &claim(&many[..MOST], &[])).is_ok());
    }
}
