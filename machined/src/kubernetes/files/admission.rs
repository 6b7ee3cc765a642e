//! Which admission plugins the API server configures, and how.

use proto::resource::k8s::AdmissionControlConfigSpec;
use serde_json::{Value, json};

use crate::kubernetes::json::{fill, object};

/// What the configurations of plugins call themselves: plugin, apiVersion, kind (packages `apis` of
/// k8s.io/kubernetes, k8s.io/apiserver and k8s.io/pod-security-admission). Plugins that are not listed read files
/// without these two fields.
const KINDS: &[(&str, &str, &str)] = &[
    ("EventRateLimit", "eventratelimit.admission.k8s.io/v1alpha1", "Configuration"),
    ("MutatingAdmissionPolicy", "apiserver.config.k8s.io/v1", "MutatingAdmissionPolicyConfiguration"),
    ("MutatingAdmissionWebhook", "apiserver.config.k8s.io/v1", "WebhookAdmissionConfiguration"),
    ("PodSecurity", "pod-security.admission.config.k8s.io/v1", "PodSecurityConfiguration"),
    ("PodTolerationRestriction", "podtolerationrestriction.admission.k8s.io/v1alpha1", "Configuration"),
    ("ResourceQuota", "apiserver.config.k8s.io/v1", "ResourceQuotaConfiguration"),
    ("ValidatingAdmissionPolicy", "apiserver.config.k8s.io/v1", "ValidatingAdmissionPolicyConfiguration"),
    ("ValidatingAdmissionWebhook", "apiserver.config.k8s.io/v1", "WebhookAdmissionConfiguration"),
];

/// The file.
pub fn file(spec: &AdmissionControlConfigSpec) -> Value {
    let plugins = spec.config.iter().map(|plugin| one(&plugin.name, object(plugin.configuration.as_ref())));
    json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AdmissionConfiguration",
        "plugins": plugins.collect::<Vec<_>>(),
    })
}

/// A plugin without a configuration has its defaults; an empty one the API server would refuse.
fn one(name: &str, mut configuration: Value) -> Value {
    if configuration.as_object().is_none_or(|fields| fields.values().all(Value::is_null)) {
        return json!({ "name": name });
    }
    if let Some((_, version, kind)) = KINDS.iter().find(|(plugin, ..)| *plugin == name) {
        fill(&mut configuration, json!({"apiVersion": version, "kind": kind}));
    }
    json!({"name": name, "configuration": configuration})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::json::to_struct;
    use proto::resource::k8s::AdmissionPluginSpec;

    fn plugin(name: &str, configuration: &Value) -> Value {
        let configuration = Some(to_struct(configuration));
        let spec = AdmissionControlConfigSpec {
            config: vec![AdmissionPluginSpec { name: name.into(), configuration }],
        };
        file(&spec)["plugins"][0].clone()
    }

    #[test]
    fn a_plugin_with_an_empty_section_has_its_own_defaults() {
        for empty in [json!({}), json!({"defaults": null})] {
            assert_eq!(plugin("PodSecurity", &empty), json!({"name": "PodSecurity"}));
        }
    }

    #[test]
    fn a_part_of_a_configuration_is_told_what_it_is_and_a_whole_one_stays() {
        let part = plugin("PodSecurity", &json!({"defaults": {"enforce": "baseline"}}));
        let expected = json!({
            "apiVersion": "pod-security.admission.config.k8s.io/v1",
            "kind": "PodSecurityConfiguration",
            "defaults": {"enforce": "baseline"},
        });
        assert_eq!(part["configuration"], expected);
        let whole = json!({"apiVersion": "v", "kind": "K", "a": 1});
        assert_eq!(plugin("PodSecurity", &whole)["configuration"], whole);
        let without_kind = json!({"imagePolicy": {"allowTTL": 5}});
        assert_eq!(plugin("ImagePolicyWebhook", &without_kind)["configuration"], without_kind);
    }
}
