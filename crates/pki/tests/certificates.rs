//! Certificates as their users see them: fields, chains, and real TLS handshakes in memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say bluntly what they expect"
)]

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pki::{
    Algorithm, Authority, AuthorityKind, Certificate, Error, ExtKeyUsage, KeyUsage, Name, Pair, PrivateKey,
    PublicKey, Sans, SigningRequest, Validity, chain, profile,
};
use rustls::pki_types::ServerName;
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};

fn now() -> SystemTime {
    // Whole seconds, as certificates hold them.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

#[test]
fn a_key_is_found_behind_its_certificate_in_the_same_file() {
    let authority = Authority::generate(AuthorityKind::Kubernetes, now()).unwrap();
    let (certificate, key) = authority.issue_pair(&profile::scheduler(now())).unwrap().to_pem().unwrap();
    let both = format!("{certificate}{}", key.as_str());
    assert_eq!(PrivateKey::from_pem(&both).unwrap().to_pem().unwrap(), key);
    assert!(matches!(PrivateKey::from_pem(&certificate), Err(Error::PemType { .. })));
}

#[test]
fn every_authority_has_the_key_subject_usages_and_life_of_its_row() {
    let rows = [
        (AuthorityKind::Os, Algorithm::Ed25519, "O=talos", 87_600),
        (AuthorityKind::Etcd, Algorithm::EcdsaP256, "O=etcd", 87_600),
        (AuthorityKind::Kubernetes, Algorithm::EcdsaP256, "O=kubernetes", 87_600),
        (AuthorityKind::Aggregator, Algorithm::EcdsaP256, "(empty subject)", 87_600),
        (AuthorityKind::Maintenance, Algorithm::Ed25519, "O=talos", 24),
    ];
    for (kind, algorithm, subject, hours) in rows {
        let now = now();
        let ca = Authority::generate(kind, now).unwrap();
        let certificate = ca.certificate();
        assert_eq!(ca.key().algorithm(), algorithm, "{kind:?}");
        assert_eq!(certificate.subject().to_string(), subject, "{kind:?}");
        assert_eq!(certificate.validity(), Validity::starting(now, Duration::from_secs(hours * 3600)));
        assert!(certificate.is_ca() && certificate.is_issued_by(certificate), "{kind:?}");
        assert_eq!(certificate.key_usages(), [KeyUsage::DigitalSignature, KeyUsage::CertSign]);
        assert_eq!(certificate.ext_key_usages(), [ExtKeyUsage::ServerAuth, ExtKeyUsage::ClientAuth]);
        assert_eq!(certificate.subject_key_id().map(<[u8]>::len), Some(20));
        assert!(certificate.serial().len() <= 17);
    }
}

#[test]
fn keys_of_every_algorithm_survive_their_own_pem_and_pkcs8() {
    let cases = [
        (Algorithm::Ed25519, "-----BEGIN ED25519 PRIVATE KEY-----\n"),
        (Algorithm::EcdsaP256, "-----BEGIN EC PRIVATE KEY-----\n"),
        (Algorithm::EcdsaP384, "-----BEGIN EC PRIVATE KEY-----\n"),
        (Algorithm::EcdsaP521, "-----BEGIN EC PRIVATE KEY-----\n"),
        (Algorithm::Rsa, "-----BEGIN RSA PRIVATE KEY-----\n"),
    ];
    for (algorithm, header) in cases {
        let key = PrivateKey::generate(algorithm).unwrap();
        let text = key.to_pem().unwrap();
        assert!(text.starts_with(header), "{algorithm}");
        let again = PrivateKey::from_pem(&text).unwrap();
        assert_eq!((again.algorithm(), again.public_key()), (algorithm, key.public_key()));
        assert_eq!(*again.to_pem().unwrap(), *text, "{algorithm}");
        let pkcs8 = PrivateKey::from_der(&key.to_pkcs8().unwrap()).unwrap();
        assert_eq!(pkcs8.public_key(), key.public_key(), "{algorithm}");
        assert_eq!(&PublicKey::from_pem(&key.public_key().to_pem()).unwrap(), key.public_key());

        // A CA of that key signs, and what it signs verifies.
        let ca =
            Authority::self_signed(key, &Name::common("ca"), Validity::starting(now(), profile::CA_LIFE));
        let ca = ca.unwrap();
        let pair = ca.issue_pair(&profile::scheduler(now())).unwrap();
        assert_eq!(pair.key.algorithm(), algorithm);
        assert!(pair.certificate.is_issued_by(ca.certificate()), "{algorithm}");
    }
}

#[test]
fn keys_do_not_show_themselves() {
    let ca = Authority::generate(AuthorityKind::Os, now()).unwrap();
    let text = format!("{ca:?} {:?}", ca.key());
    assert!(text.contains("REDACTED"), "{text}");
    let secret = ca.key().to_pem().unwrap();
    let body = secret.lines().nth(1).unwrap();
    assert!(!text.contains(body));
}

#[test]
fn roles_of_a_client_are_sorted_organizations_without_a_common_name() {
    let ca = Authority::generate(AuthorityKind::Os, now()).unwrap();
    let roles = ["os:reader", "os:admin", "os:reader"];
    let pair = ca.issue_pair(&profile::client(roles, now(), profile::CLIENT_LIFE)).unwrap();
    let certificate = Certificate::from_pem(&pair.certificate.to_pem()).unwrap();
    assert_eq!(certificate.subject().organizations, ["os:admin", "os:reader"]);
    assert_eq!(certificate.subject().common_name, None);
    assert!(certificate.is_client_only());
    assert_eq!(certificate.key_usages(), [KeyUsage::DigitalSignature]);
}

#[test]
fn trustd_forces_usages_and_drops_roles_whatever_the_request_says() {
    let ca = Authority::generate(AuthorityKind::Os, now()).unwrap();
    let key = PrivateKey::generate(Algorithm::Ed25519).unwrap();
    let sans = Sans::new().with_names(["worker-1", "10.5.0.3"]);
    let subject = Name::common("worker-1").with_organizations(["os:admin"]);
    let request = SigningRequest::create(&key, &subject, &sans).unwrap();
    let request = SigningRequest::from_pem(&request.to_pem()).unwrap();
    assert_eq!((request.subject(), request.sans()), (&subject, &sans));

    let now = now();
    let issued = ca.issue(request.public_key(), &profile::trustd_issued(&request, now)).unwrap();
    assert_eq!(issued.subject(), &Name::common("worker-1"));
    assert_eq!(issued.sans(), &sans);
    assert_eq!(issued.ext_key_usages(), [ExtKeyUsage::ServerAuth]);
    assert_eq!(issued.key_usages(), [KeyUsage::DigitalSignature]);
    assert_eq!(issued.validity().not_after, now + Duration::from_secs(24 * 3600));
    assert_eq!(issued.validity().not_before, now - Duration::from_secs(300));
    assert!(issued.matches(&key));
}

#[test]
fn a_request_with_a_changed_byte_is_refused() {
    let key = PrivateKey::generate(Algorithm::EcdsaP256).unwrap();
    let request = SigningRequest::create(&key, &Name::common("worker-1"), &Sans::new()).unwrap();
    let text = request.to_pem();
    let other = PrivateKey::generate(Algorithm::EcdsaP256).unwrap();
    let forged = SigningRequest::create(&other, &Name::common("worker-1"), &Sans::new()).unwrap();
    // The request of one key with the signature of another.
    let mut body = pem::parse(&text).unwrap().into_contents();
    let forged = pem::parse(forged.to_pem()).unwrap().into_contents();
    let tail = body.len() - 20;
    body.truncate(tail);
    body.extend_from_slice(&forged[forged.len() - 20..]);
    assert!(SigningRequest::from_der(&body).is_err());
}

#[test]
fn authorities_refuse_a_foreign_key_and_a_leaf() {
    let (one, two) = (
        Authority::generate(AuthorityKind::Os, now()).unwrap(),
        Authority::generate(AuthorityKind::Os, now()).unwrap(),
    );
    let crossed = Authority::new(one.certificate().clone(), two.key().clone());
    assert!(matches!(crossed.unwrap_err(), Error::KeyMismatch { .. }));
    let leaf = one.issue_pair(&profile::client(["os:admin"], now(), profile::CLIENT_LIFE)).unwrap();
    let not_ca = Authority::new(leaf.certificate, leaf.key);
    assert!(matches!(not_ca.unwrap_err(), Error::NotAuthority(_)));
}

#[test]
fn chains_lead_to_an_accepted_authority_or_are_refused_with_the_reason() {
    let now = now();
    let old = Authority::generate(AuthorityKind::Os, now).unwrap();
    let new = Authority::generate(AuthorityKind::Os, now).unwrap();
    let leaf = old.issue_pair(&profile::apid_server("n", Sans::new(), now)).unwrap().certificate;
    // Both CAs have the same subject: only the signature tells them apart.
    let accepted = [new.certificate().clone(), old.certificate().clone()];
    assert_eq!(chain::verify(std::slice::from_ref(&leaf), &accepted, now), Ok(()));
    assert!(matches!(
        chain::verify(std::slice::from_ref(&leaf), &accepted[..1], now),
        Err(Error::UnknownIssuer { count: 1, .. })
    ));
    let later = now + Duration::from_secs(25 * 3600);
    assert!(matches!(
        chain::verify(std::slice::from_ref(&leaf), &accepted, later),
        Err(Error::OutsideValidity { why: "expired", .. })
    ));
    assert!(chain::verify(&[], &accepted, now).is_err());
}

fn roots(ca: &Authority) -> Arc<RootCertStore> {
    let mut store = RootCertStore::empty();
    store.add(ca.certificate().to_rustls()).unwrap();
    Arc::new(store)
}

/// Runs a mutual handshake in memory; returns the first error of either side.
fn handshake(ca: &Authority, server: &Pair, client: &Pair, name: &str) -> Result<(), rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(roots(ca), provider.clone()).build().unwrap();
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![server.certificate.to_rustls()], server.key.to_rustls().unwrap())?;
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots(ca))
        .with_client_auth_cert(vec![client.certificate.to_rustls()], client.key.to_rustls().unwrap())?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(client), name)?;
    let mut server = ServerConnection::new(Arc::new(server))?;
    for _ in 0..4 {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets()?;
        wire.clear();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut wire.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    assert!(!client.is_handshaking() && !server.is_handshaking());
    Ok(())
}

