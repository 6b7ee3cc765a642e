//! TLS between nodes and clients: version 1.3 only, ALPN `h2`, no session tickets (contract api.md 2.1).
//!
//! | module | what for |
//! | --- | --- |
//! | [`pem`] | certificates and keys out of PEM text |
//! | [`leaf`] | what a peer's certificate says: roles and usage |
//! | [`verify`] | client and server verification beyond the usual chain checks |
//! | [`server`] | server configurations and an acceptor that reloads them |
//! | [`client`] | client configurations: accepted CAs, system roots, or pins |
//! | [`listen`] | listens, and lets clients in |
//! | [`dial`] | connects to a node, with errors as Go's clients print them |
//! | [`stream`] | a client's connection, which says why it was ended |

use std::sync::{Arc, LazyLock};

use rustls::crypto::CryptoProvider;

pub mod client;
pub mod dial;
pub mod leaf;
pub mod listen;
pub mod pem;
pub mod server;
pub mod stream;
pub mod verify;

pub use self::client::ClientTls;
pub use self::listen::Listening;
pub use self::pem::{CaPool, Identity};
pub use self::server::{Acceptor, ClientAuth, ServerTls};
pub use self::stream::ClientStream;

/// The protocol that both sides offer.
pub(crate) const ALPN: &[u8] = b"h2";

/// The one TLS provider of the workspace.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> =
        LazyLock::new(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    Arc::clone(&PROVIDER)
}

/// Why certificates, keys or a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The text is not PEM, or holds something else than wanted.
    #[error("{what} cannot be read: {why}")]
    Pem {
        /// Which input.
        what: &'static str,
        /// What is wrong with it; never the input itself.
        why: String,
    },
    /// The library refused certificate or key.
    #[error("{what} cannot be used: {source}; check that certificate and key belong together")]
    Unusable {
        /// Which input.
        what: &'static str,
        /// The library's reason.
        source: rustls::Error,
    },
    /// The pool of accepted CAs is empty, so that nobody could be verified.
    #[error("there is no accepted CA to verify the other side with; the configuration must name one")]
    NoAcceptedCa,
    /// A pin is not the base64 form of a SHA-256 sum.
    #[error("fingerprint {0:?} is not the base64 form of a SHA-256 sum (44 characters)")]
    Pin(String),
}
