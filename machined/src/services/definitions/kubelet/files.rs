//! The files that a kubelet starts with, and those of an earlier life that it must not find
//! (contract os.md 6.3).

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use proto::common::PemEncodedCertificate;
use proto::resource::k8s::KubeletSpecSpec;
use proto::resource::secrets::KubeletSpec as KubeletSecrets;
use serde_json::{Value, json};

use crate::controllers::k8s::node::access::CLIENT_SIZE;
use crate::kubernetes::json;

const CONFIG: &str = "etc/kubernetes/kubelet.yaml";
const CA: &str = "etc/kubernetes/pki/ca.crt";
const BOOTSTRAP: &str = "etc/kubernetes/bootstrap-kubeconfig";
const KUBECONFIG: &str = "etc/kubernetes/kubeconfig-kubelet";
pub(super) const PKI: &str = "var/lib/kubelet/pki";
pub(super) const CLIENT: &str = "var/lib/kubelet/pki/kubelet-client-current.pem";
const CPU_STATE: &str = "var/lib/kubelet/cpu_manager_state";
/// Bytes of the largest such file that is read; it lists the containers of the node.
const CPU_STATE_SIZE: u64 = 1024 * 1024;
const CREDENTIALS_ARG: &str = "--image-credential-provider-config=";

/// Writes everything below `root`.
pub(super) fn write(root: &Path, spec: &KubeletSpecSpec, secrets: &KubeletSecrets) -> anyhow::Result<()> {
    let config = spec.config.as_ref().map(json::from_struct).unwrap_or_else(|| json!({}));
    put(&root.join(CONFIG), &pretty(&config))?;
    put(&root.join(CA), &bundle(&secrets.accepted_c_as))?;
    if let (Some(path), Some(providers)) = (credentials_path(&spec.args), &spec.credential_provider_config) {
        put(&root.join(path.trim_start_matches('/')), &pretty(&json::from_struct(providers)))?;
    }
    forget_cpu_state(root, &config)?;
    // A serving certificate that the kubelet signed itself in an earlier life.
    for name in ["kubelet.crt", "kubelet.key"] {
        remove(&root.join(PKI).join(name))?;
    }
    if !registers(spec) {
        return Ok(());
    }
    put(&root.join(BOOTSTRAP), &pretty(&bootstrap_kubeconfig(secrets)))?;
    if has_identity(root, spec, secrets) {
        put(&root.join(KUBECONFIG), &pretty(&kubeconfig(secrets)))
    } else {
        remove_all(&root.join(PKI))?;
        remove(&root.join(KUBECONFIG))
    }
}

/// Whether the kubelet is to join the cluster.
pub(super) fn registers(spec: &KubeletSpecSpec) -> bool {
    spec.args.iter().any(|a| a.starts_with("--kubeconfig="))
}

/// Whether there is a client certificate that the cluster will accept.
pub(super) fn has_identity(root: &Path, spec: &KubeletSpecSpec, secrets: &KubeletSecrets) -> bool {
    let known = client(root);
    known.is_some_and(|pem| is_ours(&pem, &spec.expected_nodename, &secrets.accepted_c_as))
}

/// The client certificate with its key. Pods may write its folder: what they put there must not hold us up.
pub(super) fn client(root: &Path) -> Option<String> {
    let pem = sys::nofollow::read_small(&root.join(CLIENT), CLIENT_SIZE).ok()?;
    String::from_utf8(pem).ok()
}

fn pretty(value: &Value) -> Vec<u8> {
    // JSON is YAML.
    let mut text = serde_json::to_vec_pretty(value).unwrap_or_default();
    text.push(b'\n');
    text
}

fn bundle(certificates: &[PemEncodedCertificate]) -> Vec<u8> {
    let mut bundle = Vec::new();
    for certificate in certificates {
        bundle.extend_from_slice(certificate.crt.trim_ascii());
        bundle.push(b'\n');
    }
    bundle
}

fn credentials_path(args: &[String]) -> Option<&str> {
    args.iter().find_map(|a| a.strip_prefix(CREDENTIALS_ARG))
}

