//! Who calls, and with which roles a call is passed on (contract api.md 1.5, 3.5). Pure.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use rpc::{Role, RoleSet, meta};

/// Addresses of SideroLink: a unique local address whose byte 7 marks its use.
fn is_sidero_link(address: IpAddr) -> bool {
    match address {
        IpAddr::V6(address) => {
            let [first, _, _, _, _, _, _, eighth, ..] = address.octets();
            first == 0xfd && eighth == 0x03
        }
        IpAddr::V4(_) => false,
    }
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
    pub fn in_maintenance(from: SocketAddr) -> Caller {
        let role = if is_sidero_link(from.ip()) { Role::Admin } else { Role::Reader };
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
    fn in_maintenance_the_address_decides() {
        let table = [
            ("10.5.0.1:1", Role::Reader),
            ("[fd00::1]:1", Role::Reader),
            ("[fdae:41e4:649b:9303::1]:1", Role::Admin),
            ("[fcae:41e4:649b:9303::1]:1", Role::Reader),
            ("[::ffff:10.5.0.1]:1", Role::Reader),
        ];
        for (from, role) in table {
            let caller = Caller::in_maintenance(from.parse().unwrap());
            assert_eq!(caller.roles(&naming(&["os:operator"])), RoleSet::of(&[role]), "{from}");
        }
    }
}
