//! Places that a caller names and the node then connects to.
//!
//! On its loopback and its links a node is trusted more than its caller is: who may only read must not find out
//! through the node what listens there. Names are looked up here, once, and what was found and looked at is what
//! is connected to.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use rpc::{Role, RoleSet};
use tonic::Status;

use super::plain;
use crate::blocking::{ANSWER, Pool};

/// The addresses of `host` that this caller may have the node connect to.
pub(super) async fn resolve(
    pool: &Pool,
    roles: RoleSet,
    host: &str,
    port: u16,
) -> Result<Vec<SocketAddr>, Status> {
    let name = host.trim_matches(['[', ']']).to_owned();
    #[allow(clippy::disallowed_methods, reason = "it waits on a thread of a bounded pool")]
    let look = move || (name.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
    let found = pool.run(ANSWER, look).await?;
    let found = found.map_err(|error| plain(format!("cannot find {host:?}: {error}")))?;
    let some = !found.is_empty();
    let allowed: Vec<SocketAddr> = found.into_iter().filter(|a| may(roles, a.ip())).collect();
    match (allowed.is_empty(), some) {
        (false, _) => Ok(allowed),
        (true, true) => Err(Status::permission_denied(format!(
            "{host:?} is an address of this node itself or of its links only: only an administrator or operator may have it asked"
        ))),
        (true, false) => Err(plain(format!("{host:?} has no address"))),
    }
}

fn may(roles: RoleSet, address: IpAddr) -> bool {
    roles.contains(Role::Admin) || roles.contains(Role::Operator) || !is_near(address)
}

/// Loopback, link-local, and what is no address of one machine.
fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [first, ..] = v4.octets();
            // 0.0.0.0/8 is this machine, too.
            v4.is_loopback() || v4.is_link_local() || v4.is_multicast() || v4.is_broadcast() || first == 0
        }
        IpAddr::V6(v6) => {
            v6.is_loopback() || v6.is_unicast_link_local() || v6.is_multicast() || v6.is_unspecified()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Code;

    #[tokio::test]
    async fn a_reader_cannot_have_the_node_ask_itself_and_an_administrator_can() {
        let (reader, admin) = (RoleSet::of(&[Role::Reader]), RoleSet::of(&[Role::Admin]));
        let pool = Pool::new("tests", 1);
        let near = [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "[::1]",
            "fe80::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.1.1",
            "localhost",
        ];
        let mut held = 0;
        for host in near {
            let refused = resolve(&pool, reader, host, 123).await.unwrap_err();
            assert_eq!(refused.code(), Code::PermissionDenied, "{host}");
            assert!(resolve(&pool, admin, host, 123).await.is_ok(), "{host}");
            held += 1;
        }
        assert_eq!(resolve(&pool, reader, "10.5.0.2", 123).await.unwrap(), ["10.5.0.2:123".parse().unwrap()]);
        eprintln!("{held} places held");
    }
}
