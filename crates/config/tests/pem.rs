//! Certificates and keys, in every field that has one: whole ones pass, and one that has lost a line or does not
//! belong to its certificate is found, at its place.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use config::validate::{Mode, ValidateOptions};
use config::{Config, Problem};
use pki::{Algorithm, Authority, Name, PrivateKey, Validity};

/// An authority as PEM: certificate, private key, public key.
struct Pems {
    cert: String,
    key: String,
    public: String,
}

fn pems(algorithm: Algorithm) -> Pems {
    let key = PrivateKey::generate(algorithm).unwrap();
    let begin = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let validity = Validity::starting(begin, Duration::from_secs(315_360_000));
    let authority = Authority::self_signed(key, &Name::common("example"), validity).unwrap();
    Pems {
        cert: authority.certificate().to_pem(),
        key: authority.key().to_pem().unwrap().to_string(),
        public: authority.key().public_key().to_pem(),
    }
}

/// How a field carries PEM.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    AsItIs,
    Base64,
}
use Form::{AsItIs, Base64};

fn written(pem: &str, form: Form) -> String {
    match form {
        AsItIs => format!("{pem:?}"),
        Base64 => STANDARD.encode(pem),
    }
}

/// The path of a field, how it carries PEM, and a text in which `@THIS@` stands in it. `@CERT@` and `@KEY@` are the
/// other half.
const CERTIFICATES: &[(&str, Form, &str)] = &[
    ("issuingCA.cert", AsItIs, "kind: KubeAPIServerCAConfig\nissuingCA: {cert: @THIS@, key: @KEY@}\n"),
    ("acceptedCAs[1]", AsItIs, "kind: KubeAPIServerCAConfig\nacceptedCAs: [@CERT@, @THIS@]\n"),
    ("issuingCA.cert", AsItIs, "kind: KubeAggregatorCAConfig\nissuingCA: {cert: @THIS@, key: @KEY@}\n"),
    (
        "acceptedCAs[0]",
        AsItIs,
        "kind: KubeAggregatorCAConfig\nissuingCA: {cert: @CERT@, key: @KEY@}\nacceptedCAs: [@THIS@]\n",
    ),
    ("ca", AsItIs, "kind: RegistryTLSConfig\nname: a\nca: @THIS@\n"),
    (
        "clientIdentity.cert",
        AsItIs,
        "kind: RegistryTLSConfig\nname: a\nclientIdentity: {cert: @THIS@, key: @KEY@}\n",
    ),
    ("certificates", AsItIs, "kind: TrustedRootsConfig\nname: a\ncertificates: @THIS@\n"),
    (
        "rules[0].publicKey.certificate",
        AsItIs,
        "kind: ImageVerificationConfig\nrules: [{image: a.example/*, publicKey: {certificate: @THIS@}}]\n",
    ),
    ("machine.ca.crt", Base64, "machine: {ca: {crt: @THIS@, key: @KEY@}}\n"),
    ("machine.acceptedCAs[0].crt", Base64, "machine: {acceptedCAs: [{crt: @THIS@}]}\n"),
    ("cluster.ca.crt", Base64, "cluster: {ca: {crt: @THIS@, key: @KEY@}}\nmachine: {}\n"),
    ("cluster.acceptedCAs[0].crt", Base64, "cluster: {acceptedCAs: [{crt: @THIS@}]}\nmachine: {}\n"),
    ("cluster.aggregatorCA.crt", Base64, "cluster: {aggregatorCA: {crt: @THIS@, key: @KEY@}}\nmachine: {}\n"),
    ("cluster.etcd.ca.crt", Base64, "cluster: {etcd: {ca: {crt: @THIS@, key: @KEY@}}}\nmachine: {}\n"),
    (
        "machine.registries.config.a.tls.ca",
        Base64,
        "machine: {registries: {config: {a: {tls: {ca: @THIS@}}}}}\n",
    ),
    (
        "machine.registries.config.a.tls.clientIdentity.crt",
        Base64,
        "machine: {registries: {config: {a: {tls: {clientIdentity: {crt: @THIS@, key: @KEY@}}}}}}\n",
    ),
];

