//! Clients that must not get in, and requests that must not succeed, against real nodes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::secrets::Secrets;
use config::talosconfig::Talosconfig;
use pki::{
    Algorithm, Authority, AuthorityKind, ExtKeyUsage, KeyUsage, Leaf, Name, PrivateKey, Sans, Validity,
};
use support::{Cluster, SINGLE, skipped, text};

/// A day.
const DAY: Duration = Duration::from_secs(24 * 3600);

struct Credentials {
    role: &'static str,
    usage: ExtKeyUsage,
    /// Seconds from now: from when, until when.
    valid: (i64, i64),
}

const GOOD: Credentials =
    Credentials { role: "os:admin", usage: ExtKeyUsage::ClientAuth, valid: (-60, 3600) };

fn at(seconds: i64) -> SystemTime {
    let now = SystemTime::now();
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { now - distance } else { now + distance }
}

/// A client configuration like the cluster's, with another certificate.
fn with_certificate(
    cluster: &Cluster,
    name: &str,
    authority: &Authority,
    credentials: &Credentials,
) -> PathBuf {
    let key = PrivateKey::generate(Algorithm::Ed25519).unwrap();
    let leaf = Leaf {
        subject: Name::default().with_organizations([credentials.role]),
        sans: Sans::new(),
        key_usages: vec![KeyUsage::DigitalSignature],
        ext_key_usages: vec![credentials.usage],
        validity: Validity { not_before: at(credentials.valid.0), not_after: at(credentials.valid.1) },
    };
    let certificate = authority.issue(key.public_key(), &leaf).unwrap();
    altered(cluster, name, |crt, own| {
        *crt = STANDARD.encode(certificate.to_pem());
        *own = STANDARD.encode(key.to_pem().unwrap().as_bytes());
    })
}

fn altered(cluster: &Cluster, name: &str, change: impl Fn(&mut String, &mut String)) -> PathBuf {
    let mut known = Talosconfig::parse(&std::fs::read(cluster.talosconfig()).unwrap()).unwrap();
    for context in known.contexts.values_mut() {
        change(&mut context.crt, &mut context.key);
    }
    cluster.file(name, &known.to_text())
}

fn authority(cluster: &Cluster) -> Authority {
    let secrets = Secrets::parse(&std::fs::read(cluster.folder().join("secrets.yaml")).unwrap()).unwrap();
    let plain = |text: &str| String::from_utf8(STANDARD.decode(text).unwrap()).unwrap();
    Authority::from_pem(&plain(&secrets.os.crt), &plain(&secrets.os.key)).unwrap()
}

#[test]
fn whoever_is_not_allowed_gets_an_error_that_says_so_and_changes_nothing() {
    if skipped("clients") {
        return;
    }
    let cluster = Cluster::start("clients", SINGLE);
    let node = cluster.nodes[0].clone();
    let own = authority(&cluster);
    let other = Authority::generate(AuthorityKind::Os, SystemTime::now()).unwrap();
    let run = |config: &PathBuf, args: &[&str]| {
        let config = config.to_str().unwrap();
        let mut all = vec!["--talosconfig", config, "--nodes", node.as_str()];
        all.extend(args);
        cluster.run(&all)
    };

    let good = with_certificate(&cluster, "good", &own, &GOOD);
    let answer = run(&good, &["version"]);
    assert!(answer.status.success(), "{}", text(&answer));

    let none = altered(&cluster, "none", |crt, key| {
        crt.clear();
        key.clear();
    });
    let foreign = with_certificate(&cluster, "foreign", &other, &GOOD);
    let expired = Credentials { valid: (-2 * DAY.as_secs() as i64, -3600), ..GOOD };
    let expired = with_certificate(&cluster, "expired", &own, &expired);
    let server = Credentials { usage: ExtKeyUsage::ServerAuth, ..GOOD };
    let server = with_certificate(&cluster, "server", &own, &server);
    for (what, config) in
        [("no", none), ("a foreign", foreign), ("an expired", expired), ("a server's", server)]
    {
        let refused = run(&config, &["version"]);
        assert!(!refused.status.success(), "{what} certificate was accepted: {}", text(&refused));
        assert!(text(&refused).contains("connection error"), "{what}: {}", text(&refused));
    }

    let reader = with_certificate(&cluster, "reader", &own, &Credentials { role: "os:reader", ..GOOD });
    assert!(run(&reader, &["services"]).status.success());
    for writer in [vec!["reboot", "--wait=false"], vec!["read", "/proc/version"], vec!["kubeconfig", "-"]] {
        let refused = run(&reader, &writer);
        let said = text(&refused);
        assert!(
            !refused.status.success() && said.contains("PermissionDenied"),
            "{}: {said}",
            writer.join(" ")
        );
    }

    let nobody = cluster.run(&["--nodes", "10.255.255.1", "version"]);
    assert!(!nobody.status.success() && text(&nobody).contains("10.255.255.1"), "{}", text(&nobody));
    let both = cluster.run(&["--nodes", &format!("{node},10.255.255.1"), "version"]);
    assert!(!both.status.success(), "one of two nodes is down: {}", text(&both));
    assert!(text(&both).contains(&format!("NODE:        {node}")), "the other answers: {}", text(&both));
    configuration(&cluster);
}

/// Configurations that are refused before anything changes, with the place of the mistake.
fn configuration(cluster: &Cluster) {
    let node = cluster.nodes[0].as_str();
    let stored = cluster.ok(&["-n", node, "get", "machineconfig", "v1alpha1", "-o", "jsonpath={.spec}"]);
    let good = cluster.file("good.yaml", &stored);
    let good = good.to_str().unwrap();
    let attempts: [(&str, &[&str], &[&str]); 4] = [
        ("unknown key", &["-p", "machine: {nope: 1}"], &["nope"]),
        ("wrong type", &["-p", "machine: {certSANs: 7}"], &["certSANs"]),
        (
            "absent path",
            &["-p", "machine: {sysctls: {$patch: delete}, nodeLabels: {a: {$patch: delete}}}"],
            &["machine"],
        ),
        (
            "bad host name",
            &["-p", "apiVersion: v1alpha1\nkind: HostnameConfig\nauto: off\nhostname: not_valid_"],
            &["hostname"],
        ),
    ];
    for (what, patch, words) in attempts {
        let mut args = vec!["-n", node, "apply-config", "-f", good];
        args.extend(patch);
        let said = cluster.fails(&args);
        for word in words {
            assert!(said.contains(word), "{what}: {word} is not named: {said}");
        }
    }
    // Operations are for configurations of one document, as older versions have them.
    let folder = cluster.folder().join("older");
    let older = folder.to_str().unwrap();
    cluster.ok(&["gen", "config", "older", "https://10.5.0.1:6443", "--talos-version", "v1.10", "-o", older]);
    let operation = r#"[{"op": "remove", "path": "/machine/absent"}]"#;
    let older = format!("{older}/controlplane.yaml");
    let said = cluster.fails(&["-n", node, "apply-config", "-f", &older, "-p", operation]);
    assert!(said.contains("/machine/absent"), "{said}");
    let after = cluster.ok(&["-n", node, "get", "machineconfig", "v1alpha1", "-o", "jsonpath={.spec}"]);
    assert_eq!(stored, after, "a refused configuration changed something");
    let unchanged = cluster.run(&["-n", node, "apply-config", "-f", good, "--dry-run"]);
    assert!(unchanged.status.success(), "{}", text(&unchanged));
}
