//! A configuration of documents says the same as the one of sections that was generated from the
//! same choices, so that moving a cluster from one to the other changes nothing unforeseen.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use config::Config;
use config::access::Cni;
use config::documents::v1alpha1::MachineType;
use config::generate::{Input, VersionContract, machine_config};
use config::secrets::{Entropy, Secrets};
use config::validate::{Mode, ValidateOptions};

struct Fixed;

impl Entropy for Fixed {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), String> {
        buffer.fill(9);
        Ok(())
    }
}

/// With the older, quicker key of service accounts; its kind makes no difference here.
static SECRETS: LazyLock<Secrets> = LazyLock::new(|| {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let mut secrets = Secrets::generate(VersionContract::parse("v1.6").unwrap(), now, &mut Fixed).unwrap();
    assert!(!secrets.secretbox_encryption_secret.is_empty());
    secrets.aescbc_encryption_secret = String::new();
    secrets
});

fn generated(version: &str, role: MachineType) -> Config {
    let input = Input {
        contract: VersionContract::parse(version).unwrap(),
        registry_mirrors: vec![("docker.io".to_owned(), "https://mirror.example.org".to_owned())],
        ..Input::new("demo", "https://10.5.0.1:6443")
    };
    let config = Config::decode(version, machine_config(&input, &SECRETS, role).as_bytes());
    config.unwrap_or_else(|report| panic!("{report}"))
}

/// Both generations of a role.
fn both(role: MachineType) -> (Config, Config) {
    (generated("v1.13", role), generated("v1.14", role))
}

#[test]
fn both_generations_are_valid_in_every_mode_that_they_are_for() {
    for role in [MachineType::ControlPlane, MachineType::Worker] {
        let (sections, documents) = both(role);
        for config in [sections, documents] {
            for mode in [Mode::Metal, Mode::Cloud, Mode::Container] {
                let report = config.validate(&ValidateOptions::on_node(mode));
                assert!(!report.has_errors(), "{} {mode}: {report}", config.source());
            }
        }
    }
}

#[test]
fn the_cluster_and_the_node_are_the_same_in_both_generations() {
    for role in [MachineType::ControlPlane, MachineType::Worker] {
        let (sections, documents) = both(role);
        assert_eq!(sections.machine_type(), documents.machine_type());
        assert_eq!(sections.node_api(), documents.node_api());
        assert_eq!(sections.cluster_name(), documents.cluster_name());
        assert_eq!(sections.cluster_endpoint(), documents.cluster_endpoint());
        assert_eq!(sections.cluster_id(), documents.cluster_id());
        assert_eq!(sections.cluster_secret(), documents.cluster_secret());
        assert_eq!(sections.bootstrap_token(), documents.bootstrap_token());
        assert_eq!(sections.discovery(), documents.discovery());
        assert_eq!(sections.kube_network(), documents.kube_network());
        assert_eq!(sections.kube_prism(), documents.kube_prism());
        assert_eq!(sections.kube_node(), documents.kube_node());
        assert_eq!(sections.kubelet(), documents.kubelet());
        assert_eq!(sections.kubernetes_ca(), documents.kubernetes_ca());
        assert_eq!(sections.host_dns(), documents.host_dns());
        assert_eq!(sections.hostname(), documents.hostname());
        assert_eq!(sections.time_sync(), documents.time_sync());
        assert_eq!(sections.registries().mirrors, documents.registries().mirrors);
        assert_eq!(sections.disk_quota_support(), documents.disk_quota_support());
    }
}

#[test]
fn the_control_plane_is_the_same_in_both_generations() {
    let (sections, documents) = both(MachineType::ControlPlane);
    assert_eq!(sections.etcd(), documents.etcd());
    assert_eq!(sections.etcd_encryption(), documents.etcd_encryption());
    assert_eq!(sections.service_account(), documents.service_account());
    assert_eq!(sections.aggregator_ca(), documents.aggregator_ca());
    assert_eq!(sections.api_server(), documents.api_server());
    assert_eq!(sections.controller_manager(), documents.controller_manager());
    assert_eq!(sections.scheduler(), documents.scheduler());
    assert_eq!(sections.kube_proxy(), documents.kube_proxy());
    assert_eq!(sections.admission_plugins(), documents.admission_plugins());
    assert_eq!(sections.audit_policy(), documents.audit_policy());
    assert_eq!(sections.authorizers(), documents.authorizers());
    assert_eq!(sections.talos_api_access(), documents.talos_api_access());
    assert!(matches!((sections.cni(), documents.cni()), (Cni::Flannel(l), Cni::Flannel(r)) if l == r));
}