fn server(secrets: &KubeletSecrets) -> &str {
    secrets.endpoint.as_ref().map_or("", |url| url.full_path.as_str())
}

fn cluster(secrets: &KubeletSecrets, ca: Value) -> Value {
    let mut cluster = json!({ "server": server(secrets) });
    if let (Some(cluster), Some(ca)) = (cluster.as_object_mut(), ca.as_object()) {
        cluster.extend(ca.clone());
        if !secrets.endpoint_tls_server_name.is_empty() {
            cluster.insert("tls-server-name".to_owned(), json!(secrets.endpoint_tls_server_name));
        }
    }
    cluster
}

fn render(cluster: &Value, user: &str, credentials: &Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": "local", "cluster": cluster }],
        "users": [{ "name": user, "user": credentials }],
        "contexts": [{ "name": format!("{user}@local"), "context": { "cluster": "local", "user": user } }],
        "current-context": format!("{user}@local"),
    })
}

fn bootstrap_kubeconfig(secrets: &KubeletSecrets) -> Value {
    let token = format!("{}.{}", secrets.bootstrap_token_id, secrets.bootstrap_token_secret);
    render(
        &cluster(secrets, json!({ "certificate-authority": format!("/{CA}") })),
        "kubelet",
        &json!({ "token": token }),
    )
}

/// The file that a kubelet writes once it has its certificate: made anew, so that a certificate outlives
/// the folder that forgets at each boot, and server and CA are today's.
fn kubeconfig(secrets: &KubeletSecrets) -> Value {
    let client = json!({ "client-certificate": format!("/{CLIENT}"), "client-key": format!("/{CLIENT}") });
    render(&cluster(secrets, json!({ "certificate-authority": format!("/{CA}") })), "kubelet", &client)
}

/// Whether a client certificate is for this node and from a CA that is accepted.
pub(super) fn is_ours(pem: &str, nodename: &str, accepted: &[PemEncodedCertificate]) -> bool {
    let Ok(chain) = pki::Certificate::bundle_from_pem(pem) else { return false };
    let Some(leaf) = chain.first() else { return false };
    let issuers = accepted.iter().filter_map(|c| std::str::from_utf8(&c.crt).ok());
    let issuers = issuers.filter_map(|text| pki::Certificate::bundle_from_pem(text).ok()).flatten();
    let named = leaf.subject().to_string().contains(&format!("CN=system:node:{nodename}"));
    named && issuers.into_iter().any(|issuer| leaf.is_issued_by(&issuer))
}

/// CPU pinning of another policy would keep the kubelet from starting.
fn forget_cpu_state(root: &Path, config: &Value) -> anyhow::Result<()> {
    let path = root.join(CPU_STATE);
    let Ok(text) = sys::nofollow::read_small(&path, CPU_STATE_SIZE) else { return Ok(()) };
    let state: Value = serde_json::from_slice(&text).unwrap_or_default();
    let was = state.get("policyName").and_then(Value::as_str).unwrap_or_default();
    let wanted = config.get("cpuManagerPolicy").and_then(Value::as_str).filter(|p| !p.is_empty());
    if was != wanted.unwrap_or("none") {
        remove(&path)?;
    }
    Ok(())
}

/// Replaces a file at once: a reader sees the old or the new one. Some hold secrets, so only root reads them.
pub(super) fn put(path: &Path, contents: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    }
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let write = || {
        // Whatever lies there is removed rather than written to: it may lead elsewhere.
        gone(fs::remove_file(&fresh))?;
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        file.write_all(contents)?;
        fs::rename(&fresh, path)
    };
    write().with_context(|| format!("writing {}", path.display()))
}

pub(super) fn remove(path: &Path) -> anyhow::Result<()> {
    gone(fs::remove_file(path)).with_context(|| format!("removing {}", path.display()))
}

pub(super) fn remove_all(path: &Path) -> anyhow::Result<()> {
    gone(fs::remove_dir_all(path)).with_context(|| format!("removing {}", path.display()))
}

