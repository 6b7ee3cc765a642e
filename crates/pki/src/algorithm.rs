//! Key algorithms, and how each signs and verifies.

use std::fmt;

use aws_lc_rs::signature::{self, EcdsaSigningAlgorithm, VerificationAlgorithm};

use crate::{der, oid};

/// The algorithm of a key. New keys are Ed25519 (Talos API), ECDSA P-256 (etcd, Kubernetes) or RSA-4096
/// (service accounts), contract api.md 2.1; the other curves and RSA sizes are accepted from users' own PKI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Ed25519.
    Ed25519,
    /// ECDSA over P-256, signing with SHA-256.
    EcdsaP256,
    /// ECDSA over P-384, signing with SHA-384.
    EcdsaP384,
    /// ECDSA over P-521, signing with SHA-512.
    EcdsaP521,
    /// RSA, signing PKCS#1 v1.5 with SHA-256; 4096 bits when generated here.
    Rsa,
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ed25519 => "Ed25519",
            Self::EcdsaP256 => "ECDSA P-256",
            Self::EcdsaP384 => "ECDSA P-384",
            Self::EcdsaP521 => "ECDSA P-521",
            Self::Rsa => "RSA",
        })
    }
}

impl Algorithm {
    /// The AlgorithmIdentifier of signatures made with keys of this algorithm.
    pub(crate) fn signature_identifier(self) -> Vec<u8> {
        der::sequence(&match self {
            Self::Ed25519 => vec![der::oid(oid::ED25519)],
            Self::EcdsaP256 => vec![der::oid(oid::ECDSA_SHA256)],
            Self::EcdsaP384 => vec![der::oid(oid::ECDSA_SHA384)],
            Self::EcdsaP521 => vec![der::oid(oid::ECDSA_SHA512)],
            Self::Rsa => vec![der::oid(oid::RSA_SHA256), vec![5, 0]],
        })
    }

    /// The ECDSA curves, in the order in which a key of unknown curve is tried.
    pub(crate) const CURVES: [(Self, &'static EcdsaSigningAlgorithm); 3] = [
        (Self::EcdsaP256, &signature::ECDSA_P256_SHA256_ASN1_SIGNING),
        (Self::EcdsaP384, &signature::ECDSA_P384_SHA384_ASN1_SIGNING),
        (Self::EcdsaP521, &signature::ECDSA_P521_SHA512_ASN1_SIGNING),
    ];

    /// The verification for a signature of type `signature_oid` by a key of this algorithm.
    pub(crate) fn verification(self, signature_oid: &[u8]) -> Option<&'static dyn VerificationAlgorithm> {
        Some(match (self, signature_oid) {
            (Self::Ed25519, o) if o == oid::ED25519 => &signature::ED25519,
            (Self::EcdsaP256, o) if o == oid::ECDSA_SHA256 => &signature::ECDSA_P256_SHA256_ASN1,
            (Self::EcdsaP256, o) if o == oid::ECDSA_SHA384 => &signature::ECDSA_P256_SHA384_ASN1,
            (Self::EcdsaP384, o) if o == oid::ECDSA_SHA256 => &signature::ECDSA_P384_SHA256_ASN1,
            (Self::EcdsaP384, o) if o == oid::ECDSA_SHA384 => &signature::ECDSA_P384_SHA384_ASN1,
            (Self::EcdsaP521, o) if o == oid::ECDSA_SHA256 => &signature::ECDSA_P521_SHA256_ASN1,
            (Self::EcdsaP521, o) if o == oid::ECDSA_SHA384 => &signature::ECDSA_P521_SHA384_ASN1,
            (Self::EcdsaP521, o) if o == oid::ECDSA_SHA512 => &signature::ECDSA_P521_SHA512_ASN1,
            (Self::Rsa, o) if o == oid::RSA_SHA256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            (Self::Rsa, o) if o == oid::RSA_SHA384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            (Self::Rsa, o) if o == oid::RSA_SHA512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            _ => return None,
        })
    }
}
