//! Keys, certificates and signing requests of the Talos API, etcd and Kubernetes. Pure: the present is
//! always an argument, nothing touches files or sockets; only randomness comes from aws-lc.
//!
//! ```
//! use std::time::SystemTime;
//! use pki::{Authority, AuthorityKind, Sans, SigningRequest, PrivateKey, Algorithm, Name, profile};
//!
//! # fn main() -> pki::Result<()> {
//! let now = SystemTime::now();
//! // A CA, and a server certificate with its key, of the CA's own algorithm:
//! let ca = Authority::generate(AuthorityKind::Os, now)?;
//! let sans = Sans::new().with_names(["node-1", "10.5.0.2"]);
//! let pair = ca.issue_pair(&profile::apid_server("node-1", sans.clone(), now))?;
//! let (certificate_pem, key_pem) = pair.to_pem()?;
//! // For rustls: pair.certificate.to_rustls(), pair.key.to_rustls()?
//!
//! // What trustd does with a worker's request:
//! let key = PrivateKey::generate(Algorithm::Ed25519)?;
//! let request = SigningRequest::create(&key, &Name::common("worker-1"), &sans)?;
//! let received = SigningRequest::from_pem(&request.to_pem())?;
//! let issued = ca.issue(received.public_key(), &profile::trustd_issued(&received, now))?;
//! assert!(issued.is_issued_by(ca.certificate()) && issued.matches(&key));
//! # let _ = (certificate_pem, key_pem);
//! # Ok(())
//! # }
//! ```
//!
//! * [`PrivateKey`] / [`PublicKey`]: PEM types of contract api.md 2.1; keys redact themselves in `Debug`, and
//!   the PEM and DER forms of private keys are wiped when dropped.
//! * [`Authority`] (a CA) makes itself ([`AuthorityKind`]), loads itself, and issues a [`Leaf`];
//!   [`profile`] has a `Leaf` for every purpose in the contract.
//! * [`Certificate`]: decoded once; subject, [`Sans`], usages, validity, fingerprint; `is_issued_by`,
//!   `matches` (a key), [`chain::verify`].
//! * [`renewal::Schedule`]: when to renew and why, on both clocks.
//!
//! Certificates are encoded here and not by a builder library: a client's roles are several organizations in
//! one relative name, and issuer names are copied byte for byte from CAs that others have made; both are what
//! Go's verifier compares, and neither is expressible in rcgen.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests say bluntly what they expect"
    )
)]

mod algorithm;
mod authority;
mod certificate;
pub mod chain;
mod der;
mod error;
mod key;
mod leaf;
mod name;
mod oid;
pub mod pem_block;
pub mod profile;
mod public_key;
pub mod renewal;
mod request;
mod usage;
mod validity;

pub use algorithm::Algorithm;
pub use authority::{Authority, AuthorityKind, Pair};
pub use certificate::Certificate;
pub use error::{Error, Result};
pub use key::PrivateKey;
pub use leaf::Leaf;
pub use name::{Name, Sans};
pub use public_key::PublicKey;
pub use request::SigningRequest;
pub use usage::{ExtKeyUsage, KeyUsage};
pub use validity::Validity;
pub use zeroize::Zeroizing;

pub(crate) use validity::{from_unix, unix_seconds};
