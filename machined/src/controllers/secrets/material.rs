//! Keys and certificates between their wire form, PEM texts and `pki`.

use config::access::{Authorities, Authority};
use pki::{Authority as Issuer, Certificate, Leaf};
use proto::common::{PemEncodedCertificate, PemEncodedCertificateAndKey};

/// An authority of the configuration in wire form.
pub fn authority(authority: &Authority) -> PemEncodedCertificateAndKey {
    PemEncodedCertificateAndKey {
        crt: authority.cert.0.clone().into_bytes(),
        key: authority.key.expose().to_owned().into_bytes(),
    }
}

/// The accepted certificates in wire form.
pub fn accepted(authorities: &Authorities) -> Vec<PemEncodedCertificate> {
    authorities.accepted.iter().map(|pem| PemEncodedCertificate { crt: pem.0.clone().into_bytes() }).collect()
}

/// An issuer from wire form.
pub fn issuer(pair: &PemEncodedCertificateAndKey) -> anyhow::Result<Issuer> {
    let (certificate, key) = (std::str::from_utf8(&pair.crt)?, std::str::from_utf8(&pair.key)?);
    Ok(Issuer::from_pem(certificate, key)?)
}

/// Issues a leaf with a key of its own.
pub fn issue(issuer: &Issuer, leaf: &Leaf) -> anyhow::Result<PemEncodedCertificateAndKey> {
    let (certificate, key) = issuer.issue_pair(leaf)?.to_pem()?;
    Ok(PemEncodedCertificateAndKey { crt: certificate.into_bytes(), key: key.as_bytes().to_vec() })
}

/// The certificate of a pair.
pub fn certificate(pair: &PemEncodedCertificateAndKey) -> anyhow::Result<Certificate> {
    Ok(Certificate::from_pem(std::str::from_utf8(&pair.crt)?)?)
}

/// All certificates in one PEM text.
pub fn bundle(certificates: &[PemEncodedCertificate]) -> Vec<u8> {
    let mut bundle = Vec::new();
    for certificate in certificates {
        bundle.extend_from_slice(&certificate.crt);
        if bundle.last().is_some_and(|b| *b != b'\n') {
            bundle.push(b'\n');
        }
    }
    bundle
}
