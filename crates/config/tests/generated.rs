//! Generated configurations, byte by byte: one golden file a version, role and set of choices.
//! The bundle is made of readable words in place of keys. `UPDATE_GOLDEN=1` writes the files anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

mod support;

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use config::Config;
use config::documents::v1alpha1::MachineType;
use config::generate::{Comments, Input, VersionContract, commented_machine_config, machine_config};
use config::secrets::{Pair, Secrets};
use config::validate::{Mode, ValidateOptions};
use config::yaml::{Limits, read_with, write_stream};
use support::cpu_time;

/// A text that looks like PEM to people.
fn pem(what: &str, name: &str) -> String {
    STANDARD.encode(format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", STANDARD.encode(name)))
}

fn pair(name: &str) -> Pair {
    Pair {
        crt: pem("CERTIFICATE", &format!("certificate of {name}")),
        key: pem("PRIVATE KEY", &format!("key of {name}")),
    }
}

fn secrets(contract: VersionContract) -> Secrets {
    let key = |name: &str| STANDARD.encode(format!("{name:-<32}"));
    let secretbox = contract.after(1, 2);
    Secrets {
        cluster_id: key("cluster-id"),
        cluster_secret: key("cluster-secret"),
        bootstrap_token: "boottk.0123456789abcdef".to_owned(),
        secretbox_encryption_secret: if secretbox { key("secretbox") } else { String::new() },
        aescbc_encryption_secret: if secretbox { String::new() } else { key("aescbc") },
        trustd_token: "trustd.0123456789abcdef".to_owned(),
        etcd: pair("etcd"),
        k8s: pair("kubernetes"),
        k8s_aggregator: pair("aggregation"),
        k8s_service_account_key: pem("PRIVATE KEY", "key of service accounts"),
        os: pair("nodes"),
    }
}

fn input(contract: VersionContract) -> Input {
    Input {
        contract,
        kubernetes_version: "1.36.0".to_owned(),
        install_image: "registry.example.org/installer:v1".to_owned(),
        ..Input::new("demo", "https://192.0.2.1:6443")
    }
}

/// Every flag that has another default.
fn with_flags(contract: VersionContract) -> Input {
    Input {
        install_disk: "/dev/vda".to_owned(),
        additional_sans: vec!["cluster.example.org".to_owned()],
        dns_domain: "demo.local".to_owned(),
        registry_mirrors: vec![("docker.io".to_owned(), "https://mirror.example.org".to_owned())],
        discovery: false,
        kubespan: true,
        ..input(contract)
    }
}

/// Compares with a golden file, or writes it.
fn golden(name: &str, text: &str, problems: &mut Vec<String>) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/generated").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if expected != text {
        let line = expected.lines().zip(text.lines()).position(|(l, r)| l != r);
        problems.push(format!("{name} differs at line {}", line.map_or(0, |line| line + 1)));
    }
}

fn check(set: &str, render: impl Fn(VersionContract, &Secrets, MachineType) -> String) {
    let mut problems = Vec::new();
    for minor in 0..=14 {
        let contract = VersionContract::parse(&format!("v1.{minor}")).unwrap();
        let secrets = secrets(contract);
        for (role, file) in [(MachineType::ControlPlane, "controlplane"), (MachineType::Worker, "worker")] {
            let name = format!("{set}/{contract}-{file}.yaml");
            golden(&name, &render(contract, &secrets, role), &mut problems);
        }
    }
    assert!(problems.is_empty(), "look at each, then set UPDATE_GOLDEN=1:\n{}", problems.join("\n"));
}

#[test]
fn every_version_and_role_without_comments_is_as_committed() {
    check("plain", |contract, secrets, role| machine_config(&input(contract), secrets, role));
}

#[test]
fn every_version_and_role_with_all_flags_is_as_committed() {
    check("flags", |contract, secrets, role| machine_config(&with_flags(contract), secrets, role));
}

#[test]
fn every_version_and_role_with_docs_and_examples_is_as_committed() {
    check("commented", |contract, secrets, role| {
        commented_machine_config(&input(contract), secrets, role, Comments::default())
    });
}

#[test]
fn machines_without_kubernetes_are_as_committed_and_valid() {
    let mut problems = Vec::new();
    let contract = VersionContract::CURRENT;
    let input = Input { kubernetes: false, ..input(contract) };
    for (role, file) in [(MachineType::ControlPlane, "controlplane"), (MachineType::Worker, "worker")] {
        let text = machine_config(&input, &secrets(contract), role);
        golden(&format!("without-kubernetes/{contract}-{file}.yaml"), &text, &mut problems);
        let reviewed = Config::review("c.yaml", text.as_bytes(), &ValidateOptions::local(Mode::Metal));
        // The secrets of these files are samples.
        let other = reviewed.report.problems().iter().find(|problem| problem.rule != "pem-sample");
        assert!(other.is_none(), "{}", reviewed.report);
    }
    assert!(problems.is_empty(), "look at each, then set UPDATE_GOLDEN=1:\n{}", problems.join("\n"));
}

#[test]
fn either_kind_of_comment_alone_is_as_committed() {
    let mut problems = Vec::new();
    for version in ["v1.11", "v1.14"] {
        let contract = VersionContract::parse(version).unwrap();
        let secrets = secrets(contract);
        for (name, comments) in [
            ("docs", Comments { docs: true, examples: false }),
            ("examples", Comments { docs: false, examples: true }),
        ] {
            let text =
                commented_machine_config(&input(contract), &secrets, MachineType::ControlPlane, comments);
            golden(&format!("only-{name}/{version}-controlplane.yaml"), &text, &mut problems);
        }
    }
    assert!(problems.is_empty(), "look at each, then set UPDATE_GOLDEN=1:\n{}", problems.join("\n"));
}

#[test]
fn comments_survive_being_read_and_written_again() {
    let contract = VersionContract::CURRENT;
    let text = commented_machine_config(
        &input(contract),
        &secrets(contract),
        MachineType::ControlPlane,
        Comments::default(),
    );
    let limits = Limits { comments: true, ..Limits::default() };
    let documents = read_with(text.as_bytes(), &limits).unwrap();
    let again = write_stream(documents.iter().map(|document| &document.root));
    assert_eq!(again, text);
}

#[test]
fn commented_files_are_made_well_within_their_time() {
    let contract = VersionContract::CURRENT;
    let (input, secrets) = (input(contract), secrets(contract));
    let began = cpu_time();
    for _ in 0..10 {
        for role in [MachineType::ControlPlane, MachineType::Worker] {
            commented_machine_config(&input, &secrets, role, Comments::default());
        }
    }
    // The whole command has 12 ms; without optimisation this is far more than it needs.
    let took = cpu_time().saturating_sub(began);
    assert!(took < std::time::Duration::from_millis(500), "{took:?}");
}
