//! How the API server encrypts what it keeps in etcd.

use serde_json::{Value, json};

use crate::kubernetes::json::{fill, force};

/// The file: without keys nothing is encrypted, but the API server is given the file in any case.
pub fn file(mut users: Value) -> Value {
    if users.get("resources").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        users["resources"] = Value::Null;
    }
    fill(&mut users, json!({"resources": [{"resources": ["secrets"], "providers": [{"identity": {}}]}]}));
    force(&mut users, json!({"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration"}));
    users
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_what_it_is_and_has_providers_whatever_the_user_wrote() {
        let ours = file(json!({}));
        assert_eq!(ours["resources"][0]["providers"][0], json!({"identity": {}}));
        assert_eq!(file(json!({"kind": "x", "resources": []})), ours);
        let resources = json!([{"resources": ["secrets", "configmaps"], "providers": [{"identity": {}}]}]);
        assert_eq!(file(json!({"resources": resources}))["resources"], resources);
    }
}
