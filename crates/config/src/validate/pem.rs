//! Certificates and keys: each is decoded, and a key must fit its certificate.

use pki::{Certificate, PrivateKey, PublicKey, pem_block};

use super::Context;
use crate::value::{Pem, PemError};
use crate::yaml::Path;

/// What is made of a text that only stands for a certificate or key, as in examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Samples {
    /// An error, like everything that cannot be used.
    Refused,
    /// A warning: existing systems keep the text as it is, and examples rely on that.
    Warned,
}

/// Private keys that one configuration has decoded: looking at an RSA key takes a millisecond. Of those beyond, it
/// is only seen whether they are whole.
const MOST_KEYS: usize = 64;

/// A certificate and the key that belongs to it.
pub(super) struct PairPaths<'a> {
    pub(super) certificate: (&'static str, &'a Path),
    pub(super) key: (&'static str, &'a Path),
}

/// A pair: both must decode and fit. Which of the two must be there is for others to say; nothing is said about
/// an empty one.
pub(super) fn pair(certificate: &Pem, key: &Pem, at: &PairPaths<'_>, samples: Samples, cx: &mut Context<'_>) {
    let (rule, path) = at.certificate;
    let first = certificates(certificate, (rule, path), samples, cx);
    let (rule, path) = at.key;
    let key = private_key(key, (rule, path), samples, cx);
    if let (Some(certificate), Some(key)) = (first, key)
        && !certificate.matches(&key)
    {
        let message = "the key does not belong to the certificate: take both from the same authority";
        cx.error("certificate-key-mismatch", path.clone(), message);
    }
}

/// Certificates, the first of which is returned.
pub(super) fn certificates(
    pem: &Pem,
    (rule, path): (&'static str, &Path),
    samples: Samples,
    cx: &mut Context<'_>,
) -> Option<Certificate> {
    if pem.is_empty() {
        return None;
    }
    let blocks = match pem.blocks() {
        Ok(blocks) => blocks,
        Err(error) => return broken(&error, "certificate", (rule, path), samples, cx),
    };
    let mut first = None;
    for block in &blocks {
        if block.label != pem_block::CERTIFICATE {
            let message = format!("expected a PEM certificate, found the block {}", block.label);
            cx.error(rule, path.clone(), message);
            return None;
        }
        if samples == Samples::Warned && block.is_sample() {
            sample("certificate", path, cx);
            return None;
        }
        match Certificate::from_der(&block.content) {
            Ok(certificate) => first = first.or(Some(certificate)),
            // Of an algorithm that is not known here, but all of it.
            Err(pki::Error::UnsupportedAlgorithm { .. }) if block.is_whole() => {}
            Err(error) if samples == Samples::Warned && block.is_whole() => {
                cx.warn("pem-sample", path.clone(), format!("this certificate cannot be used: {error}"));
                return None;
            }
            Err(_) => {
                let message = "this certificate cannot be decoded: a part of it is missing or damaged";
                cx.error(rule, path.clone(), message);
                return None;
            }
        }
    }
    first
}

/// A private key.
pub(super) fn private_key(
    pem: &Pem,
    (rule, path): (&'static str, &Path),
    samples: Samples,
    cx: &mut Context<'_>,
) -> Option<PrivateKey> {
    if pem.is_empty() {
        return None;
    }
    let blocks = match pem.blocks() {
        Ok(blocks) => blocks,
        Err(error) => return broken(&error, "private key", (rule, path), samples, cx),
    };
    let Some(block) = blocks.iter().find(|block| block.label.ends_with("PRIVATE KEY")) else {
        let label = blocks.first().map_or("", |block| block.label);
        let message = format!("expected a PEM private key, found the block {label}");
        cx.error(rule, path.clone(), message);
        return None;
    };
    if samples == Samples::Warned && block.is_sample() {
        sample("private key", path, cx);
        return None;
    }
    let damaged = "this private key cannot be decoded: a part of it is missing or damaged";
    if !block.is_whole() {
        cx.error(rule, path.clone(), damaged);
        return None;
    }
    if !cx.may_decode_key(MOST_KEYS) {
        return None;
    }
    match PrivateKey::from_der(&block.content) {
        Ok(key) => Some(key),
        Err(error) => {
            let message = format!("{damaged}, or it is none that can be used ({error})");
            cx.error(rule, path.clone(), message);
            None
        }
    }
}

/// A public key, or what Kubernetes takes one from: a certificate or a private key.
pub(super) fn public_key(pem: &Pem, (rule, path): (&'static str, &Path), cx: &mut Context<'_>) {
    let blocks = match pem.blocks() {
        Ok(blocks) => blocks,
        Err(error) => return cx.error(rule, path.clone(), format!("this is not a PEM public key: {error}")),
    };
    for block in &blocks {
        let decoded = match block.label {
            pem_block::PUBLIC_KEY => match PublicKey::from_spki(&block.content) {
                Err(pki::Error::UnsupportedAlgorithm { .. }) => block.is_whole(),
                read => read.is_ok(),
            },
            pem_block::CERTIFICATE => match Certificate::from_der(&block.content) {
                Err(pki::Error::UnsupportedAlgorithm { .. }) => block.is_whole(),
                read => read.is_ok(),
            },
            _ => block.is_whole(),
        };
        if !decoded {
            let message = "this public key cannot be decoded: a part of it is missing or damaged";
            return cx.error(rule, path.clone(), message);
        }
    }
}

/// What is no PEM at all.
fn broken<T>(
    error: &PemError,
    what: &str,
    (rule, path): (&'static str, &Path),
    samples: Samples,
    cx: &mut Context<'_>,
) -> Option<T> {
    match error {
        PemError::Body { short: true, .. } if samples == Samples::Warned => sample(what, path, cx),
        _ => cx.error(rule, path.clone(), format!("this is not a PEM {what}: {error}")),
    }
    None
}

fn sample(what: &str, path: &Path, cx: &mut Context<'_>) {
    cx.warn("pem-sample", path.clone(), format!("this only stands for a {what}; it cannot be used"));
}
