//! kube-scheduler.

use proto::resource::k8s::SchedulerConfigSpec;
use serde_json::{Value, json};

use super::{CONFIG, Component, SECRETS, Versions, args_of, http_get, otherwise, pod, probe};
use crate::kubernetes::args::{self, Policy, Refused};
use crate::kubernetes::json::{force, object};

/// uid and gid of the process (contract os.md 6.2).
pub const USER: u32 = 65536;

/// Port of its health endpoint.
const PORT: i64 = 10259;

/// What users may change.
pub const POLICY: fn(&str) -> Policy = policy;

fn policy(name: &str) -> Policy {
    const DENIED: &[&str] =
        &["authentication-kubeconfig", "authorization-kubeconfig", "config", "kubeconfig", "tls-min-version"];
    otherwise(name, DENIED, &["feature-gates"])
}

/// All arguments, the user's merged in.
pub fn scheduler_args(config: &SchedulerConfigSpec) -> Result<Vec<String>, Refused> {
    let kubeconfig = format!("{SECRETS}/kube-scheduler/kubeconfig");
    let text = str::to_owned;
    let ours = args::of([
        ("authentication-kubeconfig", kubeconfig.clone()),
        ("authentication-tolerate-lookup-failure", text("false")),
        ("authorization-kubeconfig", kubeconfig),
        ("bind-address", text("127.0.0.1")),
        ("config", format!("{CONFIG}/kube-scheduler/scheduler-config.yaml")),
        ("leader-elect", text("true")),
        ("profiling", text("false")),
        ("tls-min-version", text("VersionTLS13")),
    ]);
    args::merge(ours, &args_of(&config.extra_args), policy).map(|merged| args::render(&merged))
}

/// The configuration file: the user's, with what we need forced into it.
pub fn scheduler_config(config: &SchedulerConfigSpec) -> Value {
    let mut file = object(config.config.as_ref());
    force(
        &mut file,
        json!({
            "apiVersion": "kubescheduler.config.k8s.io/v1",
            "kind": "KubeSchedulerConfiguration",
            "clientConnection": {"kubeconfig": format!("{SECRETS}/kube-scheduler/kubeconfig")},
        }),
    );
    file
}

/// The pod.
pub fn scheduler(config: &SchedulerConfigSpec, args: &[String], versions: &Versions) -> Value {
    let live = http_get("/livez", PORT);
    pod(Component {
        name: "kube-scheduler",
        image: &config.image,
        user: USER,
        add_capabilities: &[],
        args,
        requests: [("cpu", "10m"), ("memory", "64Mi")],
        resources: config.resources.as_ref(),
        environment: &config.environment_variables,
        extra_volumes: &config.extra_volumes,
        mounts: vec![
            ("secrets", format!("{SECRETS}/kube-scheduler"), true),
            ("config", format!("{CONFIG}/kube-scheduler"), true),
        ],
        annotations: vec![
            ("talos.dev/config-version", versions.config.clone()),
            ("talos.dev/secrets-version", versions.secrets.clone()),
        ],
        probes: vec![
            (
                "startupProbe",
                probe(&live, &[("periodSeconds", 1), ("timeoutSeconds", 15), ("failureThreshold", 60)]),
            ),
            ("livenessProbe", probe(&live, &[("periodSeconds", 10), ("timeoutSeconds", 15)])),
            (
                "readinessProbe",
                probe(
                    &http_get("/readyz", PORT),
                    &[("periodSeconds", 1), ("timeoutSeconds", 15), ("failureThreshold", 3)],
                ),
            ),
        ],
    })
}
