//! Which programs log in to registries for the kubelet.

use serde_json::{Value, json};

use crate::kubernetes::json::fill;

/// The file, or nothing where no program is named: the kubelet does not start with an empty one.
pub fn file(mut users: Value) -> Option<Value> {
    users.get("providers").and_then(Value::as_array).filter(|providers| !providers.is_empty())?;
    fill(&mut users, json!({"apiVersion": "kubelet.config.k8s.io/v1", "kind": "CredentialProviderConfig"}));
    Some(users)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_programs_there_is_no_file_and_with_some_it_says_what_it_is() {
        for empty in [json!({}), json!({"providers": []}), json!({"providers": null, "kind": "x"})] {
            assert_eq!(file(empty.clone()), None, "{empty}");
        }
        let part = file(json!({"providers": [{"name": "p"}]})).unwrap();
        assert_eq!(
            (&part["kind"], &part["providers"][0]["name"]),
            (&json!("CredentialProviderConfig"), &json!("p"))
        );
        assert_eq!(file(part.clone()), Some(part), "a whole one stays");
    }
}
