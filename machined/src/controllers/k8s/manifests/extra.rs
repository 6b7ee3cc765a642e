//! The user's own manifests: inline, or to be fetched.

use config::Config;
use config::access::{Cni, ManifestSource};
use proto::resource::k8s::{ExtraManifest, ExtraManifestsConfigSpec};
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{Deps, config_input};

/// Id of the resource.
pub const EXTRA: &str = "extra-manifests";

/// Publishes ExtraManifestsConfigs/extra-manifests.
pub struct ExtraManifestsConfig {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for ExtraManifestsConfig {
    fn name(&self) -> &'static str {
        "k8s.ControlPlaneExtraManifestsController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<ExtraManifestsConfigSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<ExtraManifestsConfigSpec>();
        if let Some(active) = self.deps.config().await?
            && active.config.is_control_plane()
            && active.config.cluster_endpoint().is_some()
        {
            let extra_manifests = list(&active.config);
            outputs.put(EXTRA, ExtraManifestsConfigSpec { extra_manifests }).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

/// Priorities order what is applied (contract os.md 6.4): networks, clouds, everything else.
fn list(config: &Config) -> Vec<ExtraManifest> {
    let by_url = |url: String, priority: &str| ExtraManifest {
        name: url.clone(),
        url,
        priority: priority.to_owned(),
        ..ExtraManifest::default()
    };
    let mut all = Vec::new();
    if let Cni::Custom(urls) = config.cni() {
        all.extend(urls.into_iter().map(|url| by_url(url, "05")));
    }
    all.extend(config.external_cloud_provider().into_iter().flatten().map(|url| by_url(url, "30")));
    for manifest in config.manifests() {
        all.push(match manifest.source {
            ManifestSource::Inline(inline_manifest) => ExtraManifest {
                name: manifest.name,
                priority: "99".to_owned(),
                inline_manifest,
                ..ExtraManifest::default()
            },
            ManifestSource::Url { url, headers } => ExtraManifest {
                name: manifest.name,
                extra_headers: headers.into_iter().collect(),
                ..by_url(url, "99")
            },
        });
    }
    all
}
