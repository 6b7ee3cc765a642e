//! Who calls, and with which roles a call is passed on (contract api.md 1.5, 3.5). Pure.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use rpc::{Role, RoleSet, meta};

/// The network of SideroLink that an address is of: a unique local one whose byte 7 marks its use.
fn sidero_link(address: IpAddr) -> Option<[u8; 8]> {
    let IpAddr::V6(address) = address else { return None };
    let network: [u8; 8] = *address.octets().first_chunk()?;
    let [first, .., eighth] = network;
    (first == 0xfd && eighth == 0x03).then_some(network)
}

/// The client of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    own: RoleSet,
    speaks_for_others: bool,
}

impl Caller {
    /// A client that showed a certificate with these roles.
    pub fn with_certificate(roles: RoleSet) -> Caller {
        Caller { own: roles, speaks_for_others: roles.contains(Role::Impersonator) }
    }

    /// A client of a node in maintenance: an administrator over SideroLink, a reader otherwise, and
    /// nobody speaks for others.
    ///
    /// Anybody can write such an address on a packet. So it counts only if the node is listening on an address
    /// of that very network, `listening`, as it does where SideroLink is configured. (The contract looks at the
    /// source alone, api.md 1.5.)
    pub fn in_maintenance(from: SocketAddr, listening: SocketAddr) -> Caller {
        let network = sidero_link(listening.ip());
        let linked = network.is_some() && network == sidero_link(from.ip());
        let role = if linked { Role::Admin } else { Role::Reader };
        Caller { own: RoleSet::of(&[role]), speaks_for_others: false }
    }

    /// The roles of a call: the caller's own, or those that it names if it may speak for others.
    pub fn roles(&self, headers: &HeaderMap) -> RoleSet {
        if self.speaks_for_others && meta::has_roles(headers) { meta::roles(headers) } else { self.own }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn naming(roles: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for role in roles {
            headers.append(meta::TALOS_ROLE, HeaderValue::from_static(role));
        }
        headers
    }

    #[test]
    fn only_an_impersonator_names_roles() {
        let (reader, admin) = (RoleSet::of(&[Role::Reader]), RoleSet::of(&[Role::Admin]));
        let impersonator = RoleSet::of(&[Role::Impersonator]);
        let table = [
            (reader, naming(&["os:admin"]), reader),
            (RoleSet::EMPTY, naming(&["os:admin"]), RoleSet::EMPTY),
            (reader, naming(&[]), reader),
            (impersonator, naming(&["os:admin"]), admin),
            (impersonator, naming(&[""]), RoleSet::EMPTY),
            (impersonator, naming(&[]), impersonator),
            (impersonator, naming(&["os:reader", "nonsense"]), reader),
        ];
        for (certificate, headers, expected) in table {
            assert_eq!(Caller::with_certificate(certificate).roles(&headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn in_maintenance_only_the_network_that_the_node_listens_on_makes_an_administrator() {
        let (everywhere, link) = ("[::]:50000", "[fdae:41e4:649b:9303::2]:50000");
        let table = [
            ("10.5.0.1:1", everywhere, Role::Reader),
            ("[fd00::1]:1", everywhere, Role::Reader),
            ("[fdae:41e4:649b:9303::1]:1", everywhere, Role::Reader),
            ("[fdae:41e4:649b:9303::1]:1", "10.5.0.2:50000", Role::Reader),
            ("[fdae:41e4:649b:9303::1]:1", link, Role::Admin),
            ("[fdae:41e4:649b:9403::1]:1", link, Role::Reader),
            ("[fdae:41e4:649c:9303::1]:1", link, Role::Reader),
            ("[fcae:41e4:649b:9303::1]:1", link, Role::Reader),
            ("[fd00::1]:1", "[fd00::2]:50000", Role::Reader),
            ("[::ffff:10.5.0.1]:1", link, Role::Reader),
        ];
        for (from, listening, role) in table {
            let caller = Caller::in_maintenance(from.parse().unwrap(), listening.parse().unwrap());
            assert_eq!(caller.roles(&naming(&["os:operator"])), RoleSet::of(&[role]), "{from} {listening}");
        }
    }
}
