//! kube-controller-manager.

use proto::resource::k8s::ControllerManagerConfigSpec;
use serde_json::Value;

use super::{Component, SECRETS, Versions, args_of, http_get, otherwise, pod, probe};
use crate::kubernetes::args::{self, Policy, Refused};

/// uid and gid of the process (contract os.md 6.2).
pub const USER: u32 = 65535;

/// Port of its health endpoint.
const PORT: i64 = 10257;

/// What users may change.
pub const POLICY: fn(&str) -> Policy = policy;

fn policy(name: &str) -> Policy {
    const DENIED: &[&str] = &[
        "authentication-kubeconfig",
        "authorization-kubeconfig",
        "cluster-signing-cert-file",
        "cluster-signing-key-file",
        "kubeconfig",
        "root-ca-file",
        "service-account-private-key-file",
        "tls-min-version",
    ];
    otherwise(name, DENIED, &["controllers", "feature-gates", "service-cluster-ip-range"])
}

/// All arguments, the user's merged in.
pub fn controller_manager_args(config: &ControllerManagerConfigSpec) -> Result<Vec<String>, Refused> {
    let secret = |name: &str| format!("{SECRETS}/kube-controller-manager/{name}");
    let text = str::to_owned;
    let mut ours = args::of([
        ("allocate-node-cidrs", text("true")),
        ("authentication-kubeconfig", secret("kubeconfig")),
        ("authorization-kubeconfig", secret("kubeconfig")),
        ("bind-address", text("127.0.0.1")),
        ("cluster-cidr", config.pod_cid_rs.join(",")),
        ("cluster-signing-cert-file", secret("ca.crt")),
        ("cluster-signing-key-file", secret("ca.key")),
        ("configure-cloud-routes", text("false")),
        ("controllers", text("*")),
        // By its own default (20 a second) the tokens of its forty controllers alone take five seconds.
        // The API server has a limit of its own, by priority and fairness.
        ("kube-api-burst", text("200")),
        ("kube-api-qps", text("100")),
        ("kubeconfig", secret("kubeconfig")),
        ("leader-elect", text("true")),
        ("profiling", text("false")),
        ("root-ca-file", secret("ca.crt")),
        ("service-account-private-key-file", secret("service-account.key")),
        ("service-cluster-ip-range", config.service_cid_rs.join(",")),
        ("terminated-pod-gc-threshold", text("100")),
        ("tls-min-version", text("VersionTLS13")),
        ("use-service-account-credentials", text("true")),
    ]);
    if !config.cloud_provider.is_empty() {
        ours.insert(text("cloud-provider"), vec![config.cloud_provider.clone()]);
    }
    let sizes = [
        ("node-cidr-mask-size-ipv4", config.node_cidr_mask_size_i_pv4, false),
        ("node-cidr-mask-size-ipv6", config.node_cidr_mask_size_i_pv6, true),
    ];
    for (name, size, v6) in sizes {
        let family_used = config.pod_cid_rs.iter().any(|c| c.contains(':') == v6);
        if size != 0 && family_used {
            ours.insert(text(name), vec![size.to_string()]);
        }
    }
    args::merge(ours, &args_of(&config.extra_args), policy).map(|merged| args::render(&merged))
}

/// The pod.
pub fn controller_manager(
    config: &ControllerManagerConfigSpec,
    args: &[String],
    versions: &Versions,
) -> Value {
    let get = http_get("/healthz", PORT);
    pod(Component {
        name: "kube-controller-manager",
        image: &config.image,
        user: USER,
        add_capabilities: &[],
        args,
        requests: [("cpu", "50m"), ("memory", "256Mi")],
        resources: config.resources.as_ref(),
        environment: &config.environment_variables,
        extra_volumes: &config.extra_volumes,
        mounts: vec![("secrets", format!("{SECRETS}/kube-controller-manager"), true)],
        annotations: vec![
            ("talos.dev/config-version", versions.config.clone()),
            ("talos.dev/secrets-version", versions.secrets.clone()),
        ],
        probes: vec![
            (
                "startupProbe",
                probe(&get, &[("periodSeconds", 1), ("timeoutSeconds", 15), ("failureThreshold", 60)]),
            ),
            ("livenessProbe", probe(&get, &[("periodSeconds", 10), ("timeoutSeconds", 15)])),
        ],
    })
}
