//! The rules of patches, one case each.

mod absent;

use super::{Patched, apply, load};
use crate::yaml::Path;
use crate::{Config, DecodeOptions, DocumentId, Report};

fn run(base: &str, patches: &[&str]) -> Result<Patched, Report> {
    let options = DecodeOptions { comments: true, ..DecodeOptions::default() };
    let base = Config::decode_with("base.yaml", base.as_bytes(), &options).expect("the base");
    let loaded: Result<Vec<_>, _> = patches
        .iter()
        .enumerate()
        .map(|(i, text)| load(&format!("p{}.yaml", i + 1), text.as_bytes()))
        .collect();
    apply(&base, &loaded?)
}

/// Each case: the rule, base, patch, result.
#[track_caller]
fn check(table: &[(&str, &str, &str, &str)]) {
    for (rule, base, patch, expected) in table {
        match run(base, &[patch]) {
            Ok(patched) => assert_eq!(patched.text(), *expected, "{rule}"),
            Err(report) => panic!("{rule}: {report}"),
        }
    }
}

#[track_caller]
fn refused(base: &str, patch: &str, expected: &[&str]) {
    let text = match run(base, &[patch]) {
        Ok(patched) => panic!("accepted: {}", patched.text()),
        Err(report) => report.to_string(),
    };
    for part in expected {
        assert!(text.contains(part), "{text:?} does not contain {part:?}");
    }
}

const HOSTNAME: &str = "---\napiVersion: v1alpha1\nkind: HostnameConfig\nauto: stable\n";

#[test]
fn values_merge_by_their_type() {
    check(&[
        (
            "a scalar replaces",
            "machine:\n    type: worker\n",
            "machine: {type: controlplane}",
            "machine:\n    type: controlplane\n",
        ),
        (
            "false replaces true",
            "machine:\n    install:\n        wipe: true\n",
            "machine: {install: {wipe: false}}",
            "machine:\n    install:\n        wipe: false\n",
        ),
        (
            "older words for booleans are written as booleans",
            "machine:\n    install:\n        wipe: off\n",
            "machine: {features: {rbac: yes}}",
            "machine:\n    install:\n        wipe: false\n    features:\n        rbac: true\n",
        ),
        (
            "lists append",
            "machine:\n    certSANs:\n        - a\n",
            "machine: {certSANs: [b, a]}",
            "machine:\n    certSANs:\n        - a\n        - b\n        - a\n",
        ),
        (
            "mappings merge by key",
            "machine:\n    sysctls:\n        a: \"1\"\n        b: \"2\"\n",
            "machine: {sysctls: {b: '3', c: ''}}",
            "machine:\n    sysctls:\n        a: \"1\"\n        b: \"3\"\n        c: \"\"\n",
        ),
        (
            "free mappings empty a value",
            "machine:\n    nodeLabels:\n        a: x\n",
            "machine: {nodeLabels: {a: ''}}",
            "machine:\n    nodeLabels:\n        a: \"\"\n",
        ),
        (
            "null changes nothing",
            "machine:\n    type: worker\n",
            "machine: {type: null}",
            "machine:\n    type: worker\n",
        ),
        (
            "an empty text changes nothing",
            "machine:\n    token: a.b\n",
            "machine: {token: ''}",
            "machine:\n    token: a.b\n",
        ),
        (
            "new keys go where the table has them",
            "machine:\n    type: worker\n    certSANs: []\n",
            "machine: {token: a.b}",
            "machine:\n    type: worker\n    token: a.b\n    certSANs: []\n",
        ),
        (
            "mappings in mappings merge",
            "machine:\n    registries:\n        config:\n            a:\n                auth:\n                    username: u\n",
            "machine: {registries: {config: {a: {auth: {password: p}}, b: {}}}}",
            "machine:\n    registries:\n        config:\n            a:\n                auth:\n                    username: u\n                    password: p\n            b: {}\n",
        ),
    ]);
}

