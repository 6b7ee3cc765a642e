//! Configurations without their secrets, for logs, errors, diffs and support bundles
//! (contract os.md 1.4). Empty values stay empty, so that a missing secret shows.

use crate::container::Config;
use crate::documents::Kind;
use crate::schema::{Object, Redaction, Type};
use crate::value::REDACTED;
use crate::yaml::{self, Node, Value};

impl Config {
    /// The text of all documents without secrets and comments.
    pub fn redacted_text(&self) -> String {
        let roots: Vec<Node> = self
            .documents()
            .iter()
            .map(|document| {
                let mut root = document.root.clone();
                redact_document(&mut root, document.kind);
                root
            })
            .collect();
        yaml::write_stream(&roots)
    }
}

/// Takes the secrets out of a document. Of kinds and keys that are not known, only names stay:
/// what a newer system has put there may be secret.
pub fn redact_document(root: &mut Node, kind: Option<&'static Kind>) {
    match kind {
        Some(kind) => object(root, kind.object, true),
        None => {
            for (key, value) in root.as_map_mut().into_iter().flatten() {
                if !matches!(key.as_str(), "apiVersion" | "kind" | "name") {
                    whole(value);
                }
            }
        }
    }
}

/// Takes the secrets out of a value of a type.
pub(crate) fn redact_value(node: &mut Node, ty: &Type, redaction: Redaction) {
    match redaction {
        Redaction::Whole => whole(node),
        Redaction::SecretKeys => secret_keys(node),
        Redaction::JoinToken => join_token(node),
        Redaction::None => match ty {
            Type::Object(rows) => object(node, rows, false),
            Type::List(item) => {
                node.as_seq_mut().into_iter().flatten().for_each(|node| redact_value(node, item, redaction));
            }
            Type::Map(value) => {
                let entries = node.as_map_mut().into_iter().flatten();
                entries.for_each(|(_, node)| redact_value(node, value, redaction));
            }
            _ => {}
        },
    }
}

fn object(node: &mut Node, rows: &'static Object, root: bool) {
    for (key, value) in node.as_map_mut().into_iter().flatten() {
        match rows.field(key) {
            Some(field) => redact_value(value, &field.ty, field.redaction),
            None if root && matches!(key.as_str(), "apiVersion" | "kind") => {}
            None => whole(value),
        }
    }
}

/// Hides every scalar that says something.
fn whole(node: &mut Node) {
    match &mut node.value {
        Value::Null => {}
        Value::Str(text) if text.is_empty() => {}
        Value::Seq(items) => items.iter_mut().for_each(whole),
        Value::Map(map) => map.values_mut().for_each(whole),
        _ => {
            node.value = Value::Str(REDACTED.to_owned());
            node.forget_text();
        }
    }
}

fn secret_keys(node: &mut Node) {
    match &mut node.value {
        Value::Seq(items) => items.iter_mut().for_each(secret_keys),
        Value::Map(map) => {
            for (key, value) in map.iter_mut() {
                if key == "secret" { whole(value) } else { secret_keys(value) }
            }
        }
        _ => {}
    }
}

