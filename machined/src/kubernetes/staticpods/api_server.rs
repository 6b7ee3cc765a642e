//! kube-apiserver.

use proto::resource::k8s::ApiServerConfigSpec;
use serde_json::Value;

use super::{CONFIG, Component, SECRETS, Versions, args_of, http_get, otherwise, pod, probe};
use crate::kubernetes::args::{self, Args, Policy, Refused};

/// uid and gid of the process (contract os.md 6.2).
pub const USER: u32 = 65534;

/// What users may change.
pub const POLICY: fn(&str) -> Policy = policy;

fn policy(name: &str) -> Policy {
    const DENIED: &[&str] = &[
        "authentication-config",
        "authorization-config",
        "client-ca-file",
        "encryption-provider-config",
        "etcd-cafile",
        "etcd-certfile",
        "etcd-keyfile",
        "etcd-servers",
        "kubelet-client-certificate",
        "kubelet-client-key",
        "proxy-client-cert-file",
        "proxy-client-key-file",
        "requestheader-client-ca-file",
        "service-account-key-file",
        "service-account-signing-key-file",
        "tls-cert-file",
        "tls-min-version",
        "tls-private-key-file",
    ];
    otherwise(name, DENIED, &["authorization-mode", "enable-admission-plugins", "feature-gates"])
}

/// Facts of the cluster that the arguments need beside the component's own configuration.
#[derive(Debug, Clone, Default)]
pub struct Facts<'a> {
    /// Issuer, then further accepted issuers.
    pub issuers: Vec<&'a str>,
    /// Audiences of service account tokens.
    pub audiences: Vec<&'a str>,
    /// The node registers itself, so the pod's address can be advertised.
    pub advertise: bool,
    /// Structured authorization is in use (an `authorization-config` file exists).
    pub authorization_config: bool,
}

/// All arguments, the user's merged in.
pub fn api_server_args(config: &ApiServerConfigSpec, facts: &Facts<'_>) -> Result<Vec<String>, Refused> {
    let secrets = format!("{SECRETS}/kube-apiserver");
    let files = format!("{CONFIG}/kube-apiserver");
    let secret = |name: &str| format!("{secrets}/{name}");
    let text = str::to_owned;
    let mut ours = args::of([
        ("admission-control-config-file", format!("{files}/admission-control-config.yaml")),
        ("allow-privileged", text("true")),
        ("api-audiences", facts.audiences.join(",")),
        ("audit-log-maxage", text("30")),
        ("audit-log-maxbackup", text("10")),
        ("audit-log-maxsize", text("100")),
        ("audit-log-path", text("/var/log/audit/kube/kube-apiserver.log")),
        ("audit-policy-file", format!("{files}/auditpolicy.yaml")),
        ("bind-address", text("0.0.0.0")),
        ("client-ca-file", secret("ca.crt")),
        ("enable-admission-plugins", text("NodeRestriction")),
        ("enable-bootstrap-token-auth", text("true")),
        ("encryption-provider-config", secret("encryptionconfig.yaml")),
        ("etcd-cafile", secret("etcd-client-ca.crt")),
        ("etcd-certfile", secret("etcd-client.crt")),
        ("etcd-keyfile", secret("etcd-client.key")),
        ("etcd-servers", config.etcd_servers.join(",")),
        ("kubelet-client-certificate", secret("apiserver-kubelet-client.crt")),
        ("kubelet-client-key", secret("apiserver-kubelet-client.key")),
        ("kubelet-preferred-address-types", text("InternalIP,ExternalIP,Hostname")),
        ("profiling", text("false")),
        ("proxy-client-cert-file", secret("front-proxy-client.crt")),
        ("proxy-client-key-file", secret("front-proxy-client.key")),
        ("requestheader-allowed-names", text("front-proxy-client")),
        ("requestheader-client-ca-file", secret("aggregator-ca.crt")),
        ("requestheader-extra-headers-prefix", text("X-Remote-Extra-")),
        ("requestheader-group-headers", text("X-Remote-Group")),
        ("requestheader-username-headers", text("X-Remote-User")),
        ("secure-port", config.local_port.to_string()),
        ("service-account-key-file", secret("service-account.pub")),
        ("service-account-signing-key-file", secret("service-account.key")),
        ("service-cluster-ip-range", config.service_cid_rs.join(",")),
        ("tls-cert-file", secret("apiserver.crt")),
        ("tls-min-version", text("VersionTLS13")),
        ("tls-private-key-file", secret("apiserver.key")),
    ]);
    ours.insert(text("service-account-issuer"), facts.issuers.iter().map(|i| (*i).to_owned()).collect());
    if facts.advertise {
        ours.insert(text("advertise-address"), vec![text("$(POD_IP)")]);
    }
    if !config.cloud_provider.is_empty() {
        ours.insert(text("cloud-provider"), vec![config.cloud_provider.clone()]);
    }
    if config.use_authentication_config {
        ours.insert(text("authentication-config"), vec![format!("{files}/authentication-config.yaml")]);
    } else {
        ours.insert(text("anonymous-auth"), vec![text("false")]);
    }
    let users = args_of(&config.extra_args);
    if facts.authorization_config && !wants_flags(&users) {
        ours.insert(text("authorization-config"), vec![format!("{files}/authorization-config.yaml")]);
    } else {
        ours.insert(text("authorization-mode"), vec![text("Node,RBAC")]);
    }
    args::merge(ours, &users, policy).map(|merged| args::render(&merged))
}

/// Users who name authorizers by flags cannot have the structured form as well.
fn wants_flags(users: &Args) -> bool {
    users.keys().any(|name| name == "authorization-mode" || name.starts_with("authorization-webhook-"))
}

/// The pod.
pub fn api_server(config: &ApiServerConfigSpec, args: &[String], versions: &Versions) -> Value {
    let probes = if config.startup_probes_enabled { probes(config.local_port) } else { vec![] };
    pod(Component {
        name: "kube-apiserver",
        image: &config.image,
        user: USER,
        add_capabilities: &["NET_BIND_SERVICE"],
        args,
        requests: [("cpu", "200m"), ("memory", "512Mi")],
        resources: config.resources.as_ref(),
        environment: &config.environment_variables,
        extra_volumes: &config.extra_volumes,
        mounts: vec![
            ("secrets", format!("{SECRETS}/kube-apiserver"), true),
            ("config", format!("{CONFIG}/kube-apiserver"), true),
            ("audit", "/var/log/audit/kube".to_owned(), false),
        ],
        annotations: vec![
            ("talos.dev/config-file-version", versions.config_file.clone()),
            ("talos.dev/config-version", versions.config.clone()),
            ("talos.dev/secrets-version", versions.secrets.clone()),
        ],
        probes,
    })
}

/// They carry no credentials: whoever enables them knows that the server answers strangers about its health.
fn probes(port: i64) -> Vec<(&'static str, Value)> {
    let livez = http_get("/livez", port);
    let fields = [("periodSeconds", 1), ("timeoutSeconds", 15), ("failureThreshold", 3)];
    let readiness = probe(&http_get("/readyz", port), &fields);
    // A second, where the contract allows ten: readiness counts from the first success.
    let fields = [("periodSeconds", 1), ("timeoutSeconds", 15), ("failureThreshold", 240)];
    let startup = probe(&livez, &fields);
    let fields =
        [("initialDelaySeconds", 10), ("periodSeconds", 10), ("timeoutSeconds", 15), ("failureThreshold", 8)];
    vec![("readinessProbe", readiness), ("startupProbe", startup), ("livenessProbe", probe(&livez, &fields))]
}