#[test]
fn what_belongs_to_others_merges_deeply() {
    check(&[
        (
            "lists append, scalars replace",
            "machine:\n    kubelet:\n        extraConfig:\n            a: 1\n            l:\n                - x\n            m:\n                p: 1\n",
            "machine: {kubelet: {extraConfig: {a: two, l: [z], m: {q: 2}}}}",
            "machine:\n    kubelet:\n        extraConfig:\n            a: two\n            l:\n                - x\n                - z\n            m:\n                p: 1\n                q: 2\n",
        ),
        (
            "arguments are replaced one by one",
            "machine:\n    kubelet:\n        extraArgs:\n            a: \"1\"\n            f:\n                - x\n",
            "machine: {kubelet: {extraArgs: {f: [z], v: '4'}}}",
            "machine:\n    kubelet:\n        extraArgs:\n            a: \"1\"\n            f:\n                - z\n            v: \"4\"\n",
        ),
    ]);
    refused(
        "machine:\n  kubelet:\n    extraConfig: {a: {b: 1}}\n",
        "machine:\n  kubelet:\n    extraConfig:\n      a: 1\n",
        &["p1.yaml:4:7", "machine.kubelet.extraConfig.a", "an integer cannot be merged into a mapping"],
    );
}

#[test]
fn lists_with_rules_of_their_own_follow_them() {
    check(&[
        (
            "pod subnets are replaced",
            "cluster:\n    network:\n        podSubnets:\n            - 10.244.0.0/16\n",
            "cluster: {network: {podSubnets: [10.0.0.0/8]}}",
            "cluster:\n    network:\n        podSubnets:\n            - 10.0.0.0/8\n",
        ),
        (
            "the audit policy is replaced",
            "cluster:\n    apiServer:\n        auditPolicy:\n            kind: Policy\n            rules:\n                - level: Metadata\n",
            "cluster: {apiServer: {auditPolicy: {rules: []}}}",
            "cluster:\n    apiServer:\n        auditPolicy:\n            rules: []\n",
        ),
        (
            "interfaces are found by name",
            "machine:\n    network:\n        interfaces:\n            - interface: eth0\n              dhcp: true\n            - interface: eth1\n",
            "machine: {network: {interfaces: [{interface: eth1, mtu: 9000}, {interface: eth2}]}}",
            "machine:\n    network:\n        interfaces:\n            - interface: eth0\n              dhcp: true\n            - interface: eth1\n              mtu: 9000\n            - interface: eth2\n",
        ),
        (
            "interfaces are found by selector",
            "machine:\n    network:\n        interfaces:\n            - deviceSelector:\n                busPath: \"0*\"\n",
            "machine: {network: {interfaces: [{deviceSelector: {busPath: '0*'}, dhcp: true}]}}",
            "machine:\n    network:\n        interfaces:\n            - deviceSelector:\n                busPath: 0*\n              dhcp: true\n",
        ),
        (
            "VLANs are found by number",
            "machine:\n    network:\n        interfaces:\n            - interface: eth0\n              vlans:\n                - vlanId: 5\n                  addresses:\n                    - 10.0.0.1/24\n",
            "machine: {network: {interfaces: [{interface: eth0, vlans: [{vlanId: 5, addresses: [10.0.0.2/24]}]}]}}",
            "machine:\n    network:\n        interfaces:\n            - interface: eth0\n              vlans:\n                - vlanId: 5\n                  addresses:\n                    - 10.0.0.1/24\n                    - 10.0.0.2/24\n",
        ),
        (
            "admission plugins are found by name",
            "cluster:\n    apiServer:\n        admissionControl:\n            - name: PodSecurity\n              configuration:\n                a: 1\n",
            "cluster: {apiServer: {admissionControl: [{name: PodSecurity, configuration: {a: 2}}]}}",
            "cluster:\n    apiServer:\n        admissionControl:\n            - name: PodSecurity\n              configuration:\n                a: 2\n",
        ),
        (
            "configuration files are found by path",
            "apiVersion: v1alpha1\nkind: ExtensionServiceConfig\nname: x\nconfigFiles:\n    - content: a\n      mountPath: /a\n",
            "{apiVersion: v1alpha1, kind: ExtensionServiceConfig, name: x, configFiles: [{content: b, mountPath: /a}]}",
            "apiVersion: v1alpha1\nkind: ExtensionServiceConfig\nname: x\nconfigFiles:\n    - content: b\n      mountPath: /a\n",
        ),
        (
            "image rules are replaced by image",
            "apiVersion: v1alpha1\nkind: ImageVerificationConfig\nrules:\n    - image: a/*\n      skip: true\n    - image: b/*\n      deny: true\n",
            "{apiVersion: v1alpha1, kind: ImageVerificationConfig, rules: [{image: a/*, deny: true}]}",
            "apiVersion: v1alpha1\nkind: ImageVerificationConfig\nrules:\n    - image: a/*\n      deny: true\n    - image: b/*\n      deny: true\n",
        ),
        (
            "firewall ports are replaced",
            "apiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: r\nportSelector:\n    ports:\n        - 50000\n    protocol: tcp\n",
            "{apiVersion: v1alpha1, kind: NetworkRuleConfig, name: r, portSelector: {ports: [6443]}}",
            "apiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: r\nportSelector:\n    ports:\n        - 6443\n    protocol: tcp\n",
        ),
    ]);
}