const KEYS: &[(&str, Form, &str)] = &[
    ("issuingCA.key", AsItIs, "kind: KubeAPIServerCAConfig\nissuingCA: {cert: @CERT@, key: @THIS@}\n"),
    ("issuingCA.key", AsItIs, "kind: KubeAggregatorCAConfig\nissuingCA: {cert: @CERT@, key: @THIS@}\n"),
    (
        "clientIdentity.key",
        AsItIs,
        "kind: RegistryTLSConfig\nname: a\nclientIdentity: {cert: @CERT@, key: @THIS@}\n",
    ),
    (
        "issuer.privateKey",
        AsItIs,
        "kind: KubeServiceAccountConfig\nissuer: {privateKey: @THIS@, issuerURL: 'https://a.example'}\n",
    ),
    ("machine.ca.key", Base64, "machine: {ca: {crt: @CERT@, key: @THIS@}}\n"),
    ("cluster.ca.key", Base64, "cluster: {ca: {crt: @CERT@, key: @THIS@}}\nmachine: {}\n"),
    (
        "cluster.aggregatorCA.key",
        Base64,
        "cluster: {aggregatorCA: {crt: @CERT@, key: @THIS@}}\nmachine: {}\n",
    ),
    ("cluster.etcd.ca.key", Base64, "cluster: {etcd: {ca: {crt: @CERT@, key: @THIS@}}}\nmachine: {}\n"),
    ("cluster.serviceAccount.key", Base64, "cluster: {serviceAccount: {key: @THIS@}}\nmachine: {}\n"),
    (
        "machine.registries.config.a.tls.clientIdentity.key",
        Base64,
        "machine: {registries: {config: {a: {tls: {clientIdentity: {crt: @CERT@, key: @THIS@}}}}}}\n",
    ),
];

const PUBLIC_KEYS: &[(&str, Form, &str)] = &[
    (
        "accepted.publicKeys[0]",
        AsItIs,
        "kind: KubeServiceAccountConfig\nissuer: {privateKey: @KEY@, issuerURL: 'https://a.example'}\naccepted: {publicKeys: [@THIS@]}\n",
    ),
    (
        "rules[0].publicKey.certificate",
        AsItIs,
        "kind: ImageVerificationConfig\nrules: [{image: a.example/*, publicKey: {certificate: @THIS@}}]\n",
    ),
];

/// What is said about the field, errors and warnings.
fn about(path: &str, text: &str) -> Vec<Problem> {
    let head = if text.starts_with("kind:") { "apiVersion: v1alpha1\n" } else { "" };
    let reviewed =
        Config::review("c.yaml", format!("{head}{text}").as_bytes(), &ValidateOptions::on_node(Mode::Metal));
    let role = |rule: &str| rule.starts_with("worker-") || rule.starts_with("control-plane-");
    let problems = reviewed.report.problems().iter();
    problems.filter(|p| p.path.to_string() == path && !role(&p.rule)).cloned().collect()
}

fn filled(text: &str, form: Form, this: &str, own: &Pems) -> String {
    text.replace("@THIS@", &written(this, form))
        .replace("@CERT@", &written(&own.cert, form))
        .replace("@KEY@", &written(&own.key, form))
}

/// A PEM text without one line of its body, for each of them but the only one.
fn damaged(pem: &str) -> Vec<String> {
    let lines: Vec<&str> = pem.lines().collect();
    if lines.len() < 4 {
        return Vec::new();
    }
    (1..lines.len() - 1)
        .map(|gone| {
            let kept = lines.iter().enumerate().filter(|(index, _)| *index != gone);
            kept.map(|(_, line)| format!("{line}\n")).collect()
        })
        .collect()
}

