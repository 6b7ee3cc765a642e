//! Access to the node API from pods.

use serde_json::{Value, json};

pub(super) fn service_account_crd() -> Value {
    let text = json!({"type": "string"});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "serviceaccounts.talos.dev"},
        "spec": {
            "conversion": {"strategy": "None"},
            "group": "talos.dev",
            "names": {
                "kind": "ServiceAccount",
                "listKind": "ServiceAccountList",
                "plural": "serviceaccounts",
                "singular": "serviceaccount",
                "shortNames": ["tsa"],
            },
            "scope": "Namespaced",
            "versions": [{
                "name": "v1alpha1",
                "served": true,
                "storage": true,
                "schema": {"openAPIV3Schema": {
                    "type": "object",
                    "properties": {
                        "spec": {"type": "object", "properties": {"roles": {"type": "array", "items": text}}},
                        "status": {"type": "object", "properties": {"failureReason": text}},
                    },
                }},
            }],
        },
    })
}