#[test]
fn documents_are_found_by_identity_and_others_appended() {
    let base = format!("machine:\n    type: worker\n{HOSTNAME}");
    check(&[
        (
            "by kind",
            &base,
            "{apiVersion: v1alpha1, kind: HostnameConfig, auto: 'off', hostname: a}",
            "machine:\n    type: worker\n---\napiVersion: v1alpha1\nkind: HostnameConfig\nauto: \"off\"\nhostname: a\n",
        ),
        (
            "by name",
            "apiVersion: v1alpha1\nkind: LinkConfig\nname: eth0\nup: true\n",
            "{apiVersion: v1alpha1, kind: LinkConfig, name: eth1, mtu: 1400}\n---\n{apiVersion: v1alpha1, kind: LinkConfig, name: eth0, mtu: 9000}\n",
            "apiVersion: v1alpha1\nkind: LinkConfig\nname: eth0\nup: true\nmtu: 9000\n---\napiVersion: v1alpha1\nkind: LinkConfig\nname: eth1\nmtu: 1400\n",
        ),
        (
            "v1alpha1 comes first",
            "apiVersion: v1alpha1\nkind: HostnameConfig\nauto: stable\n",
            "machine: {type: worker}",
            "machine:\n    type: worker\n---\napiVersion: v1alpha1\nkind: HostnameConfig\nauto: stable\n",
        ),
        (
            "one document twice",
            "machine:\n    type: worker\n",
            "machine: {certSANs: [a]}\n---\nmachine: {certSANs: [b]}\n",
            "machine:\n    type: worker\n    certSANs:\n        - a\n        - b\n",
        ),
    ]);
}

#[test]
fn deletions_remove_values_items_and_documents() {
    let interfaces = "machine:\n    network:\n        hostname: a\n        interfaces:\n            - interface: eth0\n            - interface: eth1\n";
    check(&[
        ("a mapping", interfaces, "machine: {network: {$patch: delete}}", "machine: {}\n"),
        (
            "a scalar",
            interfaces,
            "machine: {network: {hostname: {$patch: delete}}}",
            "machine:\n    network:\n        interfaces:\n            - interface: eth0\n            - interface: eth1\n",
        ),
        (
            "an item",
            interfaces,
            "machine: {network: {interfaces: [{interface: eth0, $patch: delete}]}}",
            "machine:\n    network:\n        hostname: a\n        interfaces:\n            - interface: eth1\n",
        ),
        (
            "an item, and another is added",
            interfaces,
            "machine: {network: {interfaces: [{interface: eth0, $patch: delete}, {interface: eth0, mtu: 9000}]}}",
            "machine:\n    network:\n        hostname: a\n        interfaces:\n            - interface: eth1\n            - interface: eth0\n              mtu: 9000\n",
        ),
        (
            "an item of a list that is replaced otherwise",
            "apiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: r\ningress:\n    - subnet: 10.0.0.0/8\n    - subnet: 10.1.0.0/16\n",
            "{apiVersion: v1alpha1, kind: NetworkRuleConfig, name: r, ingress: [{subnet: 10.0.0.0/8, $patch: delete}]}",
            "apiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: r\ningress:\n    - subnet: 10.1.0.0/16\n",
        ),
        (
            "a document",
            &format!("machine:\n    type: worker\n{HOSTNAME}"),
            "{apiVersion: v1alpha1, kind: HostnameConfig, $patch: delete}",
            "machine:\n    type: worker\n",
        ),
        (
            "an argument",
            "machine:\n    kubelet:\n        extraArgs:\n            a: \"1\"\n            v: \"4\"\n",
            "machine: {kubelet: {extraArgs: {v: {$patch: delete}}}}",
            "machine:\n    kubelet:\n        extraArgs:\n            a: \"1\"\n",
        ),
        (
            "all arguments",
            "machine:\n    kubelet:\n        image: i\n        extraArgs:\n            a: \"1\"\n",
            "machine: {kubelet: {extraArgs: {$patch: delete}}}",
            "machine:\n    kubelet:\n        image: i\n",
        ),
        (
            "what belongs to others",
            "machine:\n    kubelet:\n        extraConfig:\n            a:\n                b: 1\n",
            "machine: {kubelet: {extraConfig: {a: {$patch: delete}}}}",
            "machine: {}\n",
        ),
        (
            "the last item, with the list and what held nothing else",
            "machine:\n    type: worker\n    network:\n        interfaces:\n            - interface: eth0\n",
            "machine: {network: {interfaces: [{interface: eth0, $patch: delete}]}}",
            "machine:\n    type: worker\n",
        ),
        (
            "the last of a document's lists",
            "apiVersion: v1alpha1\nkind: LinkConfig\nname: a\naddresses:\n    - address: 192.0.2.1/24\n",
            "{apiVersion: v1alpha1, kind: LinkConfig, name: a, addresses: [{address: 192.0.2.1/24, $patch: delete}]}",
            "apiVersion: v1alpha1\nkind: LinkConfig\nname: a\n",
        ),
        (
            "the last key, and another in its place",
            "machine:\n    type: worker\n    sysctls:\n        a: \"1\"\n",
            "machine: {sysctls: {a: {$patch: delete}, b: '2'}}",
            "machine:\n    type: worker\n    sysctls:\n        b: \"2\"\n",
        ),
    ]);
}

