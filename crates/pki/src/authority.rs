//! Certificate authorities: made, loaded, and what they issue.

use std::time::{Duration, SystemTime};

use aws_lc_rs::rand;
use zeroize::Zeroizing;

use crate::leaf::Contents;
use crate::profile::{CA_LIFE, MAINTENANCE_LIFE};
use crate::{
    Algorithm, Certificate, Error, ExtKeyUsage, KeyUsage, Leaf, Name, PrivateKey, PublicKey, Result, Sans,
    Validity, der,
};

/// The authorities of a cluster, with their rows of the table in contract api.md 2.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorityKind {
    /// Talos API: Ed25519, O=talos.
    Os,
    /// etcd: ECDSA P-256, O=etcd.
    Etcd,
    /// Kubernetes: ECDSA P-256, O=kubernetes.
    Kubernetes,
    /// The API server's aggregation layer (front proxy): ECDSA P-256, empty subject.
    Aggregator,
    /// Maintenance mode: Ed25519, O=talos, 24 hours, kept in memory only.
    Maintenance,
}

impl AuthorityKind {
    fn row(self) -> (Algorithm, Name, Duration) {
        match self {
            Self::Os => (Algorithm::Ed25519, Name::organization("talos"), CA_LIFE),
            Self::Etcd => (Algorithm::EcdsaP256, Name::organization("etcd"), CA_LIFE),
            Self::Kubernetes => (Algorithm::EcdsaP256, Name::organization("kubernetes"), CA_LIFE),
            Self::Aggregator => (Algorithm::EcdsaP256, Name::default(), CA_LIFE),
            Self::Maintenance => (Algorithm::Ed25519, Name::organization("talos"), MAINTENANCE_LIFE),
        }
    }
}

/// A CA certificate with its key. `Debug` does not show the key.
#[derive(Debug, Clone)]
pub struct Authority {
    certificate: Certificate,
    key: PrivateKey,
}

impl Authority {
    /// Makes a new authority of the cluster, valid from `now`.
    ///
    /// # Errors
    /// When the cryptographic library fails or `now` cannot be expressed.
    pub fn generate(kind: AuthorityKind, now: SystemTime) -> Result<Self> {
        let (algorithm, subject, life) = kind.row();
        Self::self_signed(PrivateKey::generate(algorithm)?, &subject, Validity::starting(now, life))
    }

    /// Makes a self-signed authority of any key and subject (`gen ca`).
    ///
    /// # Errors
    /// When the cryptographic library fails or the validity cannot be expressed.
    pub fn self_signed(key: PrivateKey, subject: &Name, validity: Validity) -> Result<Self> {
        Self::self_signed_for(key, subject, &Sans::new(), validity)
    }

    /// The same with names and addresses of its own (`gen keypair`).
    ///
    /// # Errors
    /// As [`Authority::self_signed`], and when a name cannot be expressed.
    pub fn self_signed_for(key: PrivateKey, subject: &Name, sans: &Sans, validity: Validity) -> Result<Self> {
        let subject = subject.to_der();
        let subject_key_id: [u8; 20] = random()?;
        let contents = Contents {
            serial: random()?,
            signing: key.algorithm(),
            issuer: &subject,
            subject: &subject,
            validity,
            public_key: key.public_key(),
            key_usages: &[KeyUsage::CertSign, KeyUsage::DigitalSignature],
            ext_key_usages: &[ExtKeyUsage::ServerAuth, ExtKeyUsage::ClientAuth],
            sans,
            subject_key_id: Some(&subject_key_id),
            authority_key_id: None,
        };
        let certificate = sign(&key, contents.to_der()?)?;
        Ok(Self { certificate, key })
    }

