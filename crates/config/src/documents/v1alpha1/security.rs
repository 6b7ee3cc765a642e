//! Certificates and keys, which this document carries as base64 of PEM.

use crate::schema::{Shape, Type, formats};
use crate::value::{Pem, Secret};
use crate::yaml::Node;

/// Base64 of a PEM text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EncodedPem(pub String);

impl EncodedPem {
    /// The PEM text.
    pub fn decode(&self) -> Option<Pem> {
        Pem::from_base64(&self.0).filter(|pem| !pem.is_empty())
    }
}

impl Shape for EncodedPem {
    const TYPE: Type = Type::Formatted(&formats::BASE64);

    fn read(node: &Node) -> Option<Self> {
        node.as_text().map(|text| Self(text.into_owned()))
    }
}

record! {
    /// An authority.
    EncodedCertificateAndKey {
        /// The certificate, as base64 of PEM.
        "crt" crt: EncodedPem;
        /// The private key, as base64 of PEM.
        "key" key: Secret => format(&formats::BASE64);
    }

    /// An authority that is accepted without being able to issue.
    EncodedCertificate {
        /// The certificate, as base64 of PEM.
        "crt" crt: EncodedPem;
    }

    /// A private key.
    EncodedKey {
        /// The key, as base64 of PEM.
        "key" key: Secret => format(&formats::BASE64);
    }
}
