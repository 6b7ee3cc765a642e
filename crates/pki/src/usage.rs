//! Key usages and extended key usages.

use x509_parser::extensions as x509;

use crate::{der, oid};

/// A bit of the key usage extension; only those that this system issues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUsage {
    /// digitalSignature.
    DigitalSignature,
    /// keyEncipherment.
    KeyEncipherment,
    /// keyCertSign.
    CertSign,
}

impl KeyUsage {
    /// The number of the bit, from the left (RFC 5280 4.2.1.3).
    fn bit(self) -> u8 {
        match self {
            Self::DigitalSignature => 0,
            Self::KeyEncipherment => 2,
            Self::CertSign => 5,
        }
    }

    /// Encodes the value of the extension; trailing zero bits are dropped, as DER demands.
    pub(crate) fn to_der(usages: &[Self]) -> Vec<u8> {
        let bits = usages.iter().fold(0u8, |bits, usage| bits | 0x80 >> usage.bit());
        let unused = bits.trailing_zeros().min(7) as u8;
        der::tlv(der::tag::BIT_STRING, &[unused, bits])
    }

    pub(crate) fn from_x509(usage: &x509::KeyUsage) -> Vec<Self> {
        [
            (usage.digital_signature(), Self::DigitalSignature),
            (usage.key_encipherment(), Self::KeyEncipherment),
            (usage.key_cert_sign(), Self::CertSign),
        ]
        .into_iter()
        .filter_map(|(set, usage)| set.then_some(usage))
        .collect()
    }
}

/// A purpose of the extended key usage extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtKeyUsage {
    /// TLS servers.
    ServerAuth,
    /// TLS clients.
    ClientAuth,
    /// Anything else; never issued here.
    Other,
}

impl ExtKeyUsage {
    /// Encodes the value of the extension.
    pub(crate) fn to_der(usages: &[Self]) -> Vec<u8> {
        let ids = usages.iter().filter_map(|usage| match usage {
            Self::ServerAuth => Some(der::oid(oid::SERVER_AUTH)),
            Self::ClientAuth => Some(der::oid(oid::CLIENT_AUTH)),
            Self::Other => None,
        });
        der::sequence(&ids.collect::<Vec<_>>())
    }

    pub(crate) fn from_x509(usage: &x509::ExtendedKeyUsage<'_>) -> Vec<Self> {
        let other = usage.any
            || usage.code_signing
            || usage.email_protection
            || usage.time_stamping
            || usage.ocsp_signing
            || !usage.other.is_empty();
        [(usage.server_auth, Self::ServerAuth), (usage.client_auth, Self::ClientAuth), (other, Self::Other)]
            .into_iter()
            .filter_map(|(set, usage)| set.then_some(usage))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usages_are_encoded_as_go_does() {
        assert_eq!(KeyUsage::to_der(&[KeyUsage::DigitalSignature]), [3, 2, 7, 0x80]);
        assert_eq!(KeyUsage::to_der(&[KeyUsage::CertSign, KeyUsage::DigitalSignature]), [3, 2, 2, 0x84]);
        assert_eq!(
            KeyUsage::to_der(&[KeyUsage::KeyEncipherment, KeyUsage::DigitalSignature]),
            [3, 2, 5, 0xa0]
        );
    }
}
