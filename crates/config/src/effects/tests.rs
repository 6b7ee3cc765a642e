//! What changes do, and what is said of configurations that do nothing.

use super::*;
use crate::Config;
use crate::documents::kind_of;

fn config(text: &str) -> Config {
    Config::decode("c.yaml", text.as_bytes()).unwrap_or_else(|report| panic!("{report}"))
}

fn told(text: &str, mode: Mode) -> Vec<String> {
    lines(&config(text).without_effect(mode))
}

#[test]
fn who_believes_to_be_protected_is_told_first_and_each_kind_once() {
    let text = "\
machine: {type: worker, logging: {destinations: [{endpoint: 'tcp://a:1', format: json_lines}]}}
cluster: {}
---
apiVersion: v1alpha1
kind: NetworkDefaultActionConfig
ingress: block
---
apiVersion: v1alpha1
kind: NetworkRuleConfig
name: ssh
portSelector: {ports: [22], protocol: tcp}
---
apiVersion: v1alpha1
kind: NetworkRuleConfig
name: kubelet
portSelector: {ports: [10250], protocol: tcp}
---
apiVersion: v1alpha1
kind: VolumeConfig
name: EPHEMERAL
encryption: {provider: luks2, keys: [{slot: 0, nodeID: {}}]}
";
    assert_eq!(
        told(text, Mode::Container),
        [
            "NetworkDefaultActionConfig: has NO EFFECT in this version: packets are not filtered: every port stays \
             open to whoever reaches the machine",
            "NetworkRuleConfig ssh, kubelet: has NO EFFECT in this version: packets are not filtered: every port \
             stays open to whoever reaches the machine",
            "VolumeConfig EPHEMERAL: encryption: has NO EFFECT in this version: the volume is not encrypted: what is \
             on it can be read on the disk",
            "v1alpha1: machine.logging: has no effect in this version: logs of services are sent to nobody",
            "without effect in container mode, where it is the host's affair: VolumeConfig EPHEMERAL",
        ]
    );
}

#[test]
fn what_asks_for_nothing_or_for_what_is_the_case_is_not_told_of() {
    let text = "\
debug: false
machine:
  type: worker
  disks: []
  logging: {}
  udev: {rules: []}
  sysctls: {net.core.somaxconn: '1024'}
  network: {kubespan: {enabled: false}}
  features: {rbac: true, imageCache: {localEnabled: false}, kubernetesTalosAPIAccess: {enabled: false}}
  files: [{path: /var/a, content: a, op: create}]
cluster: {discovery: {enabled: true, registries: {kubernetes: {disabled: true}}}}
---
apiVersion: v1alpha1
kind: NetworkDefaultActionConfig
ingress: accept
---
apiVersion: v1alpha1
kind: KubeSpanConfig
---
apiVersion: v1alpha1
kind: LinkConfig
name: eth0
multicast: true
";
    assert_eq!(told(text, Mode::Container), [""; 0]);
}

#[test]
fn only_what_a_container_leaves_to_its_host_depends_on_the_mode() {
    let text = "machine: {type: worker, sysfs: {a: b}, sysctls: {vm.swappiness: '1'}, files: [{path: /etc/a, op: \
                append}]}\ncluster: {}\n";
    let container = told(text, Mode::Container);
    for path in ["machine.files[].path", "machine.files[].op", "machine.sysctls", "machine.sysfs"] {
        assert!(container.iter().any(|line| line.contains(path)), "{path}: {container:?}");
    }
    let metal = told(text, Mode::Metal);
    assert!(metal.len() == 2 && metal.iter().all(|line| line.contains("machine.files")), "{metal:?}");
}

#[test]
fn a_notice_is_at_the_place_of_the_first_value() {
    let text = "machine:\n  type: worker\n  network:\n    interfaces:\n      - interface: a\n      - interface: b\n        \
                vip: {ip: 10.0.0.9}\ncluster: {}\n---\napiVersion: v1alpha1\nkind: OOMConfig\n";
    let problems: Vec<String> = config(text)
        .without_effect(Mode::Metal)
        .iter()
        .map(|notice| notice.problem("c.yaml").to_string())
        .collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("c.yaml:9:1: warning: OOMConfig: has no effect"), "{problems:?}");
    let at = "c.yaml:7:9: warning: v1alpha1: machine.network.interfaces[1].vip: has no effect";
    assert!(problems[1].starts_with(at), "{problems:?}");
}

#[test]
fn paths_inherit_and_override_the_effect_of_what_they_are_in() {
    let legacy = Some(&V1ALPHA1);
    let table = [
        ("machine.kubelet.extraArgs.v", Effect::ServiceRestart("kubelet")),
        ("machine.install.image", Effect::NoneAfterInstall),
        ("machine.sysctls.a", Effect::Live),
        ("machine.type", Effect::Reinstall),
        ("machine.env.A", Effect::Reboot),
        ("machine.systemDiskEncryption.state.keys.0", Effect::Reboot),
        ("machine.systemDiskEncryption.state.cipher", Effect::Reinstall),
        ("cluster.apiServer.certSANs.0", Effect::Live),
        ("cluster.apiServer.image", Effect::ServiceRestart("kube-apiserver")),
        ("machine.future", Effect::Reboot),
    ];
    for (path, effect) in table {
        assert_eq!(effect_of(legacy, &Path::dotted(path)), effect, "{path}");
    }
    assert_eq!(effect_of(kind_of("LinkConfig"), &Path::dotted("addresses.0.address")), Effect::Live);
    assert_eq!(effect_of(kind_of("VolumeConfig"), &Path::dotted("provisioning.minSize")), Effect::Reinstall);
    assert_eq!(effect_of(None, &Path::root()), Effect::Reboot);
}

#[test]
fn every_field_has_a_row_that_agrees_with_the_answer_for_its_path() {
    let rows = effects();
    assert!(rows.len() > 1000, "{}", rows.len());
    for row in rows {
        let kind = kind_of(row.kind).or(Some(&V1ALPHA1));
        let path = row.path.replace("[]", ".0").replace("{}", ".key");
        assert_eq!(effect_of(kind, &Path::dotted(&path)), row.effect, "{} {}", row.kind, row.path);
    }
}
