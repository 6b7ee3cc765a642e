//! What changes look like.

use super::*;

fn config(text: &str) -> Config {
    Config::decode("c.yaml", text.as_bytes()).unwrap_or_else(|report| panic!("{report}"))
}

fn lines(old: &str, new: &str) -> Vec<String> {
    diff(&config(old), &config(new)).iter().map(ToString::to_string).collect()
}

#[test]
fn changes_name_path_values_and_effect() {
    let old = "\
machine:
  type: worker
  token: hunter1
  certSANs: [a, b]
  sysctls: {net.core.somaxconn: 1024}
  install: {image: old, wipe: false}
  nodeLabels: {x: '1'}
---
apiVersion: v1alpha1
kind: LinkConfig
name: eth0
";
    let new = "\
machine:
  sysctls: {net.core.somaxconn: '1024', vm.swappiness: '1'}
  type: worker
  token: hunter2
  certSANs: [a, c, b]
  install: {image: new, wipe: false}
---
apiVersion: v1alpha1
kind: WireguardConfig
name: wg0
privateKey: hunter2
";
    assert_eq!(
        lines(old, new),
        [
            "v1alpha1 machine.sysctls[\"vm.swappiness\"]: + \"1\" (live)",
            "v1alpha1 machine.token: REDACTED → REDACTED (service-restart(trustd))",
            "v1alpha1 machine.certSANs[1]: + c (live)",
            "v1alpha1 machine.install.image: old → new (no effect)",
            "v1alpha1 machine.nodeLabels: - {\"x\":\"1\"} (live)",
            "WireguardConfig wg0 is added (no effect)",
            "LinkConfig eth0 is removed (live)",
        ]
    );
    let json = diff(&config(old), &config(new))[5].to_json();
    assert_eq!(json["new"]["privateKey"], "REDACTED");
}

#[test]
fn order_comments_and_notation_make_no_difference() {
    let old =
        "machine: {type: worker, certSANs: [10.0.0.1]} # x\n---\napiVersion: v1alpha1\nkind: OOMConfig\n";
    let new = "apiVersion: v1alpha1\nkind: OOMConfig\n---\nmachine:\n  certSANs:\n  - '10.0.0.1'\n  type: \"worker\"\n  time: null\n";
    assert!(lines(old, new).is_empty());
}

#[test]
fn items_of_lists_are_followed_by_what_they_begin_with() {
    let old = "machine:\n  network:\n    interfaces:\n      - {interface: eth0, mtu: 1500, addresses: [10.0.0.1/24]}\n      \
               - {interface: eth1}\n      - {deviceSelector: {driver: a}, mtu: 1500}\n";
    let new = "machine:\n  network:\n    interfaces:\n      - {interface: eth9}\n      \
               - {mtu: 9000, interface: eth0, addresses: [10.0.0.1/24, 10.0.0.2/24]}\n      - {interface: eth1}\n      \
               - {deviceSelector: {driver: a}, mtu: 1400}\n      - {interface: eth2}\n";
    assert_eq!(
        lines(old, new),
        [
            "v1alpha1 machine.network.interfaces[0]: + {\"interface\":\"eth9\"} (live)",
            "v1alpha1 machine.network.interfaces[1].mtu: 1500 → 9000 (live)",
            "v1alpha1 machine.network.interfaces[1].addresses[1]: + 10.0.0.2/24 (live)",
            "v1alpha1 machine.network.interfaces[3].mtu: 1500 → 1400 (live)",
            "v1alpha1 machine.network.interfaces[4]: + {\"interface\":\"eth2\"} (live)",
        ]
    );
    let back = lines(new, old);
    assert_eq!(back.len(), 5);
    assert!(
        back.contains(
            &"v1alpha1 machine.network.interfaces[4]: - {\"interface\":\"eth2\"} (live)".to_owned()
        )
    );
}

#[test]
fn what_moves_within_a_list_goes_and_comes_and_the_rest_stays() {
    let list = |items: &str| format!("machine: {{certSANs: [{items}]}}\n");
    assert_eq!(
        lines(&list("a, b, c, d, a"), &list("d, a, b, c, a")),
        ["v1alpha1 machine.certSANs[0]: + d (live)", "v1alpha1 machine.certSANs[3]: - d (live)"]
    );
    assert_eq!(
        lines(&list("a, b"), &list("x")),
        [
            "v1alpha1 machine.certSANs[0]: - a (live)",
            "v1alpha1 machine.certSANs[1]: - b (live)",
            "v1alpha1 machine.certSANs[0]: + x (live)",
        ]
    );
    assert_eq!(lines(&list("a, b"), &list("a, x")), ["v1alpha1 machine.certSANs[1]: b → x (live)"]);
}

#[test]
fn long_lists_that_share_nothing_are_compared_in_time() {
    let list = |from: u32| {
        let items: Vec<String> = (from..from + 50_000).map(|number| number.to_string()).collect();
        format!("machine: {{certSANs: [{}]}}\n", items.join(", "))
    };
    assert_eq!(lines(&list(0), &list(50_000)).len(), 50_000);
    assert_eq!(lines(&list(0), &list(25_000)).len(), 50_000);
}