/// Hides the token in the query of a URL; all of what is not a URL.
fn join_token(node: &mut Node) {
    let Value::Str(text) = &node.value else { return whole(node) };
    if text.parse::<crate::value::Url>().is_err() {
        return whole(node);
    }
    let Some((front, query)) = text.split_once('?') else { return };
    let (query, fragment) = query.split_once('#').map_or((query, None), |(q, f)| (q, Some(f)));
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((key, value)) if key == "jointoken" && !value.is_empty() => format!("{key}={REDACTED}"),
        _ => pair.to_owned(),
    });
    let mut url = format!("{front}?{}", pairs.collect::<Vec<_>>().join("&"));
    if let Some(fragment) = fragment {
        url.push('#');
        url.push_str(fragment);
    }
    node.value = Value::Str(url);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_replaced_and_empty_values_stay_empty() {
        let text = "\
machine:
  type: worker
  token: hunter2
  ca: {crt: dGV4dA==, key: ''}
  registries: {config: {ghcr.io: {auth: {username: u, password: hunter2}}}}
  network: {interfaces: [{interface: wg0, wireguard: {privateKey: hunter2}}]}
  systemDiskEncryption: {state: {keys: [{static: {passphrase: hunter2}}]}}
  future: hunter2
---
apiVersion: v1alpha1
kind: KubeEtcdEncryptionConfig
config: {resources: [{providers: [{secretbox: {keys: [{name: key2, secret: hunter2}]}}]}]}
---
apiVersion: v1alpha1
kind: SideroLinkConfig
apiUrl: https://example.org/?jointoken=hunter2&x=1
uniqueToken: hunter2
---
apiVersion: v1alpha1
kind: FutureConfig
name: x
pin: 1234
";
        let config = Config::decode_lenient("c.yaml", text.as_bytes()).unwrap();
        let redacted = config.redacted_text();
        assert!(!redacted.contains("hunter2") && !redacted.contains("1234"), "{redacted}");
        assert!(redacted.contains("token: REDACTED"), "{redacted}");
        assert!(redacted.contains("key: \"\""), "{redacted}");
        assert!(redacted.contains("crt: dGV4dA==") && redacted.contains("username: u"), "{redacted}");
        assert!(redacted.contains("name: key2"), "{redacted}");
        assert!(redacted.contains("https://example.org/?jointoken=REDACTED&x=1"), "{redacted}");
    }

    #[test]
    fn every_secret_of_the_contract_is_redacted() {
        // contract os.md 1.4, by kind and path.
        let secrets = [
            ("v1alpha1", "machine.token"),
            ("v1alpha1", "machine.ca.key"),
            ("v1alpha1", "cluster.secret"),
            ("v1alpha1", "cluster.token"),
            ("v1alpha1", "cluster.aescbcEncryptionSecret"),
            ("v1alpha1", "cluster.secretboxEncryptionSecret"),
            ("v1alpha1", "cluster.serviceAccount.key"),
            ("v1alpha1", "cluster.ca.key"),
            ("v1alpha1", "cluster.aggregatorCA.key"),
            ("v1alpha1", "cluster.etcd.ca.key"),
            ("WireguardConfig", "privateKey"),
            ("WireguardConfig", "peers.presharedKey"),
            ("HCloudVIPConfig", "apiToken"),
            ("VolumeConfig", "encryption.keys.static.passphrase"),
            ("UserVolumeConfig", "encryption.keys.static.passphrase"),
            ("RawVolumeConfig", "encryption.keys.static.passphrase"),
            ("SwapVolumeConfig", "encryption.keys.static.passphrase"),
            ("RegistryAuthConfig", "password"),
            ("RegistryAuthConfig", "auth"),
            ("RegistryAuthConfig", "identityToken"),
            ("RegistryTLSConfig", "clientIdentity.key"),
            ("KubeAPIServerCAConfig", "issuingCA.key"),
            ("KubeAggregatorCAConfig", "issuingCA.key"),
            ("KubeServiceAccountConfig", "issuer.privateKey"),
            ("DiscoveryIdentityConfig", "clusterSecret"),
            ("SideroLinkConfig", "uniqueToken"),
        ];
        for (kind, path) in secrets {
            let kind = crate::documents::kind_of(kind).unwrap_or(&crate::documents::V1ALPHA1);
            let mut object = kind.object;
            let mut redaction = Redaction::None;
            for key in path.split('.') {
                let field = object.field(key).unwrap_or_else(|| panic!("{path}"));
                redaction = field.redaction;
                object = match field.ty {
                    Type::Object(inner) => inner,
                    Type::List(Type::Object(inner)) => *inner,
                    _ => object,
                };
            }
            assert_eq!(redaction, Redaction::Whole, "{} {path}", kind.name);
        }
    }
}
