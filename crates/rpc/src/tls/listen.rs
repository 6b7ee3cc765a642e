//! Listens on TCP and lets clients in over TLS.

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

use super::dial::tune;
use super::server::{Acceptor, expired, peer_chain, peer_roles};
use crate::gate::{Gate, Place};
use crate::limits;
use crate::places::{Standing, network};
use crate::role::{Role, RoleSet};
use crate::serve::{Drain, accept_failed};

/// The connection of a client.
pub type ServerStream = tokio_rustls::server::TlsStream<TcpStream>;

/// Who holds places of a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    /// A network that nothing is known of; see [`network`].
    Stranger(IpAddr),
    /// A network from which somebody has shown that he belongs here.
    Member(IpAddr),
    /// A certificate, by a sum of its bytes.
    Certificate(u64),
}

/// A client that was let in.
#[derive(Debug)]
pub struct Client {
    /// Its connection.
    pub stream: ServerStream,
    /// Where it is.
    pub from: SocketAddr,
    /// Who it is.
    pub who: Who,
    /// The roles in its certificate.
    pub roles: RoleSet,
    /// Its place: lost when others need it more while nothing is under way.
    pub place: Place<Who>,
    /// The drain to follow.
    pub drain: Drain,
}

/// Connections that the kernel keeps until they are accepted.
const BACKLOG: u32 = 1024;

/// Reads a listen address: `host:port` or `:port`, which means every address of the node.
#[must_use]
pub fn parse_address(text: &str) -> Option<SocketAddr> {
    match text.strip_prefix(':') {
        Some(port) => Some(SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port.parse().ok()?)),
        None => text.parse().ok(),
    }
}

/// Binds the address. Every address means IPv6 and IPv4, or IPv4 only on hosts without IPv6.
///
/// # Errors
/// When the address is not (yet) one of the node's, or taken.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let bind = |address: SocketAddr| {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    match bind(address) {
        Err(_) if address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) => {
            bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), address.port()))
        }
        bound => bound,
    }
}

/// A listener that runs until it is stopped.
#[derive(Debug)]
pub struct Listening {
    drain: Drain,
    accepting: JoinHandle<()>,
}

impl Listening {
    /// Starts to let clients in; each is served by a future of `serve`.
    pub fn start<F, W>(socket: TcpListener, acceptor: Arc<Acceptor>, serve: F) -> Listening
    where
        F: Fn(Client) -> W + Clone + Send + Sync + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let drain = Drain::new();
        let accepting = tokio::spawn(accept(socket, acceptor, serve, drain.clone()));
        Listening { drain, accepting }
    }

    /// The drain that the clients' futures follow.
    #[must_use]
    pub fn drain(&self) -> Drain {
        self.drain.clone()
    }

    /// Stops accepting. When this returns the address is free; [`Drain::finish`] of what it returns
    /// waits for the calls under way.
    pub async fn stop(self) -> Drain {
        self.drain.begin();
        let _ = self.accepting.await;
        self.drain
    }
}

async fn accept<F, W>(listener: TcpListener, acceptor: Arc<Acceptor>, serve: F, drain: Drain)
where
    F: Fn(Client) -> W + Clone + Send + Sync + 'static,
    W: Future<Output = ()> + Send + 'static,
{
    let gate = Gate::new(limits::PLACES);
    let sums = RandomState::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = drain.begun() => return,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                accept_failed(&error).await;
                continue;
            }
        };
        let Ok(place) = gate.enter(Who::Stranger(network(from.ip())), Standing::Stranger) else {
            tracing::debug!(%from, "a client found no place");
            continue;
        };
        let (acceptor, serve) = (Arc::clone(&acceptor), serve.clone());
        let (sums, client_drain) = (sums.clone(), drain.child());
        drain.spawn(async move {
            let lost = place.clone();
            let served = async move {
                tune(&stream);
                match acceptor.accept(stream).await {
                    // One allocation a connection keeps the task small while it is in the handshake.
                    Ok(stream) => {
                        Box::pin(attend(&acceptor, stream, from, place, &sums, client_drain, serve)).await;
                    }
                    Err(error) => tracing::debug!(%from, %error, "a client was not let in"),
                }
            };
            tokio::select! {
                () = served => {}
                () = lost.lost() => tracing::debug!(%from, "a client's place was needed for another"),
            }
        });
    }
}

/// Serves a client as long as its certificate counts.
async fn attend<F, W>(
    acceptor: &Acceptor,
    stream: ServerStream,
    from: SocketAddr,
    place: Place<Who>,
    sums: &RandomState,
    drain: Drain,
    serve: F,
) where
    F: Fn(Client) -> W,
    W: Future<Output = ()>,
{
    let (chain, roles) = (peer_chain(&stream), peer_roles(&stream));
    let mut who = Who::Stranger(network(from.ip()));
    if let Some(leaf) = chain.first() {
        who = Who::Certificate(sums.hash_one(leaf.as_ref()));
        if place.promote(who, standing(roles)).is_err() {
            return tracing::debug!(%from, "a client has too many connections");
        }
    }
    let ending = drain.clone();
    let served = serve(Client { stream, from, who, roles, place, drain });
    let Some(leaf) = chain.first() else { return served.await };
    let expiry = async {
        expired(leaf).await;
        tracing::info!(%from, "a client's certificate has expired; its calls may finish");
        ending.begin();
        std::future::pending().await
    };
    tokio::select! {
        () = served => {}
        () = acceptor.disowned(&chain) => {
            tracing::info!(%from, "a client's certificate is no longer accepted; its connection ends");
        }
        () = expiry => {}
    }
}

/// Other nodes speak for administrators, too.
#[must_use]
pub fn standing(roles: RoleSet) -> Standing {
    match roles.contains(Role::Admin) || roles.contains(Role::Impersonator) {
        true => Standing::Administrator,
        false => Standing::Known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listen_address_may_leave_the_host_out() {
        let table = [
            (":50000", Some("[::]:50000")),
            ("[fdae:41e4:649b:9303::1]:50000", Some("[fdae:41e4:649b:9303::1]:50000")),
            ("10.5.0.2:50000", Some("10.5.0.2:50000")),
            ("", None),
            (":", None),
            ("50000", None),
            ("name:50000", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse_address(text), expected.map(|text| text.parse().unwrap()), "{text}");
        }
    }

    #[tokio::test]
    async fn every_address_is_v4_too() {
        let listener = bind(parse_address(":0").unwrap()).unwrap();
        let port = listener.local_addr().unwrap().port();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    }
}
