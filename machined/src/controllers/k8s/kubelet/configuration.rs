//! The kubelet's own configuration file: the user's, what we force, and defaults for the rest
//! (contract os.md 6.3). Pure.

use config::access::Taint;
use proto::resource::k8s::KubeletConfigSpec;
use serde_json::{Value, json};

use crate::kubernetes::json::{fill, force, object};

/// What the user reserved, and when pods have to go, stands as a whole: defaults add nothing to it.
const WHOLE: [&str; 2] = ["systemReserved", "evictionHard"];

/// What the file depends on beside the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Host {
    /// Somebody else's kernel: its settings are not ours to protect.
    pub container: bool,
    /// Control groups are of version 2.
    pub cgroup_v2: bool,
}

/// What the node is to the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Runs workloads.
    Worker,
    /// Runs the control plane; whether its API server is probed.
    ControlPlane { probed: bool },
}

/// Renders the file.
pub fn render(config: &KubeletConfigSpec, host: Host, role: Role) -> Value {
    let mut file = object(config.extra_config.as_ref());
    force(&mut file, forced(config, host));
    let mut defaults = defaults(config, host, role);
    for whole in WHOLE {
        if file.get(whole).is_some_and(|users| !users.is_null())
            && let Some(fields) = defaults.as_object_mut()
        {
            fields.remove(whole);
        }
    }
    fill(&mut file, defaults);
    if config.disable_manifests_directory
        && let Some(fields) = file.as_object_mut()
    {
        fields.remove("staticPodPath");
    }
    file
}

fn forced(config: &KubeletConfigSpec, host: Host) -> Value {
    let alone = config.skip_node_registration;
    let mut forced = json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "port": 10250,
        "staticPodPath": "/etc/kubernetes/manifests",
        "staticPodURL": config.static_pod_list_url,
        "authentication": {
            "x509": {"clientCAFile": "/etc/kubernetes/pki/ca.crt"},
            "webhook": {"enabled": !alone},
            "anonymous": {"enabled": false},
        },
        "authorization": {"mode": if alone { "AlwaysAllow" } else { "Webhook" }},
        "cgroupRoot": "/",
        "systemCgroups": "/system",
        "kubeletCgroups": "/podruntime/kubelet",
        "rotateCertificates": true,
        "protectKernelDefaults": !host.container,
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "resolvConf": "/system/resolved/resolv.conf",
    });
    if config.default_runtime_seccomp_enabled {
        forced["seccompDefault"] = json!(true);
    }
    if config.enable_fs_quota_monitoring {
        forced["featureGates"] = json!({"LocalStorageCapacityIsolationFSQuotaMonitoring": true});
    }
    if !config.register_with_taints.is_empty() {
        let taints = config.register_with_taints.iter().map(|(key, text)| {
            let taint = Taint::parse(key, text);
            json!({"key": taint.key, "value": taint.value, "effect": taint.effect})
        });
        forced["registerWithTaints"] = taints.collect();
    }
    forced
}