fn gone(result: std::io::Result<()>) -> std::io::Result<()> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    fn spec(args: &[&str]) -> KubeletSpecSpec {
        KubeletSpecSpec {
            args: args.iter().map(|a| (*a).to_owned()).collect(),
            expected_nodename: "cp-1".into(),
            config: Some(json::to_struct(&json!({ "kind": "KubeletConfiguration" }))),
            ..Default::default()
        }
    }

    fn secrets(ca: &pki::Authority) -> KubeletSecrets {
        KubeletSecrets {
            endpoint: Some("https://127.0.0.1:7445".into()),
            accepted_c_as: vec![PemEncodedCertificate { crt: ca.certificate().to_pem().into_bytes() }],
            bootstrap_token_id: "abcdef".into(),
            bootstrap_token_secret: "0123456789abcdef".into(),
            ..Default::default()
        }
    }

    fn authority() -> pki::Authority {
        pki::Authority::generate(pki::AuthorityKind::Kubernetes, SystemTime::now()).unwrap()
    }

    /// A client certificate as the cluster would issue it for a node.
    fn client(ca: &pki::Authority, node: &str) -> String {
        let mut leaf =
            pki::profile::kubeconfig_admin(SystemTime::now(), std::time::Duration::from_secs(3600));
        leaf.subject = pki::Name::common(format!("system:node:{node}")).with_organizations(["system:nodes"]);
        let (crt, key) = ca.issue_pair(&leaf).unwrap().to_pem().unwrap();
        format!("{crt}{}", key.as_str())
    }

    const REGISTERS: [&str; 1] = ["--kubeconfig=/etc/kubernetes/kubeconfig-kubelet"];

    #[test]
    fn a_new_node_gets_a_bootstrap_kubeconfig_and_no_other() {
        let (root, ca) = (tempfile::tempdir().unwrap(), authority());
        write(root.path(), &spec(&REGISTERS), &secrets(&ca)).unwrap();
        let bootstrap: Value =
            serde_json::from_slice(&fs::read(root.path().join(BOOTSTRAP)).unwrap()).unwrap();
        assert_eq!(bootstrap["users"][0]["user"]["token"], "abcdef.0123456789abcdef");
        assert_eq!(bootstrap["clusters"][0]["cluster"]["server"], "https://127.0.0.1:7445");
        assert!(!root.path().join(KUBECONFIG).exists());
        let config: Value = serde_json::from_slice(&fs::read(root.path().join(CONFIG)).unwrap()).unwrap();
        assert_eq!(config["kind"], "KubeletConfiguration");
    }

    #[test]
    fn a_certificate_is_kept_only_for_this_node_and_from_this_cluster() {
        let (ours, other) = (authority(), authority());
        for (pem, kept) in
            [(client(&ours, "cp-1"), true), (client(&ours, "cp-2"), false), (client(&other, "cp-1"), false)]
        {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir_all(root.path().join(PKI)).unwrap();
            fs::write(root.path().join(CLIENT), pem).unwrap();
            fs::write(root.path().join(PKI).join("kubelet.key"), "self-signed").unwrap();
            write(root.path(), &spec(&REGISTERS), &secrets(&ours)).unwrap();
            assert_eq!(root.path().join(CLIENT).exists(), kept);
            assert_eq!(root.path().join(KUBECONFIG).exists(), kept);
            assert!(!root.path().join(PKI).join("kubelet.key").exists());
        }
    }

    #[test]
    fn a_node_that_does_not_register_has_no_kubeconfig() {
        let (root, ca) = (tempfile::tempdir().unwrap(), authority());
        write(root.path(), &spec(&[]), &secrets(&ca)).unwrap();
        assert!(!root.path().join(BOOTSTRAP).exists());
    }

    #[test]
    fn cpu_pinning_of_another_policy_is_forgotten() {
        let root = tempfile::tempdir().unwrap();
        let state = root.path().join(CPU_STATE);
        fs::create_dir_all(state.parent().unwrap()).unwrap();
        for (config, kept) in [(json!({}), false), (json!({ "cpuManagerPolicy": "static" }), true)] {
            fs::write(&state, r#"{"policyName":"static"}"#).unwrap();
            forget_cpu_state(root.path(), &config).unwrap();
            assert_eq!(state.exists(), kept, "{config}");
        }
    }
}