#[test]
fn rustls_accepts_what_every_authority_issues() {
    for kind in [AuthorityKind::Os, AuthorityKind::Etcd, AuthorityKind::Kubernetes, AuthorityKind::Aggregator]
    {
        let ca = Authority::generate(kind, now()).unwrap();
        let sans = Sans::new().with_names(["node-1", "10.5.0.2", "fd00::1"]);
        let server = ca.issue_pair(&profile::etcd_server("node-1", sans, now())).unwrap();
        let client = ca.issue_pair(&profile::client(["os:admin"], now(), profile::CLIENT_LIFE)).unwrap();
        for name in ["node-1", "localhost", "10.5.0.2", "fd00::1", "127.0.0.1"] {
            handshake(&ca, &server, &client, name).unwrap_or_else(|e| panic!("{kind:?} {name}: {e}"));
        }
        handshake(&ca, &server, &client, "node-2").expect_err("a name that is not in the certificate");
        // A server certificate is no client certificate.
        let apid = ca.issue_pair(&profile::apid_server("node-1", Sans::new(), now())).unwrap();
        handshake(&ca, &server, &apid, "node-1").expect_err("serverAuth as a client");
    }
}

#[test]
fn an_issuer_name_is_copied_byte_for_byte() {
    // Two organizations in one relative name, sorted by DER, and a common name that is no PrintableString.
    let key = PrivateKey::generate(Algorithm::EcdsaP256).unwrap();
    let name = Name::common("kubernetes ca_1").with_organizations(["zeta", "alpha"]);
    let ca = Authority::self_signed(key, &name, Validity::starting(now(), profile::CA_LIFE)).unwrap();
    let ca = Authority::from_pem(&ca.certificate().to_pem(), &ca.key().to_pem().unwrap()).unwrap();
    let pair = ca.issue_pair(&profile::kube_apiserver("cluster.local", Sans::new(), now())).unwrap();
    assert!(pair.certificate.is_issued_by(ca.certificate()));
    let names: Vec<&str> = pair.certificate.sans().dns_names().collect();
    assert_eq!(
        names,
        [
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
            "localhost"
        ]
    );
}

#[test]
fn text_that_is_no_key_or_certificate_says_what_was_expected() {
    assert!(matches!(Certificate::from_pem("nonsense"), Err(Error::Pem { what: "certificate", .. })));
    let key = PrivateKey::generate(Algorithm::Ed25519).unwrap().to_pem().unwrap();
    assert!(matches!(Certificate::from_pem(&key), Err(Error::PemType { expected: "CERTIFICATE", .. })));
    let broken = key.replace("MC4", "AAA");
    assert_eq!(PrivateKey::from_pem(&broken).unwrap_err(), Error::UnsupportedKey);
}
