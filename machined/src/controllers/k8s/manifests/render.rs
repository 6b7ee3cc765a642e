//! The bootstrap manifests as resources.

use proto::resource::k8s::{BootstrapManifestsConfigSpec, ManifestSpec, SingleManifest};
use proto::resource::secrets::KubernetesRootSpec;
use serde_json::Value;
use state::{Context, Controller, Input, Next, Output};

use super::MANIFESTS;
use crate::kubernetes::json::to_struct;
use crate::kubernetes::manifests::{BootstrapToken, render};

/// Publishes Manifests of the system.
pub struct ManifestRender;

/// Objects as a resource.
pub fn spec(objects: &[Value]) -> ManifestSpec {
    let items = objects.iter().map(|object| SingleManifest { object: Some(to_struct(object)) });
    ManifestSpec { items: items.collect() }
}

#[async_trait::async_trait]
impl Controller for ManifestRender {
    fn name(&self) -> &'static str {
        "k8s.ManifestController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<BootstrapManifestsConfigSpec>(), Input::weak::<KubernetesRootSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<ManifestSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<ManifestSpec>();
        let config = ctx.get::<BootstrapManifestsConfigSpec>(MANIFESTS).await?;
        let root = ctx.get::<KubernetesRootSpec>("k8s").await?;
        if let (Some(config), Some(root)) = (config, root) {
            let token = BootstrapToken {
                id: &root.spec.bootstrap_token_id,
                secret: &root.spec.bootstrap_token_secret,
            };
            for manifest in render(&config.spec, &token, &config.spec.server) {
                // Nothing joins with a token that the configuration does not have.
                if manifest.id == "00-kubelet-bootstrapping-token" && token.id.is_empty() {
                    continue;
                }
                outputs.put(manifest.id, spec(&manifest.objects)).await?;
            }
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}
