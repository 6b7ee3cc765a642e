//! How the API server finds out who is asking.

use proto::resource::k8s::AuthenticationConfigSpec;
use serde_json::{Map, Value, json};

use crate::kubernetes::json::{force, object};

/// Paths that the kubelet's probes ask without credentials.
const PROBED: [&str; 2] = ["/livez", "/readyz"];

/// The file. Contract os.md 6.2 wants this version whatever the user wrote. Strangers are answered about health
/// alone unless the user says otherwise: the API server's own default is to answer them everywhere.
pub fn file(spec: &AuthenticationConfigSpec) -> Value {
    complete(object(spec.config.as_ref()))
}

fn complete(mut file: Value) -> Value {
    let version = "apiserver.config.k8s.io/v1beta1";
    force(&mut file, json!({"apiVersion": version, "kind": "AuthenticationConfiguration"}));
    let says_nothing = |users: &Value| users.is_null() || users.as_object().is_some_and(Map::is_empty);
    if file.get("anonymous").is_none_or(says_nothing) {
        let health = ["/livez", "/readyz", "/healthz"].map(|path| json!({ "path": path }));
        force(&mut file, json!({"anonymous": {"enabled": true, "conditions": health}}));
    }
    file
}

/// Whether the API server answers the kubelet's probes, which carry no credentials.
pub fn answers_probes(users: Value) -> bool {
    let file = complete(users);
    let anonymous = file.get("anonymous");
    let enabled = anonymous.and_then(|a| a.get("enabled")).and_then(Value::as_bool).unwrap_or(false);
    let conditions = anonymous.and_then(|a| a.get("conditions")).and_then(Value::as_array);
    let everywhere = conditions.is_none_or(Vec::is_empty);
    let listed = |path: &&str| conditions.into_iter().flatten().any(|c| c.get("path") == Some(&json!(path)));
    enabled && (everywhere || PROBED.iter().all(listed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::json::to_struct;

    fn rendered(users: &Value) -> Value {
        file(&AuthenticationConfigSpec { config: Some(to_struct(users)) })
    }

    #[test]
    fn strangers_are_answered_about_health_alone_unless_the_user_says_otherwise() {
        let ours = rendered(&json!({}));
        assert_eq!(ours["apiVersion"], "apiserver.config.k8s.io/v1beta1");
        assert_eq!(ours["kind"], "AuthenticationConfiguration");
        assert_eq!(ours["anonymous"]["conditions"][1]["path"], "/readyz");
        for empty in [json!({"anonymous": null}), json!({"anonymous": {}}), json!({"apiVersion": "x"})] {
            assert_eq!(rendered(&empty), ours, "{empty}");
        }
        let part = json!({"jwt": [{"issuer": {"url": "https://i"}}]});
        assert_eq!(
            (&rendered(&part)["jwt"], &rendered(&part)["anonymous"]),
            (&part["jwt"], &ours["anonymous"])
        );
        for users in [json!({"enabled": false}), json!({"enabled": true})] {
            assert_eq!(rendered(&json!({"anonymous": users}))["anonymous"]["enabled"], users["enabled"]);
            assert!(rendered(&json!({"anonymous": users}))["anonymous"].get("conditions").is_none());
        }
    }

    #[test]
    fn probes_are_answered_where_strangers_are() {
        let paths = |paths: &[&str]| {
            let conditions: Vec<Value> = paths.iter().map(|path| json!({ "path": path })).collect();
            json!({"anonymous": {"enabled": true, "conditions": conditions}})
        };
        for (users, answered) in [
            (json!({}), true),
            (json!({"anonymous": {"enabled": true}}), true),
            (json!({"anonymous": {"enabled": false}}), false),
            (json!({"anonymous": {"conditions": [{"path": "/livez"}]}}), false),
            (paths(&["/livez", "/readyz"]), true),
            (paths(&["/livez", "/healthz"]), false),
        ] {
            assert_eq!(answers_probes(users.clone()), answered, "{users}");
        }
    }
}
