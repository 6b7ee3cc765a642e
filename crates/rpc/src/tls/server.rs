//! The server side of TLS, and an acceptor whose certificate and CAs can be replaced while it serves.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WantsServerCert};
use rustls_pki_types::{CertificateDer, UnixTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::LazyConfigAcceptor;
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

/// What a server shows and asks: a configuration, and what its clients are verified with.
#[derive(Debug, Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    clients: Option<Arc<ClientVerifier>>,
}

impl ServerTls {
    /// A server with this certificate.
    ///
    /// # Errors
    /// When certificate and key do not belong together, or cannot be used.
    pub fn new(identity: &Identity, clients: &ClientAuth) -> Result<ServerTls, TlsError> {
        let unusable = |source| TlsError::Unusable { what: "the server's certificate", source };
        let builder = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(unusable)?;
        let clients = match clients {
            ClientAuth::None => None,
            ClientAuth::Required(pool) => Some(Arc::new(ClientVerifier::new(pool)?)),
        };
        let builder: rustls::ConfigBuilder<ServerConfig, WantsServerCert> = match clients.clone() {
            None => builder.with_no_client_auth(),
            Some(verifier) => builder.with_client_cert_verifier(verifier),
        };
        let mut config =
            builder.with_single_cert(identity.chain.clone(), identity.key.clone_key()).map_err(unusable)?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(ServerTls { config: Arc::new(config), clients })
    }

    /// The library's part.
    #[must_use]
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// Whether a client with these certificates would be let in now.
    fn accepts(&self, chain: &[CertificateDer<'static>]) -> bool {
        let Some(verifier) = &self.clients else { return true };
        let Some((leaf, between)) = chain.split_first() else { return false };
        verifier.verify_client_cert(leaf, between, UnixTime::now()).is_ok()
    }
}

/// Does handshakes with the configuration of the moment. Connections that exist go on after a reload, but for those
/// whose certificates are no longer accepted: see [`Acceptor::disowned`].
#[derive(Debug)]
pub struct Acceptor {
    current: watch::Sender<ServerTls>,
}

impl Acceptor {
    /// An acceptor with what it begins with.
    #[must_use]
    pub fn new(tls: ServerTls) -> Acceptor {
        Acceptor { current: watch::Sender::new(tls) }
    }

    /// Uses another configuration from the next handshake on.
    pub fn reload(&self, tls: ServerTls) {
        self.current.send_replace(tls);
    }

    /// Does the handshake, within [`limits::HANDSHAKE`], when the client has begun it within [`limits::CLIENT_HELLO`].
    ///
    /// # Errors
    /// When the client is not accepted, speaks something else, or takes too long.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let mut hello = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream);
        let begun = tokio::time::timeout(limits::CLIENT_HELLO, &mut hello).await.map_err(io::Error::from)?;
        let refused = match begun {
            Ok(begun) => {
                let config = self.current.borrow().config();
                let handshake = begun.into_stream(config).into_fallible();
                match tokio::time::timeout(limits::HANDSHAKE, handshake).await.map_err(io::Error::from)? {
                    Ok(stream) => return Ok(stream),
                    Err((error, stream)) => (error, Some(stream)),
                }
            }
            Err(error) => (error, hello.take_io()),
        };
        let (error, stream) = refused;
        if let Some(stream) = stream {
            // Whatever comes of it, the client was refused.
            let _ = tokio::time::timeout(LINGER, let_go(stream)).await;
        }
        Err(error)
    }

    /// Waits until a client with these certificates would not be let in any more: after a reload, nothing else.
    pub async fn disowned(&self, chain: &[CertificateDer<'static>]) {
        let mut changes = self.current.subscribe();
        while changes.changed().await.is_ok() {
            if !changes.borrow_and_update().accepts(chain) {
                return;
            }
        }
        std::future::pending().await
    }
}

/// Waits until a certificate is no longer valid. The clock may be set meanwhile, so it is looked at now and then.
pub async fn expired(leaf: &CertificateDer<'_>) {
    const LOOK: Duration = Duration::from_secs(600);
    let Ok(parsed) = pki::Certificate::from_der(leaf) else { return };
    let end = parsed.validity().not_after;
    drop(parsed);
    while let Ok(left) = end.duration_since(SystemTime::now()) {
        tokio::time::sleep(left.min(LOOK)).await;
    }
}

/// Ends a connection so that the client gets the alert: one that is closed before all is read is reset, and
/// a reset overtakes what was sent.
async fn let_go(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut rest = stream.take(LEFT_OVER);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await.map(drop)
}

/// The certificates that a client has shown, its own first; none without one.
#[must_use]
pub fn peer_chain(stream: &TlsStream<TcpStream>) -> Vec<CertificateDer<'static>> {
    let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
    certificates.iter().map(|certificate| certificate.clone().into_owned()).collect()
}

/// The roles of the client of an accepted connection: those in its certificate, none without one.
#[must_use]
pub fn peer_roles(stream: &TlsStream<TcpStream>) -> RoleSet {
    let certificates = stream.get_ref().1.peer_certificates();
    certificates.and_then(<[_]>::first).map(leaf::roles).unwrap_or_default()
}
