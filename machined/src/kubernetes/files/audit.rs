//! What the API server writes to its audit log.

use proto::resource::k8s::AuditPolicyConfigSpec;
use serde_json::{Value, json};

use crate::kubernetes::json::{fill, object};

/// The file. The API server does not start with a policy without rules: where there are none, the metadata of every
/// request is written, as with no policy at all.
pub fn file(spec: &AuditPolicyConfigSpec) -> Value {
    let mut policy = object(spec.config.as_ref());
    if policy["rules"].as_array().is_some_and(Vec::is_empty) {
        policy["rules"] = Value::Null;
    }
    let ours = json!({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Metadata"}]});
    fill(&mut policy, ours);
    policy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::json::to_struct;

    fn policy(users: &Value) -> Value {
        file(&AuditPolicyConfigSpec { config: Some(to_struct(users)) })
    }

    #[test]
    fn a_policy_has_rules_whatever_is_left_out() {
        let ours = policy(&json!({}));
        assert_eq!(ours["kind"], "Policy");
        assert_eq!(ours["rules"], json!([{"level": "Metadata"}]));
        assert_eq!(policy(&json!({"rules": []})), ours);
        assert_eq!(policy(&json!({"rules": null, "kind": null})), ours);
        assert_eq!(file(&AuditPolicyConfigSpec { config: None }), ours);
        let part = policy(&json!({"rules": [{"level": "None"}], "omitStages": ["RequestReceived"]}));
        assert_eq!((&part["rules"], &part["apiVersion"]), (&json!([{"level": "None"}]), &ours["apiVersion"]));
        let whole =
            json!({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Request"}]});
        assert_eq!(policy(&whole), whole);
    }
}
