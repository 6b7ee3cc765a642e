//! The server side of TLS, and an acceptor whose certificate and CAs can be replaced while it serves.

use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::server::{NoServerSessionStorage, WantsServerCert};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::pem::{CaPool, Identity};
use super::verify::ClientVerifier;
use super::{ALPN, TlsError, leaf, provider};
use crate::limits;
use crate::role::RoleSet;

/// How long a client that was refused may take to read why.
const LINGER: Duration = Duration::from_secs(1);

/// What is read of such a client, in bytes: its first requests, sent before it knew.
const LEFT_OVER: u64 = 64 * 1024;

/// What a server asks of its clients.
#[derive(Debug, Clone)]
pub enum ClientAuth {
    /// No certificate is requested: maintenance mode, and trustd (which asks for a token instead).
    None,
    /// A certificate of one of these CAs, usable for client authentication only. Without one the
    /// handshake fails with `certificate_required`.
    Required(CaPool),
}

/// A server configuration.
///
/// # Errors
/// When certificate and key do not belong together, or cannot be used.
pub fn config(identity: &Identity, clients: &ClientAuth) -> Result<Arc<ServerConfig>, TlsError> {
    let unusable = |source| TlsError::Unusable { what: "the server's certificate", source };
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(unusable)?;
    let builder: rustls::ConfigBuilder<ServerConfig, WantsServerCert> = match clients {
        ClientAuth::None => builder.with_no_client_auth(),
        ClientAuth::Required(pool) => builder.with_client_cert_verifier(Arc::new(ClientVerifier::new(pool)?)),
    };
    let mut config =
        builder.with_single_cert(identity.chain.clone(), identity.key.clone_key()).map_err(unusable)?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(Arc::new(config))
}

/// Does handshakes with the configuration of the moment. Connections that exist are not touched by a
/// reload.
#[derive(Debug)]
pub struct Acceptor {
    current: RwLock<Arc<ServerConfig>>,
}

impl Acceptor {
    /// Starts with a configuration of [`config`].
    #[must_use]
    pub fn new(config: Arc<ServerConfig>) -> Acceptor {
        Acceptor { current: RwLock::new(config) }
    }

    /// Uses another configuration from the next handshake on.
    pub fn reload(&self, config: Arc<ServerConfig>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    /// Does the handshake, within [`limits::HANDSHAKE`].
    ///
    /// # Errors
    /// When the client is not accepted, speaks something else, or takes too long.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let config = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        let handshake = TlsAcceptor::from(config).accept(stream).into_fallible();
        match tokio::time::timeout(limits::HANDSHAKE, handshake).await.map_err(io::Error::from)? {
            Ok(stream) => Ok(stream),
            Err((error, stream)) => {
                // Whatever comes of it, the client was refused.
                let _ = tokio::time::timeout(LINGER, let_go(stream)).await;
                Err(error)
            }
        }
    }
}

/// Ends a connection so that the client gets the alert: one that is closed before all is read is reset, and
/// a reset overtakes what was sent.
async fn let_go(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut rest = stream.take(LEFT_OVER);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await.map(drop)
}

/// The roles of the client of an accepted connection: those in its certificate, none without one.
#[must_use]
pub fn peer_roles(stream: &TlsStream<TcpStream>) -> RoleSet {
    let certificates = stream.get_ref().1.peer_certificates();
    certificates.and_then(<[_]>::first).map(leaf::roles).unwrap_or_default()
}
