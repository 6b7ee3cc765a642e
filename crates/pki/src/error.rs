//! What can go wrong with keys and certificates, in words an operator can act on.

use thiserror::Error;

use crate::Algorithm;

/// The result of every fallible operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error about a key, a certificate or a signing request. No variant ever carries key material.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum Error {
    /// The text holds no PEM block, or a broken one.
    #[error("{what} is not valid PEM: {why}")]
    Pem {
        /// What was being read, for example "certificate".
        what: &'static str,
        /// The parser's complaint.
        why: String,
    },
    /// The PEM block is of another type than the caller needs.
    #[error("expected a PEM block {expected}, found {found:?}")]
    PemType {
        /// The accepted types.
        expected: &'static str,
        /// The type that was found.
        found: String,
    },
    /// The DER body could not be decoded.
    #[error("{what} cannot be decoded: {why}")]
    Decode {
        /// What was being read.
        what: &'static str,
        /// The parser's complaint.
        why: String,
    },
    /// A private key of an algorithm or size that is not supported.
    #[error(
        "private key is not a usable Ed25519, ECDSA (P-256, P-384, P-521) or RSA (2048 bits or more) key"
    )]
    UnsupportedKey,
    /// A signature or public-key algorithm that is not supported.
    #[error("{what} uses an unsupported algorithm ({oid})")]
    UnsupportedAlgorithm {
        /// What was being read.
        what: &'static str,
        /// The object identifier.
        oid: String,
    },
    /// The key does not belong to the certificate.
    #[error("private key ({key}) does not match the public key of certificate {certificate}")]
    KeyMismatch {
        /// The key's algorithm.
        key: Algorithm,
        /// The subject of the certificate.
        certificate: String,
    },
    /// A certificate that is not a CA was given where one must sign.
    #[error("certificate {0} is not a certificate authority (basic constraints CA:TRUE is missing)")]
    NotAuthority(String),
    /// The signature does not verify.
    #[error("signature of {0} does not verify")]
    BadSignature(String),
    /// No trusted authority has issued the certificate.
    #[error("certificate {subject} is not signed by any of the {count} accepted authorities")]
    UnknownIssuer {
        /// The subject of the certificate.
        subject: String,
        /// How many authorities were tried.
        count: usize,
    },
    /// The certificate is outside of its validity.
    #[error("certificate {subject} is {why}")]
    OutsideValidity {
        /// The subject of the certificate.
        subject: String,
        /// "expired" or "not valid yet".
        why: &'static str,
    },
    /// A subject alternative name that cannot be put into a certificate.
    #[error("{0:?} cannot be a DNS name in a certificate: only printable ASCII without spaces is possible")]
    BadDnsName(String),
    /// A point in time that X.509 cannot express.
    #[error("time is outside of the years 1950 to 9999 that a certificate can express")]
    BadTime,
    /// The cryptographic library failed; it says no more.
    #[error("cryptographic library failed to {0}")]
    Crypto(&'static str),
}
