//! Certificate signing requests (PKCS#10).

use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;

use crate::der::{self, tag};
use crate::{Error, Name, PrivateKey, PublicKey, Result, Sans, oid, pem_block};

/// A signing request whose own signature has been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningRequest {
    der: Vec<u8>,
    subject: Name,
    sans: Sans,
    public_key: PublicKey,
}

impl SigningRequest {
    /// Makes a request for a key.
    ///
    /// # Errors
    /// When a name cannot be expressed or the cryptographic library fails.
    pub fn create(key: &PrivateKey, subject: &Name, sans: &Sans) -> Result<Self> {
        let mut attributes = Vec::new();
        if !sans.is_empty() {
            let extension = der::extension(oid::SUBJECT_ALT_NAME, false, &sans.to_der()?);
            attributes.push(der::sequence(&[
                der::oid(oid::EXTENSION_REQUEST),
                der::set_of(vec![der::sequence(&[extension])]),
            ]));
        }
        let signed_part = der::sequence(&[
            der::tlv(tag::INTEGER, &[0]),
            subject.to_der(),
            key.public_key().spki().to_vec(),
            der::nest(tag::context(0), &attributes),
        ]);
        let signature = key.sign(&signed_part)?;
        let der = der::sequence(&[
            signed_part,
            key.algorithm().signature_identifier(),
            der::bit_string(&signature),
        ]);
        Self::from_der(&der)
    }

    /// Reads a PEM request and verifies its signature.
    ///
    /// # Errors
    /// When the PEM is broken or of another type, and as [`SigningRequest::from_der`].
    pub fn from_pem(text: &str) -> Result<Self> {
        let (tag, body) = pem_block::first("certificate signing request", text)?;
        match tag.as_str() {
            pem_block::CERTIFICATE_REQUEST => Self::from_der(&body),
            _ => Err(Error::PemType { expected: pem_block::CERTIFICATE_REQUEST, found: tag }),
        }
    }

    /// Reads a DER request and verifies its signature: whoever asks must hold the key.
    ///
    /// # Errors
    /// When it cannot be decoded, its key is not supported, or the signature is bad.
    pub fn from_der(body: &[u8]) -> Result<Self> {
        const WHAT: &str = "certificate signing request";
        let decode = |why: String| Error::Decode { what: WHAT, why };
        let (rest, request) = X509CertificationRequest::from_der(body).map_err(|e| decode(e.to_string()))?;
        if !rest.is_empty() {
            return Err(decode("bytes after its end".into()));
        }
        let info = &request.certification_request_info;
        let public_key = PublicKey::from_parsed(info.subject_pki.raw, &info.subject_pki)?;
        let subject = Name::from_x509(&info.subject);
        let algorithm = request.signature_algorithm.algorithm.as_bytes();
        if !public_key.verify(algorithm, info.raw, &request.signature_value.data) {
            return Err(Error::BadSignature(format!("signing request of {subject}")));
        }
        let mut sans = Sans::new();
        for extension in request.requested_extensions().into_iter().flatten() {
            if let ParsedExtension::SubjectAlternativeName(names) = extension {
                sans = Sans::from_x509(&names.general_names);
            }
        }
        Ok(Self { der: body.to_vec(), subject, sans, public_key })
    }

    /// The request as PEM.
    pub fn to_pem(&self) -> String {
        pem_block::encode(pem_block::CERTIFICATE_REQUEST, self.der.clone())
    }

    /// The requested subject, roles included: whoever signs decides whether to honour it.
    pub fn subject(&self) -> &Name {
        &self.subject
    }

    /// The requested names.
    pub fn sans(&self) -> &Sans {
        &self.sans
    }

    /// The key to be certified.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }
}
