//! The client side of TLS: nodes towards nodes, and talosctl towards nodes.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{Resumption, WebPkiServerVerifier};

use super::pem::{CaPool, Identity};
use super::verify::{Pin, PinVerifier};
use super::{ALPN, TlsError, provider};

/// How a client knows the server.
#[derive(Debug, Clone)]
pub enum Trust {
    /// By the CAs that it accepts, and by the name or address that it dialled.
    Cas(CaPool),
    /// By one of these fingerprints of the server's public key; not at all when there are none. For
    /// nodes in maintenance mode, whose certificate nobody can know before.
    Insecure(Vec<Pin>),
}

/// What a client brings to a connection.
#[derive(Debug, Clone)]
pub struct ClientTls {
    /// Certificate and key, if the server shall know the client.
    pub identity: Option<Identity>,
    /// How the server is known.
    pub trust: Trust,
}

impl ClientTls {
    /// The configuration to dial with.
    ///
    /// # Errors
    /// When certificate and key do not belong together, or no CA can be used.
    pub fn config(&self) -> Result<Arc<ClientConfig>, TlsError> {
        let provider = provider();
        let verifier: Arc<dyn ServerCertVerifier> = match &self.trust {
            Trust::Cas(pool) => {
                let roots = Arc::clone(&pool.roots);
                WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
                    .build()
                    .map_err(|_| TlsError::NoAcceptedCa)?
            }
            Trust::Insecure(pins) => {
                Arc::new(PinVerifier { pins: pins.clone(), provider: Arc::clone(&provider) })
            }
        };
        let unusable = |source| TlsError::Unusable { what: "the client's certificate", source };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(unusable)?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => builder
                .with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
                .map_err(unusable)?,
        };
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.resumption = Resumption::disabled();
        Ok(Arc::new(config))
    }
}
