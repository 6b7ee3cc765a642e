//! The authorities and keys of Kubernetes, from the configuration of a control plane node.

use config::Config;
use proto::common::PemEncodedKey;
use proto::resource::secrets::KubernetesRootSpec;
use state::{Context, Controller, Input, Next, Output};

use super::material;
use crate::controllers::{Deps, config_input};
use crate::kubernetes::json::to_struct;

/// Publishes KubernetesRootSecrets/k8s.
pub struct RootKubernetes {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for RootKubernetes {
    fn name(&self) -> &'static str {
        "secrets.RootKubernetesController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<KubernetesRootSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<KubernetesRootSpec>();
        if let Some(active) = self.deps.config().await?
            && active.config.is_control_plane()
            && let Some(spec) = root(&active.config)
        {
            outputs.put("k8s", spec).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

/// Nothing without an endpoint or a service account key: there is no Kubernetes then.
fn root(config: &Config) -> Option<KubernetesRootSpec> {
    let endpoint = config.cluster_endpoint()?;
    let service_account = config.service_account()?;
    let network = config.kube_network();
    let (authorities, aggregator) = (config.kubernetes_ca(), config.aggregator_ca());
    let port = config.api_server_port();
    let mut cert_sans = config.api_server().cert_sans;
    cert_sans.extend(endpoint.host().map(str::to_owned));
    cert_sans.sort();
    cert_sans.dedup();
    let token = config.bootstrap_token();
    let (token_id, token_secret) =
        token.as_ref().and_then(|t| t.expose().split_once('.')).unwrap_or_default();
    let mut audiences = vec![service_account.issuer.clone()];
    audiences.extend(service_account.audiences.iter().cloned());
    Some(KubernetesRootSpec {
        name: config.cluster_name().unwrap_or_default(),
        endpoint: Some(endpoint.as_str().into()),
        local_endpoint: Some(format!("https://localhost:{port}").into()),
        cert_sa_ns: cert_sans,
        dns_domain: network.dns_domain.clone(),
        api_server_ips: network.api_addresses().into_iter().map(Into::into).collect(),
        issuing_ca: authorities.issuing.as_ref().map(material::authority),
        accepted_c_as: material::accepted(&authorities),
        aggregator_ca: aggregator.issuing.as_ref().map(material::authority),
        accepted_aggregator_c_as: material::accepted(&aggregator),
        service_account: Some(PemEncodedKey { key: service_account.key.expose().to_owned().into_bytes() }),
        service_account_accepted_keys: service_account
            .accepted_keys
            .iter()
            .map(|pem| PemEncodedKey { key: pem.0.clone().into_bytes() })
            .collect(),
        issuer_url: service_account.issuer.clone(),
        accepted_issuers: service_account.accepted_issuers.clone(),
        api_audiences: audiences,
        bootstrap_token_id: token_id.to_owned(),
        bootstrap_token_secret: token_secret.to_owned(),
        etcd_encryption_config: config.etcd_encryption().map(|node| to_struct(&node.to_json())),
        // The effective configuration above holds both: they are published once.
        aescbc_encryption_secret: String::new(),
        secretbox_encryption_secret: String::new(),
    })
}
