//! Small words for building documents.

use crate::secrets::Pair;
use crate::yaml::{Node, Scalar, Value, resolve};

/// A text.
pub(super) fn text(value: impl Into<String>) -> Node {
    Node::str(value)
}

/// A boolean, a number or any other plain scalar.
pub(super) fn plain(value: &str) -> Node {
    match resolve(value) {
        Scalar::Bool(b) => Node::new(Value::Bool(b)),
        Scalar::Int(n) => Node::new(Value::Int(n)),
        _ => Node::str(value),
    }
}

/// A boolean.
pub(super) fn flag(value: bool) -> Node {
    Node::new(Value::Bool(value))
}

/// A mapping.
pub(super) fn map<const N: usize>(entries: [(&str, Node); N]) -> Node {
    Node::map(entries)
}

/// A list of texts.
pub(super) fn list<S: Into<String>>(items: impl IntoIterator<Item = S>) -> Node {
    Node::seq(items.into_iter().map(|item| Node::str(item)))
}

/// A document with its kind.
pub(super) fn document(kind: &str, entries: impl IntoIterator<Item = (&'static str, Node)>) -> Node {
    let head = [("apiVersion", text("v1alpha1")), ("kind", text(kind))];
    Node::map(head.into_iter().chain(entries))
}

/// An authority as v1alpha1 carries it; workers get no key.
pub(super) fn authority(pair: &Pair, with_key: bool) -> Node {
    let key = if with_key { pair.key.as_str() } else { "" };
    map([("crt", text(&pair.crt)), ("key", text(key))])
}

/// A tree from JSON, for the parts that are somebody else's configuration.
pub(super) fn json(value: &serde_json::Value) -> Node {
    use serde_json::Value as Json;
    match value {
        Json::Null => Node::new(Value::Null),
        Json::Bool(b) => flag(*b),
        Json::Number(n) => plain(&n.to_string()),
        Json::String(s) => text(s),
        Json::Array(items) => Node::seq(items.iter().map(json)),
        Json::Object(map) => Node::map(map.iter().map(|(k, v)| (k.clone(), json(v)))),
    }
}

/// Pod Security admission as clusters begin with (contract os.md 1.7).
pub(super) fn pod_security() -> serde_json::Value {
    serde_json::json!({
        "apiVersion": "pod-security.admission.config.k8s.io/v1alpha1",
        "defaults": {
            "audit": "restricted",
            "audit-version": "latest",
            "enforce": "baseline",
            "enforce-version": "latest",
            "warn": "restricted",
            "warn-version": "latest",
        },
        "exemptions": {"namespaces": ["kube-system"], "runtimeClasses": [], "usernames": []},
        "kind": "PodSecurityConfiguration",
    })
}

/// The audit policy that clusters begin with.
pub(super) fn audit_policy() -> serde_json::Value {
    serde_json::json!({
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "rules": [{"level": "Metadata"}],
    })
}
