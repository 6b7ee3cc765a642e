//! Listens for clients, and lets them in as the mode says.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use rpc::limits;
use rpc::serve::{Drain, accept_failed};
use rpc::tls::Acceptor;
use rpc::tls::dial::tune;
use rpc::tls::server::peer_roles;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;

use crate::caller::Caller;
use crate::connection;
use crate::gateway::Gateway;

/// Clients that may be in the middle of a handshake at a time, so that those who never finish one leave
/// room for the others.
const HANDSHAKES: usize = 128;

/// Connections that the kernel keeps until they are accepted.
const BACKLOG: u32 = 1024;

/// Whom the listener takes clients for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Roles come from the client's certificate.
    Certificate,
    /// There are no certificates: maintenance mode.
    Maintenance,
}

/// Reads a listen address: `host:port` or `:port`, which means every address of the node.
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

/// Serves clients until the drain begins; those that are connected then are the drain's to wait for.
pub async fn serve(
    listener: TcpListener,
    acceptor: Arc<Acceptor>,
    admission: Admission,
    gateway: Arc<Gateway>,
    drain: Drain,
) {
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
    let connections = Arc::new(Semaphore::new(limits::CONNECTIONS));
    loop {
        let accepted = async {
            let handshake = Arc::clone(&handshakes).acquire_owned().await;
            (listener.accept().await, handshake)
        };
        let (accepted, handshake) = tokio::select! {
            accepted = accepted => accepted,
            () = drain.begun() => return,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                accept_failed(&error).await;
                continue;
            }
        };
        let (acceptor, gateway) = (Arc::clone(&acceptor), Arc::clone(&gateway));
        let (connections, connection_drain) = (Arc::clone(&connections), drain.clone());
        drain.spawn(async move {
            let (stream, caller) = match admit(&acceptor, admission, stream, from).await {
                Ok(admitted) => admitted,
                Err(error) => return tracing::debug!(%from, %error, "a client was not let in"),
            };
            let _connection = connections.acquire_owned().await;
            drop(handshake);
            connection::serve(stream, caller, gateway, connection_drain).await;
        });
    }
}

type Stream = tokio_rustls::server::TlsStream<TcpStream>;

async fn admit(
    acceptor: &Acceptor,
    admission: Admission,
    stream: TcpStream,
    from: SocketAddr,
) -> io::Result<(Stream, Caller)> {
    tune(&stream);
    let stream = acceptor.accept(stream).await?;
    let caller = match admission {
        Admission::Certificate => Caller::with_certificate(peer_roles(&stream)),
        Admission::Maintenance => Caller::in_maintenance(from),
    };
    Ok((stream, caller))
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
