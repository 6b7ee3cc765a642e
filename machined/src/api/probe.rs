//! Where callers may have this node connect to. Loopback and the link hold what trusts this node because it is this
//! node: only who may change the node is taken there.

use std::net::{IpAddr, SocketAddr};

use rpc::{Role, RoleSet};
use tonic::Status;

/// Port of an endpoint that names none.
const HTTPS: u16 = 443;

/// The address behind a name, if the caller may reach it.
///
/// # Errors
/// When the name has no address, or one that the caller may not reach: whatever else it has, names can change.
pub async fn reach(host: &str, port: u16, roles: RoleSet) -> Result<SocketAddr, Status> {
    let bare = host.trim_matches(['[', ']']);
    let found = tokio::net::lookup_host((bare, port)).await;
    let found: Vec<SocketAddr> =
        found.map_err(|error| Status::unavailable(format!("cannot look {host:?} up: {error}")))?.collect();
    if let Some(near) = found.iter().find(|address| !may_reach(address.ip(), roles)) {
        let text = format!("{host:?} is {}: only an administrator or operator may probe that", near.ip());
        return Err(Status::permission_denied(text));
    }
    found.first().copied().ok_or_else(|| Status::unavailable(format!("{host:?} has no address")))
}

/// An endpoint with its name looked up, so that it cannot become another one meanwhile, and the name to verify it by.
///
/// # Errors
/// As [`reach`].
pub async fn endpoint(url: &str, roles: RoleSet) -> Result<(String, String), Status> {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port))
            if !port.ends_with(']') && !port.is_empty() && (host.ends_with(']') || !host.contains(':')) =>
        {
            let port = port.parse();
            (host, port.map_err(|_| Status::invalid_argument(format!("{url:?} has no port that is one")))?)
        }
        _ => (authority, HTTPS),
    };
    let address = reach(host, port, roles).await?;
    Ok((format!("https://{address}"), host.trim_matches(['[', ']']).to_owned()))
}

fn may_reach(address: IpAddr, roles: RoleSet) -> bool {
    roles.contains(Role::Admin) || roles.contains(Role::Operator) || !is_near(address)
}

fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_link_local() || v4.is_unspecified(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unicast_link_local() || v6.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Code;

    const READER: RoleSet = RoleSet::of(&[Role::Reader]);

    #[tokio::test]
    async fn a_reader_does_not_reach_what_trusts_this_node() {
        for near in
            ["127.0.0.1", "127.9.9.9", "[::1]", "169.254.169.254", "fe80::1", "0.0.0.0", "::ffff:127.0.0.1"]
        {
            let refused = reach(near, 123, READER).await.unwrap_err();
            assert_eq!(refused.code(), Code::PermissionDenied, "{near}");
            assert!(reach(near, 123, RoleSet::of(&[Role::Admin])).await.is_ok(), "{near}");
        }
        assert!(reach("10.5.0.2", 123, READER).await.is_ok());
    }

    #[tokio::test]
    async fn an_endpoint_is_looked_up_once() {
        let table = [
            ("https://10.5.0.2:6443", "https://10.5.0.2:6443", "10.5.0.2"),
            ("10.5.0.2", "https://10.5.0.2:443", "10.5.0.2"),
            ("https://[fd00::2]:6443/x", "https://[fd00::2]:6443", "fd00::2"),
            ("https://user@10.5.0.2:1", "https://10.5.0.2:1", "10.5.0.2"),
        ];
        for (url, pinned, name) in table {
            assert_eq!(endpoint(url, READER).await.unwrap(), (pinned.to_owned(), name.to_owned()), "{url}");
        }
        for url in ["https://127.0.0.1:6443", "localhost:2379", "http://10.5.0.2:1@127.0.0.1:2/"] {
            assert_eq!(endpoint(url, READER).await.unwrap_err().code(), Code::PermissionDenied, "{url}");
        }
    }
}
