//! Lets clients in as the mode says.

use std::sync::Arc;

use rpc::tls::{Acceptor, Listening};
use tokio::net::TcpListener;

use crate::caller::Caller;
use crate::connection;
use crate::gateway::Gateway;
use crate::settings::Place;

/// Whom the listener takes clients for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Roles come from the client's certificate.
    Certificate,
    /// There are no certificates: maintenance mode.
    Maintenance,
}

/// Serves clients until the listener, which is at `place`, is stopped.
pub fn serve(socket: TcpListener, acceptor: Arc<Acceptor>, place: Place, gateway: Arc<Gateway>) -> Listening {
    Listening::start(socket, acceptor, move |client| {
        let caller = match place.admission {
            Admission::Certificate => Caller::with_certificate(client.roles),
            Admission::Maintenance => Caller::in_maintenance(client.from, place.address),
        };
        connection::serve(client, caller, Arc::clone(&gateway))
    })
}