#[test]
fn secrets_inside_free_mappings_are_hidden() {
    let doc = |secret: &str| {
        format!(
            "apiVersion: v1alpha1\nkind: KubeEtcdEncryptionConfig\nconfig: {{resources: [{{providers: [{{secretbox: \
             {{keys: [{{name: k, secret: {secret}}}]}}}}]}}]}}\n"
        )
    };
    let changes = lines(&doc("hunter1"), &doc("hunter2"));
    assert_eq!(
        changes,
        [
            "KubeEtcdEncryptionConfig config.resources[0].providers[0].secretbox.keys[0].secret: REDACTED → REDACTED \
          (service-restart(kube-apiserver))"
        ]
    );
}

#[test]
fn text_diffs_are_those_that_clients_print() {
    let old = config("machine:\n  type: worker\n  token: hunter2\n  certSANs: [a]\n");
    let new = config(
        "machine:\n  type: worker\n  token: hunter2\n  sysctls: {a: '1'}\n  certSANs: [a]\n  env: {}\n",
    );
    assert_eq!(
        text_diff(&old, &new),
        "--- a\n+++ b\n@@ -3,3 +3,5 @@\n     token: REDACTED\n     certSANs:\n         - a\n+    sysctls:\n+        a: \"1\"\n"
    );
    assert_eq!(text_diff(&old, &old), "");
}

#[test]
fn arguments_are_texts_however_they_are_written() {
    let args = |value: &str| format!("machine:\n  type: worker\n  kubelet:\n    extraArgs: {{v: {value}}}\n");
    assert_eq!(lines(&args("4"), &args("'4'")), [""; 0]);
    assert_eq!(lines(&args("[4, true]"), &args("['4', 'true']")), [""; 0]);
    assert_eq!(lines(&args("[4]"), &args("4")).len(), 1);
    assert_eq!(lines(&args("4"), &args("5")).len(), 1);
}

#[test]
fn sections_that_say_nothing_are_no_change() {
    let old = "machine: {type: worker, certSANs: [], network: {}, kubelet: {extraArgs: {}, nodeIP: {validSubnets: []}}}\n\
               cluster: {discovery: {registries: {service: {}}}, token: ''}\n---\n\
               {apiVersion: v1alpha1, kind: KubeNodeConfig, nodeIP: {}, labels: {}}\n---\n\
               {apiVersion: v1alpha1, kind: KubeletConfig, image: a, config: {}, extraArgs: {}, clusterDNS: []}\n---\n\
               {apiVersion: v1alpha1, kind: LinkConfig, name: a, addresses: [], routes: []}\n";
    let new = "machine: {type: worker}\ncluster: {}\n---\n{apiVersion: v1alpha1, kind: KubeNodeConfig}\n---\n\
               {apiVersion: v1alpha1, kind: KubeletConfig, image: a}\n---\n\
               {apiVersion: v1alpha1, kind: LinkConfig, name: a}\n";
    assert_eq!(lines(old, new), [""; 0]);
    assert_eq!(lines(new, old), [""; 0]);
    assert_eq!(text_diff(&config(old), &config(new)), "");
    // What was there and is empty now has gone.
    assert_eq!(
        lines("machine: {certSANs: [a], nodeLabels: {a: b}}\n", "machine: {certSANs: [], nodeLabels: {}}\n")
            .len(),
        2
    );
    // Some say something by being there.
    for (with, without) in [
        ("machine: {install: {}}\n", "machine: {}\n"),
        ("machine: {systemDiskEncryption: {state: {}}}\n", "machine: {systemDiskEncryption: {}}\n"),
        (
            "machine: {network: {interfaces: [{interface: a, bridge: {}}]}}\n",
            "machine: {network: {interfaces: [{interface: a}]}}\n",
        ),
        (
            "{apiVersion: v1alpha1, kind: VolumeConfig, name: ETCD, provisioning: {}}\n",
            "{apiVersion: v1alpha1, kind: VolumeConfig, name: ETCD}\n",
        ),
        (
            "{apiVersion: v1alpha1, kind: KubeAuditPolicyConfig, configuration: {}}\n",
            "{apiVersion: v1alpha1, kind: KubeAuditPolicyConfig}\n",
        ),
    ] {
        assert_eq!(lines(without, with).len(), 1, "{with}");
        assert_eq!(lines(with, without).len(), 1, "{with}");
    }
}

#[test]
fn words_are_the_same_in_any_letter_case() {
    let bond = |rate: &str, mac: &str| {
        format!("{{apiVersion: v1alpha1, kind: BondConfig, name: b, lacpRate: {rate}, failOverMac: {mac}}}\n")
    };
    assert_eq!(lines(&bond("fast", "active"), &bond("FAST", "1")), [""; 0]);
    assert_eq!(text_diff(&config(&bond("fast", "active")), &config(&bond("Fast", "1"))), "");
    assert_eq!(lines(&bond("fast", "active"), &bond("slow", "2")).len(), 2);
}
