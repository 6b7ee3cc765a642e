//! Verification beyond the usual chain checks: clients must be clients and nothing else, and a client
//! without accepted CAs may know fingerprints instead.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use subtle::ConstantTimeEq as _;

use super::pem::CaPool;
use super::{TlsError, leaf, provider};

/// Accepts clients whose certificate chains to one of the CAs and may be used for client
/// authentication only. Issuers in between must be CAs, so the rule about every certificate that is
/// not a CA is a rule about the leaf.
#[derive(Debug)]
pub(crate) struct ClientVerifier {
    chain: Arc<dyn ClientCertVerifier>,
}

impl ClientVerifier {
    pub(crate) fn new(pool: &CaPool) -> Result<ClientVerifier, TlsError> {
        let chain = WebPkiClientVerifier::builder_with_provider(Arc::clone(&pool.roots), provider())
            .build()
            .map_err(|_| TlsError::NoAcceptedCa)?;
        Ok(ClientVerifier { chain })
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        // Every cluster's CA has the same subject, so that a certificate of another cluster looks like
        // a broken one of ours; the client shall be told what it is.
        let verified =
            self.chain.verify_client_cert(end_entity, intermediates, now).map_err(|error| match error {
                Error::InvalidCertificate(CertificateError::BadSignature) => {
                    CertificateError::UnknownIssuer.into()
                }
                other => other,
            })?;
        if !leaf::is_client_only(end_entity) {
            return Err(CertificateError::InvalidPurpose.into());
        }
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// The SHA-256 sum of a certificate's public key, as printed on a node's console.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pin([u8; 32]);

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::fmt::Display for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl std::str::FromStr for Pin {
    type Err = TlsError;

    fn from_str(text: &str) -> Result<Pin, TlsError> {
        let sum = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        sum.map(Pin).ok_or_else(|| TlsError::Pin(text.to_owned()))
    }
}

impl Pin {
    /// The fingerprint of a certificate; `None` when it cannot be read.
    #[must_use]
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Pin> {
        pki::Certificate::from_der(certificate).ok().map(|parsed| Pin(parsed.fingerprint()))
    }
}

/// Accepts a server that has one of the fingerprints, or any server when there are none. Names and
/// dates are not looked at; that the server owns its key is.
#[derive(Debug)]
pub(crate) struct PinVerifier {
    pub(crate) pins: Vec<Pin>,
    pub(crate) provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let matches = |pin: &Pin| Pin::of(end_entity).is_some_and(|found| found.0.ct_eq(&pin.0).into());
        if self.pins.is_empty() || self.pins.iter().any(matches) {
            return Ok(ServerCertVerified::assertion());
        }
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
