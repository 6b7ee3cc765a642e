//! Private keys: made, read, written, never shown.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use x509_parser::der_parser::ber::BerObjectContent;
use x509_parser::der_parser::der::parse_der_sequence;
use zeroize::Zeroizing;

use crate::pem_block::{self, EC_PRIVATE_KEY, ED25519_PRIVATE_KEY, PRIVATE_KEY, RSA_PRIVATE_KEY};
use crate::{Algorithm, Error, PublicKey, Result};

/// Every PEM type that [`PrivateKey::from_pem`] takes, for error messages.
const ACCEPTED: &str = "ED25519 PRIVATE KEY, EC PRIVATE KEY, RSA PRIVATE KEY or PRIVATE KEY";

/// A private key. `Debug` shows the algorithm only; clones share the key.
#[derive(Clone)]
pub struct PrivateKey {
    inner: Arc<Inner>,
    public: PublicKey,
}

enum Inner {
    Ed25519(Ed25519KeyPair),
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl PrivateKey {
    /// Makes a new key; RSA keys have 4096 bits (which takes from a tenth of a second to a few seconds).
    ///
    /// # Errors
    /// When the cryptographic library has no randomness.
    pub fn generate(algorithm: Algorithm) -> Result<Self> {
        let fail = |_| Error::Crypto("generate a key");
        let inner = match algorithm {
            Algorithm::Ed25519 => Inner::Ed25519(Ed25519KeyPair::generate().map_err(fail)?),
            Algorithm::Rsa => Inner::Rsa(RsaKeyPair::generate(KeySize::Rsa4096).map_err(fail)?),
            curve => {
                let signing = Algorithm::CURVES.iter().find(|(a, _)| *a == curve).map(|(_, s)| *s);
                Inner::Ecdsa(EcdsaKeyPair::generate(signing.ok_or(Error::UnsupportedKey)?).map_err(fail)?)
            }
        };
        Self::new(inner)
    }

    /// Makes the Ed25519 key of a seed: for reproducible tests, and keys kept as their 32 secret bytes.
    ///
    /// # Errors
    /// When the cryptographic library refuses the seed.
    pub fn ed25519_from_seed(seed: &[u8; 32]) -> Result<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| Error::UnsupportedKey)?;
        Self::new(Inner::Ed25519(pair))
    }

    /// Reads the first key of a PEM text; the accepted types are those of contract api.md 2.1. The body may
    /// be PKCS#8 whatever the type says.
    ///
    /// # Errors
    /// When the PEM is broken, of another type, or holds an unsupported key.
    pub fn from_pem(text: &str) -> Result<Self> {
        const KEYS: [&str; 4] = [ED25519_PRIVATE_KEY, EC_PRIVATE_KEY, RSA_PRIVATE_KEY, PRIVATE_KEY];
        // A kubelet keeps its certificate before the key, in the same file.
        let (tag, body) = pem_block::first_of("private key", &KEYS, text)?;
        match tag.as_str() {
            tag if KEYS.contains(&tag) => Self::from_der(&body),
            _ => Err(Error::PemType { expected: ACCEPTED, found: tag }),
        }
    }

    /// Reads a DER key: PKCS#8, SEC1 or PKCS#1.
    ///
    /// # Errors
    /// When it is none of them, or of an unsupported algorithm.
    pub fn from_der(body: &[u8]) -> Result<Self> {
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(body) {
            return Self::new(Inner::Ed25519(pair));
        }
        for (_, signing) in Algorithm::CURVES {
            if let Ok(pair) = EcdsaKeyPair::from_private_key_der(signing, body) {
                return Self::new(Inner::Ecdsa(pair));
            }
        }
        let pair = RsaKeyPair::from_pkcs8(body).or_else(|_| RsaKeyPair::from_der(body));
        Self::new(Inner::Rsa(pair.map_err(|_| Error::UnsupportedKey)?))
    }

    fn new(inner: Inner) -> Result<Self> {
        let spki = |key: Result<PublicKeyX509Der<'static>, _>| {
            key.map_err(|_: aws_lc_rs::error::Unspecified| Error::Crypto("encode a public key"))
                .and_then(|spki| PublicKey::from_spki(spki.as_ref()))
        };
        let public = match &inner {
            Inner::Ed25519(pair) => PublicKey::ed25519(pair.public_key().as_ref()),
            Inner::Ecdsa(pair) => spki(pair.public_key().as_der())?,
            Inner::Rsa(pair) => spki(pair.public_key().as_der())?,
        };
        Ok(Self { inner: Arc::new(inner), public })
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    /// The public half. For a service-account key its PEM is `service-account.pub`.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Writes the key as PEM: `ED25519 PRIVATE KEY` (PKCS#8), `EC PRIVATE KEY` (SEC1) or `RSA PRIVATE KEY`
    /// (PKCS#1). The text is wiped when dropped.
    ///
    /// # Errors
    /// When the cryptographic library cannot encode the key.
    pub fn to_pem(&self) -> Result<Zeroizing<String>> {
        let fail = |_| Error::Crypto("encode a private key");
        let text = match &*self.inner {
            Inner::Ed25519(_) => pem_block::encode(ED25519_PRIVATE_KEY, self.to_pkcs8()?.to_vec()),
            Inner::Ecdsa(pair) => {
                let body: EcPrivateKeyRfc5915Der<'_> = pair.private_key().as_der().map_err(fail)?;
                pem_block::encode(EC_PRIVATE_KEY, body.as_ref().to_vec())
            }
            Inner::Rsa(_) => pem_block::encode(RSA_PRIVATE_KEY, pkcs1(&self.to_pkcs8()?)?),
        };
        Ok(Zeroizing::new(text))
    }

    /// The key as DER PKCS#8 (version 1, the only one that Go reads). The bytes are wiped when dropped.
    ///
    /// # Errors
    /// When the cryptographic library cannot encode the key.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>> {
        let fail = |_| Error::Crypto("encode a private key");
        let body = match &*self.inner {
            Inner::Ed25519(pair) => AsDer::<Pkcs8V1Der<'_>>::as_der(pair).map_err(fail)?.as_ref().to_vec(),
            Inner::Ecdsa(pair) => pair.to_pkcs8v1().map_err(fail)?.as_ref().to_vec(),
            Inner::Rsa(pair) => AsDer::<Pkcs8V1Der<'_>>::as_der(pair).map_err(fail)?.as_ref().to_vec(),
        };
        Ok(Zeroizing::new(body))
    }

    /// The key in the form that rustls takes.
    ///
    /// # Errors
    /// As [`PrivateKey::to_pkcs8`].
    pub fn to_rustls(&self) -> Result<PrivateKeyDer<'static>> {
        Ok(PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.to_pkcs8()?.to_vec())))
    }

    /// Signs a message as certificates are signed: Ed25519, ECDSA with the curve's hash, or RSA PKCS#1 v1.5
    /// with SHA-256.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let fail = |_| Error::Crypto("sign");
        Ok(match &*self.inner {
            Inner::Ed25519(pair) => pair.try_sign(message).map_err(fail)?.as_ref().to_vec(),
            Inner::Ecdsa(pair) => pair.sign(&SystemRandom::new(), message).map_err(fail)?.as_ref().to_vec(),
            Inner::Rsa(pair) => {
                let mut out = vec![0; pair.public_modulus_len()];
                pair.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut out)
                    .map_err(fail)?;
                out
            }
        })
    }
}

/// The PKCS#1 body inside of an RSA PKCS#8 key: PrivateKeyInfo's third element.
fn pkcs1(pkcs8: &[u8]) -> Result<Vec<u8>> {
    let fail = || Error::Crypto("find the PKCS#1 body of an RSA key");
    let (_, info) = parse_der_sequence(pkcs8).map_err(|_| fail())?;
    match info.as_sequence().ok().and_then(|parts| parts.get(2)).map(|part| &part.content) {
        Some(BerObjectContent::OctetString(body)) => Ok(body.to_vec()),
        _ => Err(fail()),
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({}, REDACTED)", self.algorithm())
    }
}
