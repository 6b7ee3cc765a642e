//! kube-proxy.

use proto::resource::k8s::BootstrapManifestsConfigSpec;
use serde_json::{Value, json};

use super::flannel::field;
use super::{NAMESPACE, cluster_role_binding, of_service_account, resources, service_account};
use crate::kubernetes::json::from_struct;

pub(super) fn objects(config: &BootstrapManifestsConfigSpec) -> Vec<Value> {
    let mut objects = vec![
        service_account("kube-proxy"),
        cluster_role_binding("kube-proxy", "system:node-proxier", vec![of_service_account("kube-proxy")]),
    ];
    let config_map = config.proxy_config.as_ref().map(|content| {
        let checksum: String = config.proxy_config_checksum.chars().take(16).collect();
        (format!("kube-proxy-config-{checksum}"), from_struct(content))
    });
    if let Some((name, content)) = &config_map {
        objects.push(json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "data": {"config.conf": content.to_string()},
        }));
    }
    objects.push(daemon_set(config, config_map.map(|(name, _)| name)));
    objects
}

fn daemon_set(config: &BootstrapManifestsConfigSpec, config_map: Option<String>) -> Value {
    let mut command = vec!["/usr/local/bin/kube-proxy".to_owned()];
    command.extend(config.proxy_args.iter().cloned());
    let mut mounts = vec![
        json!({"name": "lib-modules", "mountPath": "/lib/modules", "readOnly": true}),
        json!({"name": "ssl-certs-host", "mountPath": "/etc/ssl/certs", "readOnly": true}),
        json!({"name": "kubeconfig", "mountPath": "/etc/kubernetes", "readOnly": true}),
    ];
    let mut volumes = vec![
        json!({"name": "lib-modules", "hostPath": {"path": "/lib/modules"}}),
        json!({"name": "ssl-certs-host", "hostPath": {"path": "/etc/ssl/certs"}}),
        json!({"name": "kubeconfig", "configMap": {"name": "kubeconfig-in-cluster"}}),
    ];
    if let Some(name) = config_map {
        mounts.push(json!({"name": "config", "mountPath": "/var/lib/kube-proxy", "readOnly": true}));
        volumes.push(json!({"name": "config", "configMap": {"name": name}}));
    }
    json!({
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {
            "name": "kube-proxy",
            "namespace": NAMESPACE,
            "labels": {"tier": "node", "k8s-app": "kube-proxy"},
        },
        "spec": {
            "selector": {"matchLabels": {"tier": "node", "k8s-app": "kube-proxy"}},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "template": {
                "metadata": {"labels": {"tier": "node", "k8s-app": "kube-proxy"}},
                "spec": {
                    "hostNetwork": true,
                    "priorityClassName": "system-cluster-critical",
                    "serviceAccountName": "kube-proxy",
                    "tolerations": [
                        {"effect": "NoSchedule", "operator": "Exists"},
                        {"effect": "NoExecute", "operator": "Exists"},
                    ],
                    "containers": [{
                        "name": "kube-proxy",
                        "image": config.proxy_image,
                        "command": command,
                        "env": [field("NODE_NAME", "spec.nodeName"), field("POD_IP", "status.podIP")],
                        "resources": resources(
                            config.proxy_resources.as_ref(),
                            &[("cpu", "100m"), ("memory", "50Mi")],
                            &[],
                        ),
                        "securityContext": {"privileged": true},
                        "volumeMounts": mounts,
                    }],
                    "volumes": volumes,
                },
            },
        },
    })
}
