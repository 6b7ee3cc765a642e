//! Public keys as SubjectPublicKeyInfo.

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::signature::UnparsedPublicKey;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::{Algorithm, Error, Result, der, oid, pem_block};

/// A public key: its SubjectPublicKeyInfo and what is needed to verify with it.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: Algorithm,
    spki: Vec<u8>,
    key: Vec<u8>,
}

impl PublicKey {
    /// Reads a DER SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// When it cannot be decoded or its algorithm is not supported.
    pub fn from_spki(spki: &[u8]) -> Result<Self> {
        const WHAT: &str = "public key";
        let (rest, info) = SubjectPublicKeyInfo::from_der(spki)
            .map_err(|e| Error::Decode { what: WHAT, why: e.to_string() })?;
        if !rest.is_empty() {
            return Err(Error::Decode { what: WHAT, why: "bytes after its end".into() });
        }
        Self::from_parsed(spki, &info)
    }

    /// Reads a PEM block of type `PUBLIC KEY`.
    ///
    /// # Errors
    /// As [`PublicKey::from_spki`], and when the PEM is broken or of another type.
    pub fn from_pem(text: &str) -> Result<Self> {
        let (tag, body) = pem_block::first("public key", text)?;
        match tag.as_str() {
            pem_block::PUBLIC_KEY => Self::from_spki(&body),
            _ => Err(Error::PemType { expected: pem_block::PUBLIC_KEY, found: tag }),
        }
    }

    pub(crate) fn from_parsed(spki: &[u8], info: &SubjectPublicKeyInfo<'_>) -> Result<Self> {
        let id = info.algorithm.algorithm.as_bytes();
        let curve = || info.algorithm.parameters.as_ref().and_then(|p| p.as_oid().ok());
        let algorithm = if id == oid::ED25519 {
            Some(Algorithm::Ed25519)
        } else if id == oid::RSA {
            Some(Algorithm::Rsa)
        } else if id == oid::EC {
            curve().and_then(|c| match c.as_bytes() {
                b if b == oid::P256 => Some(Algorithm::EcdsaP256),
                b if b == oid::P384 => Some(Algorithm::EcdsaP384),
                b if b == oid::P521 => Some(Algorithm::EcdsaP521),
                _ => None,
            })
        } else {
            None
        };
        Ok(Self {
            algorithm: algorithm.ok_or_else(|| Error::UnsupportedAlgorithm {
                what: "public key",
                oid: info.algorithm.algorithm.to_id_string(),
            })?,
            spki: spki.to_vec(),
            key: info.subject_public_key.data.to_vec(),
        })
    }

    /// The SubjectPublicKeyInfo of an Ed25519 key (RFC 8410).
    pub(crate) fn ed25519(key: &[u8]) -> Self {
        let spki = der::sequence(&[der::sequence(&[der::oid(oid::ED25519)]), der::bit_string(key)]);
        Self { algorithm: Algorithm::Ed25519, spki, key: key.to_vec() }
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The DER SubjectPublicKeyInfo.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The SHA-256 of the SubjectPublicKeyInfo: what `--cert-fingerprint` pins (base64, contract api.md 1.5)
    /// and what `gen ca` writes (hexadecimal).
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(digest::digest(&digest::SHA256, &self.spki).as_ref());
        out
    }

    /// A PEM block of type `PUBLIC KEY`.
    pub fn to_pem(&self) -> String {
        pem_block::encode(pem_block::PUBLIC_KEY, self.spki.clone())
    }

    /// Verifies a signature whose algorithm is `signature_oid` (an encoded object identifier).
    pub(crate) fn verify(&self, signature_oid: &[u8], message: &[u8], signature: &[u8]) -> bool {
        self.algorithm
            .verification(signature_oid)
            .is_some_and(|a| UnparsedPublicKey::new(a, &self.key).verify(message, signature).is_ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.algorithm)
    }
}
