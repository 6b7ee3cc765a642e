//! What a certificate will say, and its encoding.

use crate::der::{self, tag};
use crate::{Algorithm, ExtKeyUsage, KeyUsage, Name, PublicKey, Result, Sans, Validity, oid};

/// The contents of a certificate that a CA is asked to issue. [`crate::profile`] has one for each purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The subject.
    pub subject: Name,
    /// DNS names and IP addresses.
    pub sans: Sans,
    /// Key usages; the extension is critical.
    pub key_usages: Vec<KeyUsage>,
    /// Extended key usages.
    pub ext_key_usages: Vec<ExtKeyUsage>,
    /// From when to when.
    pub validity: Validity,
}

/// Everything that goes into the signed part of a certificate.
pub(crate) struct Contents<'a> {
    pub(crate) serial: [u8; 16],
    pub(crate) signing: Algorithm,
    pub(crate) issuer: &'a [u8],
    pub(crate) subject: &'a [u8],
    pub(crate) validity: Validity,
    pub(crate) public_key: &'a PublicKey,
    pub(crate) key_usages: &'a [KeyUsage],
    pub(crate) ext_key_usages: &'a [ExtKeyUsage],
    pub(crate) sans: &'a Sans,
    /// Set for a CA: its own key identifier.
    pub(crate) subject_key_id: Option<&'a [u8]>,
    /// Set for what a CA issues: the CA's key identifier.
    pub(crate) authority_key_id: Option<&'a [u8]>,
}

impl Contents<'_> {
    /// The TBSCertificate, with extensions in the order in which Go writes them.
    pub(crate) fn to_der(&self) -> Result<Vec<u8>> {
        let mut extensions = Vec::new();
        if !self.key_usages.is_empty() {
            extensions.push(der::extension(oid::KEY_USAGE, true, &KeyUsage::to_der(self.key_usages)));
        }
        if !self.ext_key_usages.is_empty() {
            let usages = ExtKeyUsage::to_der(self.ext_key_usages);
            extensions.push(der::extension(oid::EXT_KEY_USAGE, false, &usages));
        }
        if let Some(id) = self.subject_key_id {
            let ca = der::sequence(&[der::tlv(tag::BOOLEAN, &[0xff])]);
            extensions.push(der::extension(oid::BASIC_CONSTRAINTS, true, &ca));
            let id = der::tlv(tag::OCTET_STRING, id);
            extensions.push(der::extension(oid::SUBJECT_KEY_ID, false, &id));
        }
        if let Some(id) = self.authority_key_id {
            let id = der::sequence(&[der::tlv(tag::context_primitive(0), id)]);
            extensions.push(der::extension(oid::AUTHORITY_KEY_ID, false, &id));
        }
        if !self.sans.is_empty() {
            // Critical when nothing else names the subject (RFC 5280 4.2.1.6).
            let critical = self.subject == [tag::SEQUENCE, 0];
            extensions.push(der::extension(oid::SUBJECT_ALT_NAME, critical, &self.sans.to_der()?));
        }
        let mut parts = vec![
            der::nest(tag::context(0), &[der::tlv(tag::INTEGER, &[2])]),
            der::positive_integer(&self.serial),
            self.signing.signature_identifier(),
            self.issuer.to_vec(),
            der::sequence(&[der::time(self.validity.not_before)?, der::time(self.validity.not_after)?]),
            self.subject.to_vec(),
            self.public_key.spki().to_vec(),
        ];
        if !extensions.is_empty() {
            parts.push(der::nest(tag::context(3), &[der::sequence(&extensions)]));
        }
        Ok(der::sequence(&parts))
    }
}
