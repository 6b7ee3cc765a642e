//! Who decides what a caller of the API server may do.

use proto::resource::k8s::AuthorizationConfigSpec;
use serde_json::{Value, json};

use crate::kubernetes::json::{fill, from_struct};

/// The file.
pub fn file(spec: &AuthorizationConfigSpec) -> Value {
    let authorizers = spec.config.iter().map(|authorizer| {
        let mut value = json!({"type": authorizer.r#type, "name": authorizer.name});
        if let Some(users) = &authorizer.webhook {
            value["webhook"] = webhook(from_struct(users));
        }
        value
    });
    json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthorizationConfiguration",
        "authorizers": authorizers.collect::<Vec<_>>(),
    })
}

/// The API server has no defaults for these; the values are those of its flags `--authorization-webhook-*`, by which
/// a webhook that does not answer decides nothing.
fn webhook(mut users: Value) -> Value {
    let ours = json!({
        "authorizedTTL": "5m",
        "unauthorizedTTL": "30s",
        "timeout": "3s",
        "subjectAccessReviewVersion": "v1",
        "matchConditionSubjectAccessReviewVersion": "v1",
        "failurePolicy": "NoOpinion",
    });
    fill(&mut users, ours);
    if users.pointer("/connectionInfo/kubeConfigFile").is_some_and(Value::is_string) {
        fill(&mut users, json!({"connectionInfo": {"type": "KubeConfigFile"}}));
    }
    users
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_needs_to_say_only_where_it_is() {
        let part = webhook(json!({"connectionInfo": {"kubeConfigFile": "/a"}, "timeout": "1s"}));
        let expected = json!({
            "authorizedTTL": "5m",
            "unauthorizedTTL": "30s",
            "timeout": "1s",
            "subjectAccessReviewVersion": "v1",
            "matchConditionSubjectAccessReviewVersion": "v1",
            "failurePolicy": "NoOpinion",
            "connectionInfo": {"type": "KubeConfigFile", "kubeConfigFile": "/a"},
        });
        assert_eq!(part, expected);
        assert_eq!(webhook(expected.clone()), expected, "a whole one stays");
    }
}