fn defaults(config: &KubeletConfigSpec, host: Host, role: Role) -> Value {
    let memory = if role == Role::Worker { "384Mi" } else { "512Mi" };
    let mut defaults = json!({
        "address": "0.0.0.0",
        "oomScoreAdj": -450,
        "clusterDomain": config.cluster_domain,
        "clusterDNS": config.cluster_dns,
        "serializeImagePulls": false,
        "failSwapOn": false,
        "cgroupDriver": "cgroupfs",
        "logging": {"format": "json"},
        "shutdownGracePeriod": "30s",
        "shutdownGracePeriodCriticalPods": "10s",
        "streamingConnectionIdleTimeout": "5m",
        "tlsMinVersion": "VersionTLS13",
        // The pause between two questions for static pods; each is answered when they change.
        "httpCheckFrequency": "100ms",
    });
    defaults["systemReserved"] =
        json!({"cpu": "50m", "pid": "100", "ephemeral-storage": "256Mi", "memory": memory});
    if host.container {
        // The disk is the machine's, and others fill it: a share of it that is left says nothing of the node.
        // By the kubelet's own defaults nothing would run on a machine whose disk is 85 % full.
        defaults["evictionHard"] = json!({
            "memory.available": "100Mi",
            "nodefs.available": "256Mi",
            "nodefs.inodesFree": "1000",
            "imagefs.available": "256Mi",
        });
        defaults["imageGCHighThresholdPercent"] = json!(100);
    }
    if role == (Role::ControlPlane { probed: false }) {
        // The kubelet tells the cluster of a pod when it looks at it, and it first looks at the API server's before
        // that serves. The result of a probe makes it look again; without one its own period does: by default a
        // minute and a half, through which the API server counts for not ready.
        defaults["syncFrequency"] = json!("10s");
    }
    if !host.cgroup_v2 {
        defaults["failCgroupV1"] = json!(false);
    }
    defaults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::json::to_struct;

    const V1: Host = Host { container: true, cgroup_v2: false };
    const CP: Role = Role::ControlPlane { probed: true };
    const V2: Host = Host { container: false, cgroup_v2: true };

    fn config(extra: Value) -> KubeletConfigSpec {
        KubeletConfigSpec {
            cluster_dns: vec!["10.96.0.10".into()],
            cluster_domain: "cluster.local".into(),
            static_pod_list_url: "http://127.0.0.1:1".into(),
            extra_config: Some(to_struct(&extra)),
            ..KubeletConfigSpec::default()
        }
    }

    #[test]
    fn what_is_forced_wins_over_the_user_and_the_user_over_defaults() {
        let extra = json!({
            "cgroupRoot": "/mine",
            "oomScoreAdj": -1,
            "authentication": {"webhook": {"cacheTTL": "1m"}},
            "systemReserved": {"cpu": "1"},
        });
        let file = render(&config(extra), V1, CP);
        assert_eq!(file["cgroupRoot"], "/");
        assert_eq!(file["oomScoreAdj"], -1);
        assert_eq!(file["authentication"]["webhook"], json!({"cacheTTL": "1m", "enabled": true}));
        assert_eq!(file["systemReserved"], json!({"cpu": "1"}));
        assert_eq!(file["clusterDNS"], json!(["10.96.0.10"]));
    }

    #[test]
    fn whatever_the_section_leaves_out_or_empties_is_there_in_the_file() {
        let whole = render(&config(json!({})), V1, CP);
        let emptied: serde_json::Map<_, _> =
            whole.as_object().unwrap().keys().map(|key| (key.clone(), Value::Null)).collect();
        for users in [json!({}), Value::Object(emptied), whole.clone()] {
            assert_eq!(render(&config(users.clone()), V1, CP), whole, "{users}");
        }
        let file = render(&config(json!({"authentication": "x", "logging": {"verbosity": 2}})), V1, CP);
        assert_eq!(file["authentication"], whole["authentication"], "a wrong form does not survive");
        assert_eq!(file["logging"], json!({"format": "json", "verbosity": 2}));
    }

    #[test]
    fn a_kubelet_looks_more_often_where_no_probe_makes_it_look() {
        let unprobed = Role::ControlPlane { probed: false };
        assert_eq!(render(&config(json!({})), V1, unprobed)["syncFrequency"], "10s");
        assert_eq!(render(&config(json!({"syncFrequency": "5m"})), V1, unprobed)["syncFrequency"], "5m");
        assert!(render(&config(json!({})), V1, CP).get("syncFrequency").is_none());
    }

    #[test]
    fn the_host_decides_about_control_groups_and_kernel_settings() {
        let (old, new) = (render(&config(json!({})), V1, CP), render(&config(json!({})), V2, Role::Worker));
        assert_eq!((&old["failCgroupV1"], &old["protectKernelDefaults"]), (&json!(false), &json!(false)));
        assert_eq!((new.get("failCgroupV1"), &new["protectKernelDefaults"]), (None, &json!(true)));
        assert_eq!(
            (&old["systemReserved"]["memory"], &new["systemReserved"]["memory"]),
            (&json!("512Mi"), &json!("384Mi"))
        );
    }

    #[test]
    fn how_full_the_disk_of_a_shared_machine_is_evicts_nobody_unless_the_user_wants_it() {
        let shared = render(&config(json!({})), V1, CP);
        assert_eq!(shared["evictionHard"]["imagefs.available"], "256Mi");
        assert!(render(&config(json!({})), V2, CP).get("evictionHard").is_none(), "the kubelet's own");
        let wanted = json!({"nodefs.available": "10%"});
        let file = render(&config(json!({"evictionHard": wanted.clone()})), V1, CP);
        assert_eq!(file["evictionHard"], wanted, "nothing is added to it");
    }

    #[test]
    fn taints_are_registered_and_a_node_apart_asks_nobody() {
        let mut config = config(json!({}));
        config.register_with_taints = [("a".to_owned(), "v:NoSchedule".to_owned())].into();
        config.skip_node_registration = true;
        config.disable_manifests_directory = true;
        let file = render(&config, V2, Role::Worker);
        assert_eq!(file["registerWithTaints"], json!([{"key": "a", "value": "v", "effect": "NoSchedule"}]));
        assert_eq!(file["authorization"]["mode"], "AlwaysAllow");
        assert!(file.get("staticPodPath").is_none());
    }
}
