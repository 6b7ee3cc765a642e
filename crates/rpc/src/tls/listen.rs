//! Listens on TCP and lets clients in over TLS.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::dial::tune;
use super::server::Acceptor;
use crate::limits;
use crate::serve::{Drain, accept_failed};

/// A client that was let in.
pub type ServerStream = tokio_rustls::server::TlsStream<TcpStream>;

/// Clients that may be in the middle of a handshake at a time, so that those who never finish one leave
/// room for the others.
const HANDSHAKES: usize = 128;

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
    /// Starts to let clients in; each is served by a future of `serve`, which gets the drain to follow.
    pub fn start<F, W>(socket: TcpListener, acceptor: Arc<Acceptor>, serve: F) -> Listening
    where
        F: Fn(ServerStream, SocketAddr, Drain) -> W + Clone + Send + Sync + 'static,
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
    F: Fn(ServerStream, SocketAddr, Drain) -> W + Clone + Send + Sync + 'static,
    W: Future<Output = ()> + Send + 'static,
{
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
        let (acceptor, serve) = (Arc::clone(&acceptor), serve.clone());
        let (connections, client_drain) = (Arc::clone(&connections), drain.clone());
        drain.spawn(async move {
            tune(&stream);
            let stream = match acceptor.accept(stream).await {
                Ok(stream) => stream,
                Err(error) => return tracing::debug!(%from, %error, "a client was not let in"),
            };
            let _connection = connections.acquire_owned().await;
            drop(handshake);
            // One allocation a connection keeps the task small while it is in the handshake.
            Box::pin(serve(stream, from, client_drain)).await;
        });
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
