//! What the kubelet needs to join: the bootstrap token, and whom to trust where.

use proto::resource::secrets::KubeletSpec;
use state::{Context, Controller, Input, Next, Output};

use super::material;
use crate::controllers::{Deps, config_input};

/// Publishes KubeletSecrets/kubelet.
pub struct Kubelet {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for Kubelet {
    fn name(&self) -> &'static str {
        "secrets.KubeletController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<KubeletSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<KubeletSpec>();
        if let Some(active) = self.deps.config().await? {
            let config = &active.config;
            // The balancer on the node where there is one, else the API server nearest (contract os.md 6.3).
            let endpoint = match config.kube_prism() {
                Some(prism) => Some((format!("https://127.0.0.1:{}", prism.port), prism.tls_server_name)),
                None if config.is_control_plane() => {
                    Some((format!("https://localhost:{}", config.api_server_port()), None))
                }
                None => config.cluster_endpoint().map(|url| (url.as_str().to_owned(), None)),
            };
            let token = config.bootstrap_token();
            let token = token.as_ref().and_then(|t| t.expose().split_once('.')).unwrap_or_default();
            if let Some((endpoint, name)) = endpoint {
                let spec = KubeletSpec {
                    endpoint: Some(endpoint.into()),
                    endpoint_tls_server_name: name.unwrap_or_default(),
                    accepted_c_as: material::accepted(&config.kubernetes_ca()),
                    bootstrap_token_id: token.0.to_owned(),
                    bootstrap_token_secret: token.1.to_owned(),
                };
                outputs.put("kubelet", spec).await?;
            }
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}
