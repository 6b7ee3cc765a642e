//! The secrets bundle of a cluster, `secrets.yaml` (contract os.md 1.7): everything that a configuration needs
//! and that cannot be derived.

mod file;
mod make;

use std::fmt;

pub use file::SecretsError;
pub use make::{Entropy, MakeError};

use crate::Config;
use crate::yaml::Node;

/// An authority or a key pair: base64 of PEM, as files and configurations carry it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Pair {
    /// The certificate.
    pub crt: String,
    /// The private key.
    pub key: String,
}

/// The bundle.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    /// Identity of the cluster; opaque, at most 256 bytes.
    pub cluster_id: String,
    /// Base64 of 32 bytes: keeps discovery data private.
    pub cluster_secret: String,
    /// Token of joining kubelets.
    pub bootstrap_token: String,
    /// Base64 of 32 bytes: encrypts secrets at rest. Bundles of version 1.3 and later.
    pub secretbox_encryption_secret: String,
    /// The same in older bundles.
    pub aescbc_encryption_secret: String,
    /// Token of joining machines.
    pub trustd_token: String,
    /// Authority of etcd.
    pub etcd: Pair,
    /// Authority of Kubernetes.
    pub k8s: Pair,
    /// Authority of the aggregation layer.
    pub k8s_aggregator: Pair,
    /// Signing key of service account tokens.
    pub k8s_service_account_key: String,
    /// Authority of the nodes' API.
    pub os: Pair,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair").field("crt", &self.crt).finish_non_exhaustive()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("cluster_id", &self.cluster_id).finish_non_exhaustive()
    }
}

impl Secrets {
    /// The bundle of an existing cluster, from the configuration of one of its control plane nodes.
    ///
    /// # Errors
    /// Names the first secret that the configuration does not hold. How etcd is encrypted may be
    /// anybody's choice: a configuration without a secretbox or AES-CBC secret gives a bundle without.
    pub fn from_control_plane(config: &Config) -> Result<Self, SecretsError> {
        let need = |what: &'static str| SecretsError::Incomplete(what);
        let machine =
            config.v1alpha1().and_then(|c| c.machine.as_ref()).ok_or(need("the machine section"))?;
        let cluster =
            config.v1alpha1().and_then(|c| c.cluster.as_ref()).ok_or(need("the cluster section"))?;
        let encoded = |authority: &crate::access::Authority| Pair {
            crt: make::encode(authority.cert.0.as_bytes()),
            key: make::encode(authority.key.expose().as_bytes()),
        };
        let pair = |authorities: crate::access::Authorities, what| {
            authorities.issuing.as_ref().map(encoded).ok_or(SecretsError::Incomplete(what))
        };
        let api = config.node_api().ok_or(need("machine.ca"))?;
        let etcd = config.etcd().and_then(|etcd| etcd.ca).ok_or(need("cluster.etcd.ca"))?;
        let service_account = config.service_account().ok_or(need("the service account key"))?;
        let encryption = config.etcd_encryption();
        let (secretbox, aescbc) = encryption.as_ref().map(encryption_secrets).unwrap_or_default();
        let secrets = Self {
            cluster_id: config.cluster_id().ok_or(need("the cluster id"))?,
            cluster_secret: config.cluster_secret().ok_or(need("the cluster secret"))?.expose().to_owned(),
            bootstrap_token: cluster.token.expose().to_owned(),
            secretbox_encryption_secret: secretbox,
            aescbc_encryption_secret: aescbc,
            trustd_token: machine.token.expose().to_owned(),
            etcd: encoded(&etcd),
            k8s: pair(config.kubernetes_ca(), "the key of the Kubernetes CA")?,
            k8s_aggregator: pair(config.aggregator_ca(), "the key of the aggregator CA")?,
            k8s_service_account_key: make::encode(service_account.key.expose().as_bytes()),
            os: pair(api.authorities, "the key of machine.ca")?,
        };
        secrets.check()?;
        Ok(secrets)
    }
}

/// The secrets for secretbox and AES-CBC in an EncryptionConfiguration, empty where there are none.
/// The name of a key tells which it is: the old kind of secret keeps its name, `key1`, under the
/// provider `secretbox` too (contract os.md 1.7, last line of the table).
fn encryption_secrets(config: &Node) -> (String, String) {
    let items = |node: Option<&Node>| node.and_then(Node::as_seq).unwrap_or_default().to_vec();
    let (mut secretbox, mut aescbc) = (String::new(), String::new());
    let providers = items(config.get("resources")).into_iter().flat_map(|r| items(r.get("providers")));
    for provider in providers {
        for kind in ["secretbox", "aescbc"] {
            for key in items(provider.get(kind).and_then(|provider| provider.get("keys"))) {
                let text = |name: &str| key.get(name).and_then(Node::as_text).unwrap_or_default();
                let target = match kind == "aescbc" || text("name") == "key1" {
                    true => &mut aescbc,
                    false => &mut secretbox,
                };
                if target.is_empty() {
                    *target = text("secret").into_owned();
                }
            }
        }
    }
    (secretbox, aescbc)
}
