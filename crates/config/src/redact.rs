//! Configurations without their secrets, for logs, errors, diffs and support bundles
//! (contract os.md 1.4). Empty values stay empty, so that a missing secret shows. The table of fields says where
//! secrets are; user information and tokens in URLs are left out of every text.

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
fn redact_value(node: &mut Node, ty: &Type, redaction: Redaction) {
    match redaction {
        Redaction::Whole => whole(node),
        Redaction::SecretKeys => secret_keys(node),
        Redaction::JoinToken => join_token(node),
        Redaction::Assigned => node.as_seq_mut().into_iter().flatten().for_each(assigned),
        Redaction::None => match ty {
            Type::Object(rows) => object(node, rows, false),
            Type::List(item) => {
                node.as_seq_mut().into_iter().flatten().for_each(|node| redact_value(node, item, redaction));
            }
            Type::Map(value) => {
                for (key, node) in node.as_map_mut().into_iter().flatten() {
                    if names_secret(key) && !value.is_object() {
                        whole(node);
                    } else {
                        redact_value(node, value, redaction);
                    }
                }
            }
            Type::Free | Type::Args => free(node),
            _ => leaf(node),
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
pub(crate) fn whole(node: &mut Node) {
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

/// Hides what stands behind the first `=`; all of what has none.
fn assigned(node: &mut Node) {
    match &node.value {
        Value::Str(text) if text.contains('=') => {
            let name = text.split('=').next().unwrap_or_default();
            node.value = Value::Str(format!("{name}={REDACTED}"));
        }
        _ => whole(node),
    }
}

/// Hides what looks like a secret in content that is not ours: values under keys that name one, environments, and
/// what is in texts.
fn free(node: &mut Node) {
    match &mut node.value {
        Value::Seq(items) => items.iter_mut().for_each(free),
        Value::Map(map) => {
            for (key, value) in map.iter_mut() {
                match &mut value.value {
                    Value::Seq(items) if matches!(key.as_str(), "env" | "environment") => {
                        items.iter_mut().for_each(variable);
                    }
                    // Whether a token is mounted is no token.
                    Value::Bool(_) => {}
                    _ if names_secret(key) => whole(value),
                    _ => free(value),
                }
            }
        }
        _ => leaf(node),
    }
}

/// Hides the value of a variable: of `NAME=value`, and of a mapping with `name` and `value`.
fn variable(node: &mut Node) {
    match node.as_map_mut() {
        Some(map) => {
            for (key, value) in map.iter_mut() {
                if key == "value" { whole(value) } else { free(value) }
            }
        }
        None => assigned(node),
    }
}

/// Hides what looks like a secret in a text.
fn leaf(node: &mut Node) {
    let Value::Str(text) = &node.value else { return };
    if let Some(shown) = without_secrets(text) {
        node.value = Value::Str(shown);
        node.forget_text();
    }
}

/// Whether the name of a field, a parameter or an argument says that its value is a secret.
fn names_secret(name: &str) -> bool {
    const ENDINGS: [&str; 15] = [
        "accesskey",
        "apikey",
        "authorization",
        "credential",
        "credentials",
        "keydata",
        "passphrase",
        "passwd",
        "password",
        "privatekey",
        "secret",
        "secretkey",
        "signature",
        "token",
        "tokens",
    ];
    let name: String =
        name.chars().filter(|c| !matches!(c, '-' | '_' | '.')).map(|c| c.to_ascii_lowercase()).collect();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// A text without the user information and tokens of URLs in it, and without the values of arguments such as
/// `--password=…`; nothing if there are none.
pub(crate) fn without_secrets(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    if let Some((argument, value)) = text.split_once('=')
        && argument.starts_with('-')
        && names_secret(argument)
        && !value.is_empty()
    {
        return Some(format!("{argument}={REDACTED}"));
    }
    while let Some(at) = rest.find("://") {
        let (front, url) = rest.split_at(at + 3);
        out.push_str(front);
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`');
        let (url, after) = url.split_at(url.find(ends).unwrap_or(url.len()));
        out.push_str(&url_without_secrets(url));
        rest = after;
    }
    out.push_str(rest);
    (out != text).then_some(out)
}

/// What follows `://`, without user information and tokens.
fn url_without_secrets(url: &str) -> String {
    let authority_end = url.find(['/', '?', '#']).unwrap_or(url.len());
    // A password with one of these in it is malformed, but no less a secret.
    let at = url.get(..authority_end).and_then(|authority| authority.rfind('@')).or_else(|| {
        let before_query = url.split('?').next().unwrap_or_default();
        before_query.rfind('@').filter(|at| before_query.get(..*at).is_some_and(|user| user.contains(':')))
    });
    let mut shown = match at.and_then(|at| url.get(at..)) {
        Some(rest) => format!("{REDACTED}{rest}"),
        None => url.to_owned(),
    };
    if let Some((front, query)) = shown.split_once('?') {
        shown = format!("{front}?{}", query_without_secrets(query, names_secret));
    }
    shown
}

/// A query with the values of some parameters hidden; what follows `#` stays.
fn query_without_secrets(query: &str, is_secret: impl Fn(&str) -> bool) -> String {
    let (query, fragment) = query.split_once('#').map_or((query, None), |(q, f)| (q, Some(f)));
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((key, value)) if is_secret(key) && !value.is_empty() => format!("{key}={REDACTED}"),
        _ => pair.to_owned(),
    });
    let query = pairs.collect::<Vec<_>>().join("&");
    match fragment {
        Some(fragment) => format!("{query}#{fragment}"),
        None => query,
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
    match &node.value {
        Value::Str(text) if text.parse::<crate::value::Url>().is_ok() => leaf(node),
        _ => whole(node),
    }
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