#[test]
fn deletions_of_what_is_not_there_name_the_path() {
    let base = "machine:\n  type: worker\n  network: {interfaces: [{interface: eth0}]}\n";
    refused(
        base,
        "machine:\n  nodeLabels:\n    foo:\n      $patch: delete\n",
        &["p1.yaml:4:7", "lookup failed", "machine.nodeLabels.foo"],
    );
    for missing in [
        "machine: {sysctls: {a: {$patch: delete}}}",
        "machine: {kubelet: {extraArgs: {v: {$patch: delete}}}}",
        "machine: {kubelet: {extraConfig: {maxPods: {$patch: delete}}}}",
        "machine: {registries: {config: {ghcr.io: {tls: {$patch: delete}}}}}",
        "machine: {kernel: {modules: [{name: nbd, $patch: delete}]}}",
    ] {
        refused(base, missing, &["lookup failed", "machine."]);
    }
    refused(
        base,
        "cluster: {inlineManifests: [{contents: hunter2, $patch: delete}]}",
        &["cluster.inlineManifests[contents=…]"],
    );
    refused(
        base,
        "machine: {network: {interfaces: [{interface: eth9, $patch: delete}]}}",
        &["lookup failed", "machine.network.interfaces[interface=eth9]"],
    );
    let patched = run(base, &["{apiVersion: v1alpha1, kind: LinkConfig, name: a, $patch: delete}"]).unwrap();
    let warnings = patched.warnings.to_string();
    assert!(
        warnings.contains("warning: LinkConfig a: there is no document LinkConfig a to delete"),
        "{warnings}"
    );
}

#[test]
fn directives_that_mean_nothing_are_refused() {
    let base = "machine:\n  network: {interfaces: [{interface: eth0, vip: {ip: 10.0.0.1}}]}\n";
    refused(base, "machine: {network: {$patch: replace}}", &["the only directive is"]);
    refused(base, "machine: {network: {interfaces: [{$patch: delete}]}}", &["say which item"]);
    refused(
        base,
        "machine: {network: {interfaces: [{interface: eth0, vip: {$patch: delete}}]}}",
        &["inside of a list's item"],
    );
    refused(base, "machine:\n  nope: 1\n", &["p1.yaml:2:3", "machine.nope", "unknown key"]);
    refused(base, "- op: test\n  path: /a\n  value: 1\n---\nmachine: {}\n", &["not both"]);
    refused(base, "hello", &["expected a YAML document"]);
}

