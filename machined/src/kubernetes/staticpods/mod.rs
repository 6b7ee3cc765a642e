//! The control plane as static pods (contract os.md 6.2): pods rendered from resources.

mod api_server;
mod controller_manager;
mod scheduler;

use std::collections::BTreeMap;

use proto::resource::k8s::{ArgValues, ExtraVolume, Resources};
use serde_json::{Map, Value, json};

pub use api_server::{Facts as ApiServerFacts, POLICY as API_SERVER_POLICY, api_server, api_server_args};
pub use controller_manager::{
    POLICY as CONTROLLER_MANAGER_POLICY, controller_manager, controller_manager_args,
};
pub use scheduler::{POLICY as SCHEDULER_POLICY, scheduler, scheduler_args, scheduler_config};

use super::args::{Args, Policy};
use super::json::pruned;

/// Folder of secrets that pods mount, by component.
pub const SECRETS: &str = "/system/secrets/kubernetes";

/// Folder of configuration files that pods mount, by component.
pub const CONFIG: &str = "/system/config/kubernetes";

/// Versions of what a pod mounts; a change restarts the pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Versions {
    /// Of the secrets.
    pub secrets: String,
    /// Of the component's configuration resource.
    pub config: String,
    /// Of the configuration files (kube-apiserver).
    pub config_file: String,
}

/// Arguments from the message form.
pub fn args_of(extra: &BTreeMap<String, ArgValues>) -> Args {
    extra.iter().map(|(name, values)| (name.clone(), values.values.clone())).collect()
}

/// What differs from component to component.
struct Component<'a> {
    name: &'static str,
    image: &'a str,
    user: u32,
    add_capabilities: &'static [&'static str],
    args: &'a [String],
    requests: [(&'static str, &'static str); 2],
    resources: Option<&'a Resources>,
    environment: &'a BTreeMap<String, String>,
    extra_volumes: &'a [ExtraVolume],
    mounts: Vec<(&'static str, String, bool)>,
    annotations: Vec<(&'static str, String)>,
    probes: Vec<(&'static str, Value)>,
}

/// The pod of a component.
fn pod(component: Component<'_>) -> Value {
    let name = component.name;
    let mut labels = Map::new();
    let version = image_tag(component.image);
    for (key, value) in [
        ("tier", "control-plane"),
        ("k8s-app", name),
        ("component", name),
        ("app.kubernetes.io/name", name),
        ("app.kubernetes.io/version", version),
        ("app.kubernetes.io/component", "control-plane"),
        ("app.kubernetes.io/managed-by", "Talos"),
    ] {
        labels.insert(key.to_owned(), Value::from(value));
    }
    let mut volumes = Vec::new();
    let mut mounts = Vec::new();
    for (volume, path, read_only) in &component.mounts {
        volumes.push(json!({"name": volume, "hostPath": {"path": path}}));
        mounts.push(json!({"name": volume, "mountPath": path, "readOnly": read_only}));
    }
    for (volume, path) in [("tmp", "/tmp"), ("run", "/var/run/kubernetes")] {
        volumes.push(json!({"name": volume, "emptyDir": {"medium": "Memory"}}));
        mounts.push(json!({"name": volume, "mountPath": path}));
    }
    for extra in component.extra_volumes {
        volumes.push(json!({"name": extra.name, "hostPath": {"path": extra.host_path}}));
        mounts.push(json!({"name": extra.name, "mountPath": extra.mount_path, "readOnly": extra.read_only}));
    }
    let mut command = vec![format!("/usr/local/bin/{name}")];
    command.extend(component.args.iter().cloned());
    let mut container = json!({
        "name": name,
        "image": component.image,
        "command": command,
        "env": environment(component.environment, component.resources),
        "volumeMounts": mounts,
        "resources": super::manifests::resources(component.resources, &component.requests, &[]),
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"], "add": component.add_capabilities},
            "readOnlyRootFilesystem": true,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    });
    for (probe, value) in component.probes {
        container[probe] = value;
    }
    let annotations: Map<String, Value> =
        component.annotations.into_iter().map(|(k, v)| (k.to_owned(), Value::from(v))).collect();
    let security = json!({
        "runAsNonRoot": true,
        "runAsUser": component.user,
        "runAsGroup": component.user,
        "seccompProfile": {"type": "RuntimeDefault"},
    });
    let mut pod = pruned(json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "kube-system", "labels": labels, "annotations": annotations},
        "spec": {
            "priority": 2_000_000_000,
            "priorityClassName": "system-cluster-critical",
            "hostNetwork": true,
            "securityContext": security,
            "containers": [container],
        },
    }));
    // An emptied volume list would be pruned; a pod always has tmp and run.
    pod["spec"]["volumes"] = Value::Array(volumes);
    pod
}

/// Environment: the pod's address, the user's variables sorted, and Go's memory limit.
fn environment(users: &BTreeMap<String, String>, resources: Option<&Resources>) -> Vec<Value> {
    let mut env = vec![super::manifests::field("POD_IP", "status.podIP")];
    // A dollar would be expanded by the kubelet.
    env.extend(users.iter().map(|(k, v)| json!({"name": k, "value": v.replace('$', "$$")})));
    let limit = resources.and_then(|r| r.limits.get("memory")).and_then(|text| quantity(text));
    if let Some(limit) = limit
        && !users.contains_key("GOMEMLIMIT")
    {
        // 95 % of the limit (contract os.md 6.2).
        env.push(json!({"name": "GOMEMLIMIT", "value": (limit / 100 * 95).to_string()}));
    }
    env
}

/// Bytes of a Kubernetes quantity (binary and decimal suffixes).
fn quantity(text: &str) -> Option<u64> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(split);
    let factor: u64 = match suffix {
        "" => 1,
        "k" => 1000,
        "M" => 1000 * 1000,
        "G" => 1000 * 1000 * 1000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// Tag of an image reference; empty when it has none.
pub fn image_tag(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        Some((_, tag)) if !tag.contains('/') => tag,
        _ => "",
    }
}

fn http_get(path: &str, port: i64) -> Value {
    json!({"path": path, "host": "localhost", "port": port, "scheme": "HTTPS"})
}

fn probe(get: &Value, fields: &[(&str, i64)]) -> Value {
    let mut probe = json!({"httpGet": get});
    for (key, value) in fields {
        probe[*key] = Value::from(*value);
    }
    probe
}

/// Policy of arguments that are nowhere listed.
fn otherwise(name: &str, denied: &[&str], additive: &[&str]) -> Policy {
    if denied.contains(&name) {
        Policy::Denied
    } else if additive.contains(&name) {
        Policy::Additive
    } else {
        Policy::Overwrite
    }
}

#[cfg(test)]
mod tests;
