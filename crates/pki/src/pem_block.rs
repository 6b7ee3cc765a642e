//! PEM blocks: the types that are written and accepted (contract api.md 2.1).

use zeroize::Zeroizing;

use crate::{Error, Result};

/// The PEM type of certificates.
pub const CERTIFICATE: &str = "CERTIFICATE";
/// The PEM type of signing requests.
pub const CERTIFICATE_REQUEST: &str = "CERTIFICATE REQUEST";
/// The PEM type of Ed25519 keys; the body is PKCS#8.
pub const ED25519_PRIVATE_KEY: &str = "ED25519 PRIVATE KEY";
/// The PEM type of ECDSA keys; the body is SEC1.
pub const EC_PRIVATE_KEY: &str = "EC PRIVATE KEY";
/// The PEM type of RSA keys; the body is PKCS#1.
pub const RSA_PRIVATE_KEY: &str = "RSA PRIVATE KEY";
/// The PEM type of PKCS#8 keys of any algorithm: accepted, never written.
pub const PRIVATE_KEY: &str = "PRIVATE KEY";
/// The PEM type of public keys.
pub const PUBLIC_KEY: &str = "PUBLIC KEY";

const CONFIG: pem::EncodeConfig = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);

/// Writes one block, 64 columns, LF line ends.
pub(crate) fn encode(tag: &str, body: Vec<u8>) -> String {
    pem::encode_config(&pem::Pem::new(tag, body), CONFIG)
}

/// The first block of a text. Text before and after it is ignored, as Go does.
pub(crate) fn first(what: &'static str, text: &str) -> Result<(String, Zeroizing<Vec<u8>>)> {
    let block = pem::parse(text).map_err(|e| Error::Pem { what, why: e.to_string() })?;
    Ok((block.tag().to_owned(), Zeroizing::new(block.into_contents())))
}

/// The first block of one of these types, or the first of all if there is none. Text around blocks is
/// ignored.
pub(crate) fn first_of(
    what: &'static str,
    tags: &[&str],
    text: &str,
) -> Result<(String, Zeroizing<Vec<u8>>)> {
    let blocks = pem::parse_many(text).map_err(|e| Error::Pem { what, why: e.to_string() })?;
    match blocks.into_iter().find(|block| tags.contains(&block.tag())) {
        Some(block) => Ok((block.tag().to_owned(), Zeroizing::new(block.into_contents()))),
        None => first(what, text),
    }
}

/// All blocks of type `tag`; others are skipped.
pub(crate) fn all(what: &'static str, tag: &str, text: &str) -> Result<Vec<Vec<u8>>> {
    let blocks = pem::parse_many(text).map_err(|e| Error::Pem { what, why: e.to_string() })?;
    Ok(blocks.into_iter().filter(|b| b.tag() == tag).map(pem::Pem::into_contents).collect())
}
