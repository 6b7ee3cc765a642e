//! Lets clients in as the mode says.

use std::net::SocketAddr;
use std::sync::Arc;

use rpc::tls::server::peer_roles;
use rpc::tls::{Acceptor, Listening};
use tokio::net::TcpListener;

use crate::caller::Caller;
use crate::connection;
use crate::gateway::Gateway;

/// Whom the listener takes clients for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Roles come from the client's certificate.
    Certificate,
    /// There are no certificates: maintenance mode.
    Maintenance,
}

/// Serves clients until the listener is stopped.
pub fn serve(
    socket: TcpListener,
    acceptor: Arc<Acceptor>,
    admission: Admission,
    gateway: Arc<Gateway>,
) -> Listening {
    Listening::start(socket, acceptor, move |stream, from: SocketAddr, drain| {
        let caller = match admission {
            Admission::Certificate => Caller::with_certificate(peer_roles(&stream)),
            Admission::Maintenance => Caller::in_maintenance(from),
        };
        connection::serve(stream, caller, Arc::clone(&gateway), drain)
    })
}