#[test]
fn a_lost_line_is_found_in_every_field() {
    let mut count = 0;
    for algorithm in [Algorithm::Ed25519, Algorithm::EcdsaP256, Algorithm::Rsa] {
        let own = pems(algorithm);
        let tables = [(CERTIFICATES, &own.cert), (KEYS, &own.key), (PUBLIC_KEYS, &own.public)];
        for (table, pem) in tables {
            for (path, form, text) in table {
                let whole = about(path, &filled(text, *form, pem, &own));
                assert!(whole.is_empty(), "{algorithm} {text}: {}", whole[0]);
                for pem in damaged(pem) {
                    let found = about(path, &filled(text, *form, &pem, &own));
                    let [problem] = found.as_slice() else { panic!("{algorithm} {path}: {found:?}") };
                    assert!(
                        problem.severity == config::Severity::Error && problem.span.is_known(),
                        "{problem}"
                    );
                    assert!(!problem.message.contains(pem.lines().nth(1).unwrap()), "{problem}");
                    count += 1;
                }
            }
        }
    }
    assert!(count > 900, "{count}");
}

#[test]
fn a_text_that_is_cut_short_is_found_in_every_field() {
    let own = pems(Algorithm::EcdsaP256);
    for (table, pem) in [(CERTIFICATES, &own.cert), (KEYS, &own.key), (PUBLIC_KEYS, &own.public)] {
        let last = pem.trim_end().rfind('\n').unwrap();
        for cut in [pem[..last].to_owned(), "no PEM at all".to_owned(), pem.replace("BEGIN", "BEGN")] {
            for (path, form, text) in table {
                let found = about(path, &filled(text, *form, &cut, &own));
                assert!(
                    found.len() == 1 && found[0].severity == config::Severity::Error,
                    "{path}: {found:?}"
                );
            }
        }
    }
}

#[test]
fn a_key_that_does_not_fit_its_certificate_is_found_in_every_pair() {
    for (algorithm, other) in [
        (Algorithm::EcdsaP256, Algorithm::EcdsaP256),
        (Algorithm::Ed25519, Algorithm::EcdsaP256),
        (Algorithm::Ed25519, Algorithm::Ed25519),
    ] {
        let (own, other) = (pems(algorithm), pems(other));
        for (path, form, text) in KEYS.iter().filter(|(_, _, text)| text.contains("@CERT@")) {
            let found = about(path, &filled(text, *form, &other.key, &own));
            assert!(found.len() == 1 && found[0].rule == "certificate-key-mismatch", "{path}: {found:?}");
        }
    }
}

#[test]
fn an_image_is_not_verified_with_a_private_key() {
    let (path, form, text) = PUBLIC_KEYS[1];
    for algorithm in [Algorithm::Ed25519, Algorithm::EcdsaP256] {
        let own = pems(algorithm);
        let said = about(path, &filled(text, form, &own.key, &own));
        assert!(said.iter().any(|problem| problem.message.contains("private key")), "{said:?}");
    }
}

#[test]
fn several_certificates_in_one_text_are_all_looked_at() {
    let (own, other) = (pems(Algorithm::Ed25519), pems(Algorithm::EcdsaP256));
    let both = format!("# first\n{}\n# second\n{}", own.cert, other.cert);
    let broken = format!("{}{}", own.cert, damaged(&other.cert)[1]);
    for (path, form, text) in CERTIFICATES {
        assert!(about(path, &filled(text, *form, &both, &own)).is_empty(), "{path}");
        assert_eq!(about(path, &filled(text, *form, &broken, &own)).len(), 1, "{path}");
    }
}

#[test]
fn samples_of_the_v1alpha1_document_and_of_trusted_roots_are_warnings() {
    let own = pems(Algorithm::Ed25519);
    let block = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    for body in ["MA==", "AAAA", "...", "RVhBTVBMRQ=="] {
        for (table, label) in [(CERTIFICATES, "CERTIFICATE"), (KEYS, "EC PRIVATE KEY")] {
            for (path, form, text) in table {
                let found = about(path, &filled(text, *form, &block(label, body), &own));
                let [problem] = found.as_slice() else { panic!("{path}: {found:?}") };
                let kept = *form == Base64 || text.contains("TrustedRoots");
                let expected = if kept { config::Severity::Warning } else { config::Severity::Error };
                assert_eq!(problem.severity, expected, "{problem}");
            }
        }
    }
}
