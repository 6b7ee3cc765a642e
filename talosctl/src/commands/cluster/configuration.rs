//! Machine configurations of a cluster on this machine.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use config::talosconfig::{Context as Credentials, Talosconfig};
use pki::{Algorithm, Authority, AuthorityKind, PrivateKey, profile};
use provision::local::{ClusterInfo, Role};

/// Life of the client certificate (contract api.md 2.3).
const CLIENT_LIFE: Duration = Duration::from_secs(8760 * 3600);

/// Keys and tokens of one cluster.
pub struct Secrets {
    id: String,
    secret: String,
    token: String,
    bootstrap_token: String,
    encryption: String,
    os: Authority,
    etcd: Authority,
    kubernetes: Authority,
    aggregator: Authority,
    service_account: PrivateKey,
}

fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).map_err(|e| anyhow::anyhow!("no entropy: {e}"))?;
    Ok(bytes)
}

fn token() -> anyhow::Result<String> {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut text = String::with_capacity(23);
    while text.len() < 23 {
        let [byte] = random::<1>()?;
        // 252 is the largest multiple of 36 in a byte: beyond it some letters would be likelier.
        if byte < 252 {
            text.push(ALPHABET.get(usize::from(byte) % 36).copied().map_or('a', char::from));
        }
        if text.len() == 6 {
            text.push('.');
        }
    }
    Ok(text)
}

impl Secrets {
    /// New ones.
    pub fn generate(now: SystemTime) -> anyhow::Result<Self> {
        Ok(Self {
            id: STANDARD.encode(random::<32>()?),
            secret: STANDARD.encode(random::<32>()?),
            token: token()?,
            bootstrap_token: token()?,
            encryption: STANDARD.encode(random::<32>()?),
            os: Authority::generate(AuthorityKind::Os, now)?,
            etcd: Authority::generate(AuthorityKind::Etcd, now)?,
            kubernetes: Authority::generate(AuthorityKind::Kubernetes, now)?,
            aggregator: Authority::generate(AuthorityKind::Aggregator, now)?,
            service_account: PrivateKey::generate(Algorithm::EcdsaP256)?,
        })
    }

    /// A client configuration with one context that names every node.
    pub fn talosconfig(&self, cluster: &ClusterInfo, now: SystemTime) -> anyhow::Result<Talosconfig> {
        let pair = self.os.issue_pair(&profile::client(["os:admin"], now, CLIENT_LIFE))?;
        let (crt, key) = pair.to_pem()?;
        let context = Credentials {
            endpoints: vec![cluster.gateway.to_string()],
            nodes: cluster.nodes.iter().map(|n| n.address.to_string()).collect(),
            ca: STANDARD.encode(self.os.certificate().to_pem()),
            crt: STANDARD.encode(crt),
            key: STANDARD.encode(key.as_bytes()),
            ..Credentials::default()
        };
        Ok(Talosconfig { context: cluster.name.clone(), contexts: [(cluster.name.clone(), context)].into() })
    }

    /// The configuration of every node, by name.
    pub fn configurations(&self, cluster: &ClusterInfo) -> anyhow::Result<BTreeMap<String, String>> {
        let (control_plane, worker) = (self.control_plane(cluster)?, self.worker(cluster));
        let text = |role| if role == Role::ControlPlane { control_plane.clone() } else { worker.clone() };
        Ok(cluster.nodes.iter().map(|node| (node.name.clone(), text(node.role))).collect())
    }

    fn worker(&self, cluster: &ClusterInfo) -> String {
        let ca = STANDARD.encode(self.os.certificate().to_pem());
        let kubernetes = STANDARD.encode(self.kubernetes.certificate().to_pem());
        format!(
            "version: v1alpha1\nmachine:\n    type: worker\n    token: {token}\n    ca:\n        crt: {ca}\n        key: \"\"\n{machine}\
             cluster:\n{cluster}    ca:\n        crt: {kubernetes}\n        key: \"\"\n",
            token = self.token,
            machine = machine_common(),
            cluster = self.cluster_common(cluster),
        )
    }

    fn control_plane(&self, cluster: &ClusterInfo) -> anyhow::Result<String> {
        let pair = |authority: &Authority| -> anyhow::Result<String> {
            let crt = STANDARD.encode(authority.certificate().to_pem());
            let key = STANDARD.encode(authority.key().to_pem().context("a key cannot be written")?.as_bytes());
            Ok(format!("        crt: {crt}\n        key: {key}\n"))
        };
        let service_account = STANDARD.encode(self.service_account.to_pem()?.as_bytes());
        Ok(format!(
            "version: v1alpha1\nmachine:\n    type: controlplane\n    token: {token}\n    ca:\n{os}    certSANs:\n        - {gateway}\n{machine}\
             cluster:\n{common}    ca:\n{kubernetes}    aggregatorCA:\n{aggregator}    serviceAccount:\n        key: {service_account}\n\
             \x20   secretboxEncryptionSecret: {encryption}\n    etcd:\n        ca:\n{etcd}\
             \x20   apiServer:\n        certSANs:\n            - {gateway}\n        disablePodSecurityPolicy: true\n        admissionControl:\n            - name: PodSecurity\n              configuration:\n                  apiVersion: pod-security.admission.config.k8s.io/v1alpha1\n                  kind: PodSecurityConfiguration\n                  defaults:\n                      enforce: baseline\n                      enforce-version: latest\n                      audit: restricted\n                      audit-version: latest\n                      warn: restricted\n                      warn-version: latest\n                  exemptions:\n                      namespaces:\n                          - kube-system\n                      runtimeClasses: []\n                      usernames: []\n        auditPolicy:\n            apiVersion: audit.k8s.io/v1\n            kind: Policy\n            rules:\n                - level: Metadata\n",
            token = self.token,
            os = pair(&self.os)?,
            gateway = cluster.gateway,
            machine = machine_common(),
            common = self.cluster_common(cluster),
            kubernetes = pair(&self.kubernetes)?,
            aggregator = pair(&self.aggregator)?,
            encryption = self.encryption,
            etcd = pair(&self.etcd)?.replace("        ", "            "),
        ))
    }

    fn cluster_common(&self, cluster: &ClusterInfo) -> String {
        format!(
            "    id: {id}\n    secret: {secret}\n    controlPlane:\n        endpoint: https://{gateway}:6443\n    clusterName: {name}\n\
             \x20   network:\n        dnsDomain: cluster.local\n        podSubnets:\n            - 10.244.0.0/16\n        serviceSubnets:\n            - 10.96.0.0/12\n\
             \x20   token: {token}\n    discovery:\n        enabled: true\n        registries:\n            kubernetes:\n                disabled: true\n            service:\n                disabled: true\n",
            id = self.id,
            secret = self.secret,
            gateway = cluster.gateway,
            name = cluster.name,
            token = self.bootstrap_token,
        )
    }
}

fn machine_common() -> String {
    format!(
        "    kubelet:\n        image: {kubelet}\n        defaultRuntimeSeccompProfileEnabled: true\n        disableManifestsDirectory: true\n\
         \x20   features:\n        diskQuotaSupport: true\n        kubePrism:\n            enabled: true\n            port: 7445\n        hostDNS:\n            enabled: true\n            forwardKubeDNSToHost: true\n",
        kubelet = components::image::KUBELET,
    )
}