#[test]
fn json_operations_follow_the_standard() {
    let base = "machine:\n    certSANs:\n        - a\n        - b\n    sysctls:\n        x/y: \"1\"\n";
    check(&[
        (
            "add to a list",
            base,
            "- {op: add, path: /machine/certSANs/1, value: c}",
            "machine:\n    certSANs:\n        - a\n        - c\n        - b\n    sysctls:\n        x/y: \"1\"\n",
        ),
        (
            "append",
            base,
            "[{\"op\":\"add\",\"path\":\"/machine/certSANs/-\",\"value\":\"c\"}]",
            "machine:\n    certSANs:\n        - a\n        - b\n        - c\n    sysctls:\n        x/y: \"1\"\n",
        ),
        (
            "escapes",
            base,
            "- {op: replace, path: /machine/sysctls/x~1y, value: '2'}",
            "machine:\n    certSANs:\n        - a\n        - b\n    sysctls:\n        x/y: \"2\"\n",
        ),
        (
            "from the end",
            base,
            "- {op: remove, path: /machine/certSANs/-1}",
            "machine:\n    certSANs:\n        - a\n    sysctls:\n        x/y: \"1\"\n",
        ),
        (
            "move and copy",
            base,
            "- {op: move, from: /machine/certSANs/0, path: /machine/certSANs/1}\n- {op: copy, from: /machine/certSANs/1, path: /machine/certSANs/0}\n- {op: test, path: /machine/certSANs/0, value: a}",
            "machine:\n    certSANs:\n        - a\n        - b\n        - a\n    sysctls:\n        x/y: \"1\"\n",
        ),
        (
            "replace a member that is not there",
            "machine:\n    type: worker\n    network: {}\n",
            "- {op: replace, path: /machine/network/hostname, value: n1}",
            "machine:\n    type: worker\n    network:\n        hostname: n1\n",
        ),
        (
            "nobody has set it",
            "machine:\n    type: worker\n",
            "- {op: test, path: /machine/sysctls, value: null}\n- {op: test, path: /machine/env}\n- {op: add, path: /machine/sysctls, value: {a: '1'}}",
            "machine:\n    type: worker\n    sysctls:\n        a: \"1\"\n",
        ),
    ]);
    let cases = [
        ("- {op: remove, path: /machine/token}", "lookup failed: there is nothing at \"/machine/token\""),
        ("- {op: replace, path: /machine/certSANs/2, value: x}", "lookup failed"),
        ("- {op: replace, path: /machine/network/hostname, value: x}", "lookup failed"),
        ("- {op: replace, path: /machine/certSANs/0/a, value: x}", "lookup failed"),
        ("- {op: test, path: /machine/sysctls, value: null}", "not the expected one"),
        ("- {op: test, path: /machine/network/hostname, value: null}", "lookup failed"),
        ("- {op: test, path: /machine/certSANs/2, value: null}", "lookup failed"),
        ("- {op: test, path: /machine/token, value: a.b}", "lookup failed"),
        (
            "- {op: add, path: /machine/network/hostname, value: x}",
            "there is nothing at \"/machine/network\" to add",
        ),
        ("- {op: add, path: /machine/certSANs/7, value: x}", "past the end of a list of 2"),
        ("- {op: test, path: /machine/certSANs/0, value: x}", "not the expected one"),
        ("- {op: move, from: /machine, path: /machine/a}", "into itself"),
        ("- {op: copy, from: /machine/nothing, path: /machine/a}", "\"/machine/nothing\""),
        ("- {op: merge, path: /machine}", "is not one of add"),
        ("- {op: add, path: /machine}", "has no \"value\""),
        ("- {op: add, path: machine, value: 1}", "has to begin with"),
        ("- 5", "is a mapping, not an integer"),
        (
            "- {op: add, path: /machine/nope, value: 1}",
            "p1.yaml:1:34: error: v1alpha1: machine.nope: unknown key",
        ),
        (
            "- {op: move, from: /machine/certSANs, path: /machine/nope}",
            "p1.yaml:1:3: error: v1alpha1: machine.nope: unknown key",
        ),
    ];
    for (patch, expected) in cases {
        refused(base, patch, &[expected, "p1.yaml:1:"]);
    }
}

#[test]
fn json_operations_need_a_single_document() {
    let base = format!("machine: {{type: worker}}\n{HOSTNAME}");
    refused(
        &base,
        "- {op: remove, path: /machine/type}",
        &["JSON6902 patches are not supported for multi-document machine configuration"],
    );
}

#[test]
fn comments_of_the_base_survive() {
    let base = "# mine\nmachine:\n    # the role\n    type: worker # never change\n    certSANs:\n        - a # first\n";
    check(&[(
        "comments",
        base,
        "machine: {type: controlplane, certSANs: [b]}",
        "# mine\nmachine:\n    # the role\n    type: controlplane # never change\n    certSANs:\n        - a # first\n        - b\n",
    )]);
}

