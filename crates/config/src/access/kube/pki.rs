//! Authorities and keys of Kubernetes.

use crate::Config;
use crate::access::{Authorities, Authority, decode_authority};
use crate::documents::k8s::{
    IssuingCA, KubeAPIServerCAConfig, KubeAggregatorCAConfig, KubeEtcdEncryptionConfig,
    KubeServiceAccountConfig,
};
use crate::value::{Duration, Pem, Secret};
use crate::yaml::Node;

/// How long an administrator's kubeconfig is valid unless another time is set (contract os.md 1.3).
pub const DEFAULT_ADMIN_KUBECONFIG_LIFETIME: Duration = Duration::from_hours(8760);

/// Service account tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceAccount {
    /// The key that tokens are signed with, as PEM.
    pub key: Secret,
    /// The URL in the tokens.
    pub issuer: String,
    /// Public keys that are accepted too, as PEM.
    pub accepted_keys: Vec<Pem>,
    /// URLs that are accepted too.
    pub accepted_issuers: Vec<String>,
    /// For whom tokens may be, beside the issuer itself.
    pub audiences: Vec<String>,
}

fn issuing(ca: Option<IssuingCA>) -> Option<Authority> {
    ca.filter(|ca| !ca.cert.is_empty()).map(|ca| Authority { cert: ca.cert, key: ca.key })
}

impl Config {
    /// The authority of the Kubernetes API; issuing only on control planes.
    pub fn kubernetes_ca(&self) -> Authorities {
        if let Some(document) = self.get::<KubeAPIServerCAConfig>() {
            let section = self.cluster().into_iter().flat_map(|cluster| &cluster.accepted_cas);
            let further = section.filter_map(|ca| ca.crt.decode());
            let accepted = document.accepted_cas.into_iter().chain(further);
            return Authorities::new(issuing(document.issuing_ca), accepted);
        }
        let Some(cluster) = self.cluster() else { return Authorities::default() };
        let further = cluster.accepted_cas.iter().filter_map(|ca| ca.crt.decode());
        Authorities::new(cluster.ca.as_ref().and_then(decode_authority), further)
    }

    /// The authority of the aggregation layer.
    pub fn aggregator_ca(&self) -> Authorities {
        if let Some(document) = self.get::<KubeAggregatorCAConfig>() {
            return Authorities::new(issuing(document.issuing_ca), document.accepted_cas);
        }
        let section = self.cluster().and_then(|cluster| cluster.aggregator_ca.as_ref());
        Authorities::new(section.and_then(decode_authority), [])
    }

    /// Service account tokens. In the v1alpha1 form the issuer is the cluster's endpoint.
    pub fn service_account(&self) -> Option<ServiceAccount> {
        if let Some(document) = self.get::<KubeServiceAccountConfig>() {
            return Some(ServiceAccount {
                key: document.issuer.private_key,
                issuer: document.issuer.issuer_url?.as_str().to_owned(),
                accepted_keys: document.accepted.public_keys,
                accepted_issuers: document
                    .accepted
                    .issuers
                    .iter()
                    .map(|url| url.as_str().to_owned())
                    .collect(),
                audiences: document.accepted.audiences,
            });
        }
        let key = Pem::from_base64(self.cluster()?.service_account.as_ref()?.key.expose())?;
        Some(ServiceAccount {
            key: Secret::new(key.0),
            issuer: self.cluster_endpoint()?.as_str().to_owned(),
            accepted_keys: Vec::new(),
            accepted_issuers: Vec::new(),
            audiences: Vec::new(),
        })
    }

    /// The body of the EncryptionConfiguration. From the v1alpha1 secrets it is made with the
    /// key names that existing clusters have data under (contract os.md 6.2): `key2` for
    /// secretbox, `key1` for AES-CBC.
    pub fn etcd_encryption(&self) -> Option<Node> {
        if let Some(document) = self.get::<KubeEtcdEncryptionConfig>() {
            return document.config;
        }
        let cluster = self.cluster()?;
        let keys = [
            ("secretbox", "key2", &cluster.secretbox_encryption_secret),
            ("aescbc", "key1", &cluster.aescbc_encryption_secret),
        ];
        let mut providers = Vec::new();
        for (provider, name, secret) in keys {
            if !secret.is_empty() {
                let key = Node::map([("name", Node::str(name)), ("secret", Node::str(secret.expose()))]);
                providers.push(Node::map([(provider, Node::map([("keys", Node::seq([key]))]))]));
            }
        }
        if providers.is_empty() {
            return None;
        }
        providers.push(Node::map([("identity", Node::empty_map())]));
        let resource = Node::map([
            ("resources", Node::seq([Node::str("secrets")])),
            ("providers", Node::seq(providers)),
        ]);
        Some(Node::map([("resources", Node::seq([resource]))]))
    }

    /// How long an administrator's kubeconfig is valid.
    pub fn admin_kubeconfig_lifetime(&self) -> Duration {
        let section = self.cluster().and_then(|cluster| cluster.admin_kubeconfig.as_ref());
        section
            .and_then(|section| section.cert_lifetime)
            .filter(|lifetime| lifetime.0 > 0)
            .unwrap_or(DEFAULT_ADMIN_KUBECONFIG_LIFETIME)
    }
}