    /// Puts a certificate and its key together.
    ///
    /// # Errors
    /// When the certificate is not a CA or the key is not its key.
    pub fn new(certificate: Certificate, key: PrivateKey) -> Result<Self> {
        if !certificate.is_ca() {
            return Err(Error::NotAuthority(certificate.subject().to_string()));
        }
        if !certificate.matches(&key) {
            return Err(Error::KeyMismatch {
                key: key.algorithm(),
                certificate: certificate.subject().to_string(),
            });
        }
        Ok(Self { certificate, key })
    }

    /// Reads certificate and key from PEM.
    ///
    /// # Errors
    /// When either cannot be read, and as [`Authority::new`].
    pub fn from_pem(certificate: &str, key: &str) -> Result<Self> {
        Self::new(Certificate::from_pem(certificate)?, PrivateKey::from_pem(key)?)
    }

    /// The CA certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The CA key.
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// Issues a certificate for a public key, with a random 128-bit serial number.
    ///
    /// # Errors
    /// When a name or time cannot be expressed or the cryptographic library fails.
    pub fn issue(&self, public_key: &PublicKey, leaf: &Leaf) -> Result<Certificate> {
        self.issue_numbered(public_key, leaf, random()?)
    }

    /// The same with a serial number of the caller's, which has to be random (contract api.md 2.1): for programs
    /// that have randomness already, as aws-lc spends 30 ms of every process on gathering its own.
    ///
    /// # Errors
    /// As [`Authority::issue`].
    pub fn issue_numbered(
        &self,
        public_key: &PublicKey,
        leaf: &Leaf,
        serial: [u8; 16],
    ) -> Result<Certificate> {
        let subject = leaf.subject.to_der();
        let contents = Contents {
            serial,
            signing: self.key.algorithm(),
            issuer: self.certificate.raw_subject(),
            subject: &subject,
            validity: leaf.validity,
            public_key,
            key_usages: &leaf.key_usages,
            ext_key_usages: &leaf.ext_key_usages,
            sans: &leaf.sans,
            subject_key_id: None,
            authority_key_id: self.certificate.subject_key_id(),
        };
        sign(&self.key, contents.to_der()?)
    }

    /// Makes a key of the CA's own algorithm and issues a certificate for it.
    ///
    /// # Errors
    /// As [`Authority::issue`].
    pub fn issue_pair(&self, leaf: &Leaf) -> Result<Pair> {
        let key = PrivateKey::generate(self.key.algorithm())?;
        let certificate = self.issue(key.public_key(), leaf)?;
        Ok(Pair { certificate, key })
    }
}

/// A certificate with its private key. `Debug` does not show the key.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The certificate.
    pub certificate: Certificate,
    /// Its key.
    pub key: PrivateKey,
}

impl Pair {
    /// Reads certificate and key from PEM.
    ///
    /// # Errors
    /// When either cannot be read or they do not belong together.
    pub fn from_pem(certificate: &str, key: &str) -> Result<Self> {
        let (certificate, key) = (Certificate::from_pem(certificate)?, PrivateKey::from_pem(key)?);
        match certificate.matches(&key) {
            true => Ok(Self { certificate, key }),
            false => Err(Error::KeyMismatch {
                key: key.algorithm(),
                certificate: certificate.subject().to_string(),
            }),
        }
    }

    /// Certificate and key as PEM; the key is wiped when dropped.
    ///
    /// # Errors
    /// When the key cannot be encoded.
    pub fn to_pem(&self) -> Result<(String, Zeroizing<String>)> {
        Ok((self.certificate.to_pem(), self.key.to_pem()?))
    }
}

/// Signs a TBSCertificate and reads the result back, so that nothing unreadable is ever handed out.
fn sign(key: &PrivateKey, signed_part: Vec<u8>) -> Result<Certificate> {
    let signature = key.sign(&signed_part)?;
    let body =
        der::sequence(&[signed_part, key.algorithm().signature_identifier(), der::bit_string(&signature)]);
    Certificate::from_der(&body)
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| Error::Crypto("produce random bytes"))?;
    Ok(bytes)
}