#[test]
fn every_value_knows_its_patch_and_line() {
    let patched = run(
        "machine:\n  type: worker\n  certSANs: [a]\n",
        &[
            "machine:\n  certSANs:\n    - b\n",
            "machine:\n  sysctls: {x: '1'}\n  type: worker\n",
            "- {op: remove, path: /machine/certSANs/0}\n",
        ],
    )
    .unwrap();
    let of = |path: &str| {
        let origin = patched.origins.get(&DocumentId::v1alpha1(), &Path::dotted(path)).unwrap();
        format!("{}#{} {}", origin.source.name, origin.source.step, origin.span)
    };
    assert_eq!(of("machine.type"), "base.yaml#0 2:3");
    assert_eq!(of("machine.certSANs.0"), "p1.yaml#1 3:7");
    assert_eq!(of("machine.sysctls.x"), "p2.yaml#2 2:13");
}

#[test]
fn without_patches_the_text_stays_verbatim() {
    let base = "machine: {type: worker}   # odd\n";
    assert_eq!(run(base, &["# nothing\n"]).unwrap().text(), base);
}

#[test]
fn what_was_unknown_may_stay_and_what_a_patch_brings_may_not() {
    let base = Config::decode_lenient("node.yaml", b"machine: {type: worker, future: 1}\n").unwrap();
    let good = load("p", b"machine: {certSANs: [a]}").unwrap();
    assert!(apply(&base, &[good]).unwrap().text().contains("future: 1"));
    let bad = load("p", b"- {op: add, path: /machine/nope, value: 1}").unwrap();
    let report = apply(&base, &[bad]).unwrap_err().to_string();
    assert!(report.contains("machine.nope") && !report.contains("future"), "{report}");
}

#[test]
fn operations_that_multiply_or_nest_are_refused_within_a_budget() {
    let base = "machine:\n  kubelet:\n    extraConfig:\n      a: {b: [1, 2, 3, 4, 5, 6, 7, 8]}\n";
    let double: String = (0..60)
        .map(|i| {
            format!("- {{op: copy, from: /machine/kubelet/extraConfig, path: /machine/kubelet/extraConfig/x{i}}}\n")
        })
        .collect();
    refused(base, &double, &["p1.yaml:", "copies and moves of this patch are too large"]);
    let deeper = "- {op: add, path: /machine/n, value: {}}\n- {op: move, from: /machine/kubelet, path: /machine/n/o}\n\
        - {op: move, from: /machine/n, path: /machine/kubelet}\n";
    refused(base, &deeper.repeat(200), &["p1.yaml:", "nested more than 128 levels deep"]);
    let front = "- {op: add, path: /machine/certSANs/0, value: x}\n";
    let many = format!("- {{op: add, path: /machine/certSANs, value: []}}\n{}", front.repeat(7_000));
    refused(base, &many, &["p1.yaml:", "moves too many items of long lists"]);
}

#[test]
fn long_lists_are_appended_in_time_that_grows_with_their_length() {
    let list = |name: &str| format!("machine:\n  certSANs: [{}]\n", format!("{name}, ").repeat(50_000));
    let began = std::time::Instant::now();
    let patched = run(&list("a"), &[&list("b")]).unwrap();
    assert_eq!(patched.config.v1alpha1().unwrap().machine.as_ref().unwrap().cert_sans.len(), 100_000);
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn what_a_newer_system_left_can_be_taken_away_and_a_slip_is_told_from_it() {
    let options = DecodeOptions { lenient: true, ..DecodeOptions::default() };
    let text = b"machine: {type: worker, future: {a: 1}, sysctls: {a: b}}\n";
    let base = Config::decode_with("base.yaml", text, &options).unwrap();
    let patched = apply(&base, &[load("p", b"machine: {future: {$patch: delete}}\n").unwrap()]).unwrap();
    assert_eq!(patched.text(), "machine:\n    type: worker\n    sysctls:\n        a: b\n");
    let report = run("machine: {sysctls: {a: b}}\n", &["machine: {sysctl: {$patch: delete}}\n"]).unwrap_err();
    assert_eq!(
        report.to_string(),
        "p1.yaml:1:20: error: v1alpha1: lookup failed: there is no machine.sysctl to delete; did you mean \"sysctls\"?"
    );
}
