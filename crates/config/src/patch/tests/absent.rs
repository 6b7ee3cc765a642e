//! Patches of what is not there, of what is there already, and of halves of what belongs together.

use super::{check, run};

#[test]
fn fields_that_are_not_set_are_taken_away_without_a_word() {
    let base = "machine:\n    type: worker\n";
    for field in [
        "machine: {sysctls: {$patch: delete}}",
        "machine: {kubelet: {$patch: delete}}",
        "machine: {kubelet: {extraArgs: {$patch: delete}}}",
        "machine: {network: {kubespan: {filters: {endpoints: {$patch: delete}}}}}",
        "machine: {network: {interfaces: {$patch: delete}}, certSANs: {$patch: delete}}",
        "cluster: {network: {cni: {$patch: delete}}}",
    ] {
        check(&[(field, base, field, base)]);
    }
    let documents = format!("{base}---\napiVersion: v1alpha1\nkind: LinkConfig\nname: eth0\nup: true\n");
    check(&[
        (
            "of a document that is there",
            &documents,
            "{apiVersion: v1alpha1, kind: LinkConfig, name: eth0, mtu: {$patch: delete}}",
            &documents,
        ),
        (
            "of a document that the patch brings",
            base,
            "{apiVersion: v1alpha1, kind: LinkConfig, name: eth9, mtu: {$patch: delete}}",
            "machine:\n    type: worker\n---\napiVersion: v1alpha1\nkind: LinkConfig\nname: eth9\n",
        ),
        (
            "items and keys of a document that the patch brings",
            base,
            "{apiVersion: v1alpha1, kind: LinkConfig, name: eth7, addresses: [{address: 192.0.2.10/24, $patch: delete}, \
             {address: 192.0.2.11/24}]}\n---\n{apiVersion: v1alpha1, kind: SysctlConfig, params: {a: {$patch: delete}, b: c}}",
            "machine:\n    type: worker\n---\napiVersion: v1alpha1\nkind: LinkConfig\nname: eth7\naddresses:\n    - address: 192.0.2.11/24\n---\napiVersion: v1alpha1\nkind: SysctlConfig\nparams:\n    b: c\n",
        ),
        (
            "of a v1alpha1 document that is not there, with its version",
            "apiVersion: v1alpha1\nkind: OOMConfig\n",
            "version: v1alpha1\nmachine: {sysctls: {$patch: delete}}",
            "apiVersion: v1alpha1\nkind: OOMConfig\n",
        ),
        (
            "of a v1alpha1 document that is not there",
            "apiVersion: v1alpha1\nkind: OOMConfig\n",
            "machine: {sysctls: {a: {$patch: delete}}, network: {interfaces: [{interface: eth0, $patch: delete}]}}",
            "apiVersion: v1alpha1\nkind: OOMConfig\n",
        ),
    ]);
}

#[test]
fn a_patch_that_is_applied_again_changes_nothing_more() {
    let base = "machine:\n    type: worker\n    certSANs:\n        - z\n    network:\n        interfaces:\n            - interface: eth0\n";
    for patch in [
        "machine: {certSANs: [a, b]}",
        "machine: {network: {interfaces: [{interface: eth0, addresses: [192.0.2.1/24], routes: [{gateway: 192.0.2.254}]}]}}",
        "machine: {network: {interfaces: [{interface: bond0, bond: {mode: 802.3ad, interfaces: [eth1, eth2]}}]}}",
        "machine: {kubelet: {extraMounts: [{destination: /a, type: bind, source: /a, options: [bind, rw]}]}}",
        "machine: {kubelet: {extraConfig: {l: [1, {a: b}]}}}",
        "cluster: {inlineManifests: [{name: a, contents: x}, {name: b, contents: y}]}",
        "{apiVersion: v1alpha1, kind: RegistryMirrorConfig, name: docker.io, endpoints: [{url: https://m.example}]}",
        "machine: {certSANs: [a]}\n---\nmachine: {certSANs: [b]}\n",
        "- {op: add, path: /machine/sysctls, value: {a: b}}",
        "- {op: replace, path: /machine/token, value: a.b}",
    ] {
        let once = run(base, &[patch]).unwrap_or_else(|report| panic!("{report}"));
        let twice = run(base, &[patch, patch]).unwrap_or_else(|report| panic!("{report}"));
        assert_eq!(once.text(), twice.text(), "{patch}");
    }
}

#[test]
fn a_certificate_and_its_key_are_one_value() {
    let section = |crt: &str, key: &str| {
        let key = if key.is_empty() { String::new() } else { format!("\n        key: {key}") };
        format!("machine:\n    ca:\n        crt: {crt}{key}\n")
    };
    let (a, b) = ("YWFh", "YmJi");
    check(&[
        ("another certificate", &section(a, "a2V5"), "machine: {ca: {crt: YmJi}}", &section(b, "")),
        ("another pair", &section(a, "a2V5"), "machine: {ca: {crt: YmJi, key: bmV3}}", &section(b, "bmV3")),
        ("the same certificate", &section(a, "a2V5"), "machine: {ca: {crt: YWFh}}", &section(a, "a2V5")),
        ("the key alone", &section(a, ""), "machine: {ca: {key: a2V5}}", &section(a, "a2V5")),
        (
            "of a document",
            "apiVersion: v1alpha1\nkind: KubeAPIServerCAConfig\nissuingCA:\n    cert: a\n    key: old\n",
            "{apiVersion: v1alpha1, kind: KubeAPIServerCAConfig, issuingCA: {cert: b}}",
            "apiVersion: v1alpha1\nkind: KubeAPIServerCAConfig\nissuingCA:\n    cert: b\n",
        ),
        (
            "of a registry",
            "apiVersion: v1alpha1\nkind: RegistryTLSConfig\nname: a\nclientIdentity:\n    cert: a\n    key: old\n",
            "{apiVersion: v1alpha1, kind: RegistryTLSConfig, name: a, clientIdentity: {cert: b}}",
            "apiVersion: v1alpha1\nkind: RegistryTLSConfig\nname: a\nclientIdentity:\n    cert: b\n",
        ),
        (
            "of a registry in a mapping",
            "machine:\n    registries:\n        config:\n            a:\n                tls:\n                    clientIdentity:\n                        crt: YWFh\n                        key: a2V5\n",
            "machine: {registries: {config: {a: {tls: {clientIdentity: {crt: YmJi}}}}}}",
            "machine:\n    registries:\n        config:\n            a:\n                tls:\n                    clientIdentity:\n                        crt: YmJi\n",
        ),
    ]);
    let patched = run(&section(a, "a2V5"), &["machine: {ca: {crt: YmJi}}"]).unwrap();
    assert!(patched.warnings.to_string().contains("the key of the old certificate"), "{}", patched.warnings);
    // Every object of this shape has the rule, whatever it is called.
    let pairs = ["EncodedCertificateAndKey", "CertificateAndKey", "IssuingCA"];
    for kind in crate::documents::KINDS.iter().chain([&crate::documents::V1ALPHA1]) {
        let mut objects = vec![kind.object];
        while let Some(object) = objects.pop() {
            assert_eq!(
                object.certificate_of_pair().is_some(),
                pairs.contains(&object.name),
                "{}",
                object.name
            );
            for field in object.fields() {
                let mut ty = field.ty;
                while let crate::schema::Type::List(inner) | crate::schema::Type::Map(inner) = ty {
                    ty = *inner;
                }
                if let crate::schema::Type::Object(inner) = ty {
                    objects.push(inner);
                }
            }
        }
    }
}
