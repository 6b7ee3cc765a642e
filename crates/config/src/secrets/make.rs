//! A new bundle.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pki::{Algorithm, Authority, AuthorityKind, PrivateKey};

use super::{Pair, Secrets};
use crate::generate::VersionContract;

/// Where tokens and secrets come from: an argument, so that tests are repeatable.
pub trait Entropy {
    /// Fills the buffer.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), String>;
}

/// Why no bundle could be made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// No randomness.
    #[error("no randomness for secrets: {0}")]
    Entropy(String),
    /// No keys.
    #[error("cannot make keys: {0}")]
    Keys(#[from] pki::Error),
}

pub(super) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn secret(entropy: &mut dyn Entropy) -> Result<String, MakeError> {
    let mut bytes = [0u8; 32];
    entropy.fill(&mut bytes).map_err(MakeError::Entropy)?;
    Ok(encode(&bytes))
}

/// `[a-z0-9]{6}.[a-z0-9]{16}`.
fn token(entropy: &mut dyn Entropy) -> Result<String, MakeError> {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut text = String::with_capacity(23);
    while text.len() < 23 {
        let mut byte = [0u8];
        entropy.fill(&mut byte).map_err(MakeError::Entropy)?;
        // 252 is the largest multiple of 36 in a byte: beyond it some letters would be likelier.
        if let [byte @ 0..252] = byte {
            text.extend(ALPHABET.get(usize::from(byte) % 36).copied().map(char::from));
        }
        if text.len() == 6 {
            text.push('.');
        }
    }
    Ok(text)
}

fn authority(kind: AuthorityKind, now: SystemTime) -> Result<Pair, MakeError> {
    let authority = Authority::generate(kind, now)?;
    let key = authority.key().to_pem()?;
    Ok(Pair { crt: encode(authority.certificate().to_pem().as_bytes()), key: encode(key.as_bytes()) })
}

impl Secrets {
    /// New secrets for a cluster whose configuration follows `contract`.
    pub fn generate(
        contract: VersionContract,
        now: SystemTime,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, MakeError> {
        let algorithm = if contract.after(1, 6) { Algorithm::Rsa } else { Algorithm::EcdsaP256 };
        let service_account = PrivateKey::generate(algorithm)?.to_pem()?;
        let encryption = secret(entropy)?;
        let (secretbox, aescbc) =
            if contract.after(1, 2) { (encryption, String::new()) } else { (String::new(), encryption) };
        Ok(Self {
            cluster_id: secret(entropy)?,
            cluster_secret: secret(entropy)?,
            bootstrap_token: token(entropy)?,
            secretbox_encryption_secret: secretbox,
            aescbc_encryption_secret: aescbc,
            trustd_token: token(entropy)?,
            etcd: authority(AuthorityKind::Etcd, now)?,
            k8s: authority(AuthorityKind::Kubernetes, now)?,
            k8s_aggregator: authority(AuthorityKind::Aggregator, now)?,
            k8s_service_account_key: encode(service_account.as_bytes()),
            os: authority(AuthorityKind::Os, now)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counter(u8);

    impl Entropy for Counter {
        fn fill(&mut self, buffer: &mut [u8]) -> Result<(), String> {
            for byte in buffer {
                self.0 = self.0.wrapping_add(37);
                *byte = self.0;
            }
            Ok(())
        }
    }

    #[test]
    fn a_bundle_survives_its_file() {
        let contract = VersionContract::parse("v1.5").unwrap();
        let made = Secrets::generate(contract, SystemTime::now(), &mut Counter(0)).unwrap();
        let read = Secrets::parse(made.to_text().as_bytes()).unwrap();
        assert_eq!(read, made);
        assert_eq!((read.bootstrap_token.len(), read.bootstrap_token.as_bytes()[6]), (23, b'.'));
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        let contract = VersionContract::parse("v1.5").unwrap();
        let text = Secrets::generate(contract, SystemTime::now(), &mut Counter(0)).unwrap().to_text();
        let unknown = text.replace("trustdinfo:", "trustd:");
        let error = Secrets::parse(unknown.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("line 7") && error.contains("trustd"), "{error}");
        let missing = text.replace("bootstraptoken: ", "bootstraptoken: \"\" #");
        assert!(Secrets::parse(missing.as_bytes()).unwrap_err().to_string().contains("bootstraptoken"));
    }

    #[test]
    fn secrets_do_not_reach_logs() {
        let contract = VersionContract::parse("v1.5").unwrap();
        let made = Secrets::generate(contract, SystemTime::now(), &mut Counter(0)).unwrap();
        let shown = format!("{made:?}");
        assert!(!shown.contains(&made.trustd_token) && !shown.contains(&made.os.key));
    }
}
