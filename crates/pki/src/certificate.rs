//! Certificates: read, asked, compared, verified against their issuer.

use std::fmt;
use std::time::SystemTime;

use rustls_pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;

use crate::{
    Error, ExtKeyUsage, KeyUsage, Name, PrivateKey, PublicKey, Result, Sans, Validity, from_unix, pem_block,
};

/// A certificate, decoded once.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    signed_part: Vec<u8>,
    signature_oid: Vec<u8>,
    signature: Vec<u8>,
    raw_subject: Vec<u8>,
    raw_issuer: Vec<u8>,
    subject: Name,
    issuer: Name,
    sans: Sans,
    key_usages: Vec<KeyUsage>,
    ext_key_usages: Vec<ExtKeyUsage>,
    is_ca: bool,
    validity: Validity,
    serial: Vec<u8>,
    subject_key_id: Option<Vec<u8>>,
    public_key: PublicKey,
}

impl Certificate {
    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    /// When the PEM is broken, of another type, or the certificate cannot be decoded.
    pub fn from_pem(text: &str) -> Result<Self> {
        let (tag, body) = pem_block::first("certificate", text)?;
        match tag.as_str() {
            pem_block::CERTIFICATE => Self::from_der(&body),
            _ => Err(Error::PemType { expected: pem_block::CERTIFICATE, found: tag }),
        }
    }

    /// Reads every certificate of a PEM text (a bundle of accepted CAs, a chain); none is not an error.
    ///
    /// # Errors
    /// When the PEM is broken or a certificate cannot be decoded.
    pub fn bundle_from_pem(text: &str) -> Result<Vec<Self>> {
        let blocks = pem_block::all("certificate", pem_block::CERTIFICATE, text)?;
        blocks.iter().map(|body| Self::from_der(body)).collect()
    }

    /// Reads a DER certificate.
    ///
    /// # Errors
    /// When it cannot be decoded or its key is of an unsupported algorithm.
    pub fn from_der(body: &[u8]) -> Result<Self> {
        const WHAT: &str = "certificate";
        let decode = |why: String| Error::Decode { what: WHAT, why };
        let (rest, x509) = X509Certificate::from_der(body).map_err(|e| decode(e.to_string()))?;
        if !rest.is_empty() {
            return Err(decode("bytes after its end".into()));
        }
        let mut sans = Sans::new();
        let (mut key_usages, mut ext_key_usages) = (Vec::new(), Vec::new());
        let (mut is_ca, mut subject_key_id) = (false, None);
        for extension in x509.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::SubjectAlternativeName(names) => {
                    sans = Sans::from_x509(&names.general_names);
                }
                ParsedExtension::KeyUsage(usage) => key_usages = KeyUsage::from_x509(usage),
                ParsedExtension::ExtendedKeyUsage(usage) => ext_key_usages = ExtKeyUsage::from_x509(usage),
                ParsedExtension::BasicConstraints(constraints) => is_ca = constraints.ca,
                ParsedExtension::SubjectKeyIdentifier(id) => subject_key_id = Some(id.0.to_vec()),
                _ => {}
            }
        }
        let validity = x509.validity();
        Ok(Self {
            der: body.to_vec(),
            signed_part: x509.tbs_certificate.as_ref().to_vec(),
            signature_oid: x509.signature_algorithm.algorithm.as_bytes().to_vec(),
            signature: x509.signature_value.data.to_vec(),
            raw_subject: x509.subject().as_raw().to_vec(),
            raw_issuer: x509.issuer().as_raw().to_vec(),
            subject: Name::from_x509(x509.subject()),
            issuer: Name::from_x509(x509.issuer()),
            sans,
            key_usages,
            ext_key_usages,
            is_ca,
            validity: Validity {
                not_before: from_unix(validity.not_before.timestamp())?,
                not_after: from_unix(validity.not_after.timestamp())?,
            },
            serial: x509.raw_serial().to_vec(),
            subject_key_id,
            public_key: PublicKey::from_parsed(x509.public_key().raw, x509.public_key())?,
        })
    }

    /// The certificate as PEM.
    pub fn to_pem(&self) -> String {
        pem_block::encode(pem_block::CERTIFICATE, self.der.clone())
    }

    /// The certificate as DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate in the form that rustls takes.
    pub fn to_rustls(&self) -> CertificateDer<'static> {
        CertificateDer::from(self.der.clone())
    }

    /// The subject's common name and organizations (for API clients: the roles).
    pub fn subject(&self) -> &Name {
        &self.subject
    }

    /// The issuer's common name and organizations.
    pub fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// The subject exactly as encoded; issued certificates carry it as their issuer.
    pub fn raw_subject(&self) -> &[u8] {
        &self.raw_subject
    }

    /// DNS names and IP addresses.
    pub fn sans(&self) -> &Sans {
        &self.sans
    }

    /// The key usages.
    pub fn key_usages(&self) -> &[KeyUsage] {
        &self.key_usages
    }

    /// The extended key usages, in the order of the certificate.
    pub fn ext_key_usages(&self) -> &[ExtKeyUsage] {
        &self.ext_key_usages
    }

    /// Whether the only extended key usage is clientAuth, as apid demands of every non-CA certificate of a
    /// client's chain (contract api.md 2.3).
    pub fn is_client_only(&self) -> bool {
        self.ext_key_usages == [ExtKeyUsage::ClientAuth]
    }

    /// Whether basic constraints say CA:TRUE.
    pub fn is_ca(&self) -> bool {
        self.is_ca
    }

    /// From when to when it is valid.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// The serial number, big-endian.
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// The subject key identifier, if there is one.
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.subject_key_id.as_deref()
    }

    /// The public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The SHA-256 of the public key's SubjectPublicKeyInfo.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.public_key.fingerprint()
    }

    /// Whether `key` is the private key of this certificate.
    pub fn matches(&self, key: &PrivateKey) -> bool {
        self.public_key == *key.public_key()
    }

    /// Whether `issuer` has signed this certificate: a CA, the names equal byte for byte, the signature good.
    pub fn is_issued_by(&self, issuer: &Self) -> bool {
        issuer.is_ca && self.raw_issuer == issuer.raw_subject && self.is_signed_by(&issuer.public_key)
    }

    /// Whether the signature is of this key.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verify(&self.signature_oid, &self.signed_part, &self.signature)
    }

    /// Checks the validity at a point in time.
    ///
    /// # Errors
    /// [`Error::OutsideValidity`] before its start and after its end.
    pub fn check_validity(&self, now: SystemTime) -> Result<()> {
        let why = match self.validity {
            v if now < v.not_before => "not valid yet",
            v if now > v.not_after => "expired",
            _ => return Ok(()),
        };
        Err(Error::OutsideValidity { subject: self.subject.to_string(), why })
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &format_args!("{}", self.subject))
            .field("sans", &self.sans)
            .field("ext_key_usages", &self.ext_key_usages)
            .field("is_ca", &self.is_ca)
            .field("validity", &self.validity)
            .finish_non_exhaustive()
    }
}
