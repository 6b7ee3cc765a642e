//! What decoding accepts and refuses.

use super::*;
use crate::documents::network::BondConfig;

fn refused(text: &str) -> Vec<String> {
    let report = Config::decode("c.yaml", text.as_bytes()).unwrap_err();
    report.problems().iter().map(ToString::to_string).collect()
}

#[test]
fn every_problem_is_reported_with_position_path_and_suggestion() {
    let text = "\
machine:
  tpye: worker
  kubelet:
    clusterDNS: 10.96.0.10
  install:
    wipe: maybe
    disk: {}
kubelet: {}
";
    assert_eq!(
        refused(text),
        [
            "c.yaml:2:3: error: v1alpha1: machine.tpye: unknown key; did you mean \"type\"?",
            "c.yaml:4:17: error: v1alpha1: machine.kubelet.clusterDNS: expected a list, found a string",
            "c.yaml:6:11: error: v1alpha1: machine.install.wipe: expected true or false, found a string \"maybe\"",
            "c.yaml:7:11: error: v1alpha1: machine.install.disk: expected a text, found a mapping",
            "c.yaml:8:1: error: v1alpha1: kubelet: unknown key; did you mean \"machine.kubelet\"?",
        ]
    );
}

#[test]
fn secrets_are_not_part_of_messages() {
    let text = "machine:\n  ca:\n    key: 'not base64 but secret'\n  token: {a: hunter2}\n";
    let messages = refused(text).join("\n");
    assert!(!messages.contains("secret"), "{messages}");
    assert!(!messages.contains("hunter2"), "{messages}");
}

#[test]
fn documents_are_told_apart_as_the_contract_says() {
    assert_eq!(refused("- a\n"), ["c.yaml:1:1: error: expected a YAML document at line 1, found a list"]);
    assert_eq!(refused("foo: 1\n"), ["c.yaml:1:1: error: missing kind"]);
    assert_eq!(refused("kind: BondConfig\n"), ["c.yaml:1:1: error: missing apiVersion"]);
    assert_eq!(
        refused("apiVersion: v1alpha1\nkind: BondConfg\n"),
        [
            "c.yaml:2:7: error: BondConfg: \"BondConfg\" \"v1alpha1\": not registered; did you mean \"BondConfig\"?"
        ]
    );
    assert_eq!(
        refused("apiVersion: v2\nkind: BondConfig\nname: b\n"),
        [
            "c.yaml:1:13: error: BondConfig b: \"BondConfig\" \"v2\": not registered; did you mean \"v1alpha1\"?"
        ]
    );
    for text in ["machine: {}\n", "cluster: {}\n", "debug: false\n", "persist: true\n", "version: v1alpha1\n"]
    {
        assert!(Config::decode("c.yaml", text.as_bytes()).unwrap().is_complete(), "{text}");
    }
}

#[test]
fn duplicates_and_shared_names_are_refused() {
    let link = |kind: &str, name: &str| format!("---\napiVersion: v1alpha1\nkind: {kind}\nname: {name}\n");
    let text = link("DummyLinkConfig", "d0") + &link("DummyLinkConfig", "d0");
    assert_eq!(
        refused(&text),
        [
            "c.yaml:6:1: error: DummyLinkConfig d0: duplicate document v1alpha1/DummyLinkConfig/d0 is not allowed \
          (line 5): the first is at line 1; give it another name"
        ]
    );
    let text = link("DummyLinkConfig", "d0") + &link("LinkConfig", "d0");
    assert_eq!(
        refused(&text),
        ["c.yaml:8:7: error: LinkConfig d0: the name \"d0\" is already taken by DummyLinkConfig d0"]
    );
    let text = link("VethConfig", "v0") + "peer: {name: v1}\n" + &link("LinkConfig", "v1");
    assert_eq!(refused(&text).len(), 1);
    let text = "machine: {}\n---\ncluster: {}\n";
    assert!(refused(text)[0].contains("duplicate document /v1alpha1/"));
}

#[test]
fn unchanged_configurations_keep_their_bytes() {
    let text = "# mine\nmachine: {type: worker} # yes\n";
    let config = Config::decode("c.yaml", text.as_bytes()).unwrap();
    assert_eq!(config.bytes(), text.as_bytes());
    assert_eq!(config.canonical_text(), "machine:\n    type: worker\n");
}

#[test]
fn records_are_read_from_documents() {
    let text = "\
apiVersion: v1alpha1
kind: BondConfig
name: bond0
links: [eth0, eth1]
bondMode: 802.3ad
miimon: 100
mtu: 9000
addresses:
  - address: 10.0.0.2/24
";
    let config = Config::decode("c.yaml", text.as_bytes()).unwrap();
    let bond: BondConfig = config.get().unwrap();
    assert_eq!(bond.links, ["eth0", "eth1"]);
    assert_eq!(bond.mode, Some(crate::documents::network::BondMode::Lacp));
    assert_eq!(bond.link.mtu, Some(9000));
    assert_eq!(bond.link.addresses[0].address.unwrap().to_string(), "10.0.0.2/24");
}

#[test]
fn a_lenient_decoder_keeps_what_it_does_not_know() {
    let text = "machine:\n  type: worker\n  future: 1\n  certSANs: 7\n---\napiVersion: v1alpha1\nkind: FutureConfig\nname: x\n";
    assert!(Config::decode("c.yaml", text.as_bytes()).is_err());
    let config = Config::decode_lenient("c.yaml", text.as_bytes()).unwrap();
    let found: Vec<_> = config.decode_warnings().problems().iter().map(|p| p.rule.to_string()).collect();
    assert_eq!(found, ["unknown-key", "wrong-type", "unknown-kind"]);
    assert_eq!(config.bytes(), text.as_bytes());
    assert_eq!(config.documents().len(), 2);
    assert!(config.v1alpha1().unwrap().machine.as_ref().unwrap().cert_sans.is_empty());
}

#[test]
fn older_spellings_of_kinds_are_accepted() {
    for kind in ["KubeSpanEndpoints", "KubeSpanEndpointsConfig"] {
        let text =
            format!("apiVersion: v1alpha1\nkind: {kind}\nextraAnnouncedEndpoints: ['10.0.0.1:51820']\n");
        let config = Config::decode("c.yaml", text.as_bytes()).unwrap();
        assert_eq!(config.documents()[0].id.kind, "KubeSpanEndpointsConfig");
    }
}

#[test]
fn error_statuses_hold_the_words_that_clients_look_for() {
    let text =
        "machine:\n  nope: 1\n  network: {interfaces: [{interface: e}, {interface: f, tokn: hunter2}]}\n";
    let report = Config::decode("the request", text.as_bytes()).unwrap_err();
    assert_eq!(
        report.status_text(),
        "error decoding document /v1alpha1/ (line 1): unknown keys found during decoding:\n\
         machine:\n    nope: 1\n    network:\n        interfaces:\n            - tokn: REDACTED\n\n\
         the request:2:3: error: v1alpha1: machine.nope: unknown key\n\
         the request:3:57: error: v1alpha1: machine.network.interfaces[1].tokn: unknown key"
    );
}
