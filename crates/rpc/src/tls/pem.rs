//! Certificates and keys out of PEM text, in the form that TLS takes.

use std::fmt;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::TlsError;

/// A certificate (with what chains it to its CA) and its key. The key is never printed.
pub struct Identity {
    /// The leaf first.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("certificates", &self.chain.len()).finish_non_exhaustive()
    }
}

impl Clone for Identity {
    fn clone(&self) -> Identity {
        Identity { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

impl Identity {
    /// From PEM text, as certificates and keys are stored everywhere (contract api.md 2.1).
    ///
    /// # Errors
    /// When there is no certificate or no key, or the text is not PEM.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Identity, TlsError> {
        let chain = self::certificates("the certificate", certificates)?;
        if chain.is_empty() {
            let why = "it holds no CERTIFICATE block".into();
            return Err(TlsError::Pem { what: "the certificate", why });
        }
        let unreadable = |why: String| TlsError::Pem { what: "the private key", why };
        let key = std::str::from_utf8(key).map_err(|_| unreadable("it is not text".into()))?;
        let key = pki::PrivateKey::from_pem(key).and_then(|key| key.to_rustls());
        Ok(Identity { chain, key: key.map_err(|error| unreadable(error.to_string()))? })
    }
}

/// The CAs that are accepted at the other side.
#[derive(Clone)]
pub struct CaPool {
    pub(crate) roots: Arc<RootCertStore>,
}

impl fmt::Debug for CaPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaPool").field("certificates", &self.roots.len()).finish()
    }
}

impl CaPool {
    /// From PEM texts, each of which may hold several certificates.
    ///
    /// # Errors
    /// When a text cannot be read, or no certificate is left in the end.
    pub fn from_pem<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> Result<CaPool, TlsError> {
        let mut roots = RootCertStore::empty();
        for text in texts {
            for certificate in certificates("an accepted CA", text)? {
                let what = "an accepted CA";
                roots.add(certificate).map_err(|source| TlsError::Unusable { what, source })?;
            }
        }
        CaPool::of(roots)
    }

    /// The CAs that the operating system of the client trusts, for gateways with public certificates.
    /// Certificates that cannot be used are skipped, as every client does.
    ///
    /// # Errors
    /// When none of the usual files exists.
    pub fn system() -> Result<CaPool, TlsError> {
        let named = std::env::var_os("SSL_CERT_FILE").map(std::path::PathBuf::from);
        let usual = [
            "/etc/ssl/certs/ca-certificates.crt",
            "/etc/pki/tls/certs/ca-bundle.crt",
            "/etc/ssl/ca-bundle.pem",
            "/etc/ssl/cert.pem",
        ];
        let mut files = named.into_iter().chain(usual.map(Into::into));
        let text = files.find_map(|file| std::fs::read(file).ok()).unwrap_or_default();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates("the system's CAs", &text)?);
        CaPool::of(roots)
    }

    fn of(roots: RootCertStore) -> Result<CaPool, TlsError> {
        if roots.is_empty() { Err(TlsError::NoAcceptedCa) } else { Ok(CaPool { roots: Arc::new(roots) }) }
    }
}

/// Every certificate in the text; other blocks are skipped.
fn certificates(what: &'static str, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Result<_, _> = CertificateDer::pem_slice_iter(text).collect();
    certificates.map_err(|error| TlsError::Pem { what, why: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pki::{Authority, AuthorityKind};
    use std::time::SystemTime;

    fn pair() -> (String, String) {
        let ca = Authority::generate(AuthorityKind::Os, SystemTime::now()).unwrap();
        (ca.certificate().to_pem(), ca.key().to_pem().unwrap().to_string())
    }

    #[test]
    fn text_that_is_not_what_it_should_be_is_refused_without_repeating_it() {
        let (certificate, key) = pair();
        for (certificate, key) in [
            (certificate.as_str(), "not a key"),
            (certificate.as_str(), certificate.as_str()),
            ("", key.as_str()),
            (key.as_str(), key.as_str()),
        ] {
            let error = Identity::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap_err();
            assert!(error.to_string().contains("cannot be read"), "{error}");
        }
        let identity = Identity::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
        assert_eq!(format!("{identity:?}"), "Identity { certificates: 1, .. }");
    }

    #[test]
    fn an_empty_pool_is_an_error() {
        assert!(matches!(CaPool::from_pem([]), Err(TlsError::NoAcceptedCa)));
        assert!(matches!(CaPool::from_pem([&b""[..]]), Err(TlsError::NoAcceptedCa)));
    }

    #[test]
    fn one_text_may_hold_several_cas() {
        let pool = CaPool::from_pem([format!("{}{}", pair().0, pair().0).as_bytes()]).unwrap();
        assert_eq!(pool.roots.len(), 2);
    }
}
