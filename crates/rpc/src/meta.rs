//! Names of metadata keys (contract api.md 3.1), and roles in headers.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::role::{Role, RoleSet};

/// One target node; the reply passes through untouched.
pub const NODE: &str = "node";
/// Several target nodes; replies are put together and marked with their node.
pub const NODES: &str = "nodes";
/// Set by a node that forwards, so that the target does not forward again.
pub const PROXY_FROM: &str = "proxyfrom";
/// Roles of the caller, one value a role; only trusted from peers that may speak for others.
pub const TALOS_ROLE: &str = "talos-role";
/// The machine token, towards trustd.
pub const TOKEN: &str = "token";
/// Towards trustd's discovery: what a node's record can be changed with, besides its address; ignored by others.
pub const OWNER: &str = "owner";
/// Always `Talos`, sent by clients and ignored by nodes.
pub const RUNTIME: &str = "runtime";
/// The cluster's name in the client's configuration; ignored by nodes.
pub const CONTEXT: &str = "context";
/// Basic credentials of a client, for gateways in front of nodes; ignored by nodes.
pub const AUTHORIZATION: &str = "authorization";

/// The key of roles as a header name.
pub const TALOS_ROLE_HEADER: HeaderName = HeaderName::from_static(TALOS_ROLE);

/// Roles that the metadata names. A tonic `MetadataMap` gives its headers by `as_ref()`.
#[must_use]
pub fn roles(headers: &HeaderMap) -> RoleSet {
    let names = headers.get_all(TALOS_ROLE_HEADER).into_iter();
    RoleSet::parse(names.filter_map(|value| value.to_str().ok()))
}

/// Whether the metadata names roles at all, be it none of the known ones.
#[must_use]
pub fn has_roles(headers: &HeaderMap) -> bool {
    headers.contains_key(TALOS_ROLE_HEADER)
}

/// Replaces whatever roles the metadata names by these. The empty set is written as one empty value:
/// a receiver must see that it is empty, not that nothing was said.
pub fn set_roles(headers: &mut HeaderMap, roles: RoleSet) {
    let mut roles = roles.iter().map(Role::name).map(HeaderValue::from_static);
    let first = roles.next().unwrap_or(HeaderValue::from_static(""));
    // A map that is full is no caller's: then there are no roles, which is what it gets.
    headers.remove(TALOS_ROLE_HEADER);
    let _ = headers.try_insert(TALOS_ROLE_HEADER, first);
    for role in roles {
        let _ = headers.try_append(TALOS_ROLE_HEADER, role);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_survive_the_way_through_headers() {
        for set in [RoleSet::EMPTY, RoleSet::ALL, RoleSet::of(&[Role::Reader, Role::Operator])] {
            let mut headers = HeaderMap::new();
            set_roles(&mut headers, set);
            assert!(has_roles(&headers));
            assert_eq!(roles(&headers), set);
        }
    }

    #[test]
    fn setting_roles_removes_all_that_were_there() {
        let mut headers = HeaderMap::new();
        headers.append(TALOS_ROLE, HeaderValue::from_static("os:admin"));
        headers.append(TALOS_ROLE, HeaderValue::from_static("os:operator"));
        set_roles(&mut headers, RoleSet::EMPTY);
        assert_eq!(roles(&headers), RoleSet::EMPTY);
        assert_eq!(headers.get_all(TALOS_ROLE).iter().count(), 1);
    }

    #[test]
    fn a_list_in_one_value_is_not_a_role() {
        let mut headers = HeaderMap::new();
        headers.append(TALOS_ROLE, HeaderValue::from_static("os:admin,os:reader"));
        assert_eq!(roles(&headers), RoleSet::EMPTY);
    }
}
