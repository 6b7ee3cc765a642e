//! Configuration files of the runtime for Kubernetes.

use std::path::Path;

use proto::internal::specs::{BaseRuntimeSpecConfigSpec, CustomizationConfigSpec};
use proto::resource::cri::RegistriesConfigSpec;
use proto::resource::files::EtcFileSpecSpec;
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{Deps, config_input};
use crate::kubernetes::json::{from_struct, to_struct};
use crate::registry;
use crate::services::definitions::cri::config::{Inputs, files};
use crate::services::host::HostLimits;

/// Publishes EtcFileSpecs/cri/…, CustomizationConfigs and BaseRuntimeSpecConfigs.
pub struct Cri {
    deps: Deps,
    restricted: bool,
    image_cache: bool,
}

impl Cri {
    /// A controller for this host.
    pub fn new(deps: Deps) -> Self {
        let restricted = !HostLimits::probe().may_raise;
        Self { deps, restricted, image_cache: Path::new(registry::BUILTIN).exists() }
    }
}

#[async_trait::async_trait]
impl Controller for Cri {
    fn name(&self) -> &'static str {
        "files.CRIConfigPartsController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input(), Input::weak::<RegistriesConfigSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![
            Output::shared::<EtcFileSpecSpec>(),
            Output::exclusive::<CustomizationConfigSpec>(),
            Output::exclusive::<BaseRuntimeSpecConfigSpec>(),
        ]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<EtcFileSpecSpec>();
        let customizations = ctx.outputs::<CustomizationConfigSpec>();
        let base = ctx.outputs::<BaseRuntimeSpecConfigSpec>();
        let registries = ctx.get::<RegistriesConfigSpec>("registries").await?;
        if let (Some(active), Some(registries)) = (self.deps.config().await?, registries) {
            let mut inputs = Inputs {
                sandbox_image: components::image::PAUSE,
                restrict_oom_score: self.restricted,
                registries: registries.spec,
                image_cache: self.image_cache,
                ..Inputs::default()
            };
            for part in active.config.cri_customizations() {
                customizations
                    .put(&part.name, CustomizationConfigSpec { content: part.content.clone() })
                    .await?;
                inputs.customizations.insert(part.name, part.content);
            }
            if let Some(overrides) = active.config.base_runtime_spec_overrides() {
                let spec = to_struct(&overrides.to_json());
                inputs.base_spec = Some(from_struct(&spec));
                base.put("overrides", BaseRuntimeSpecConfigSpec { spec: Some(spec) }).await?;
            }
            for file in files(&inputs)? {
                let spec = EtcFileSpecSpec {
                    contents: file.contents,
                    mode: file.mode,
                    selinux_label: String::new(),
                };
                outputs.put(&file.path, spec).await?;
            }
        }
        outputs.finish().await?;
        customizations.finish().await?;
        base.finish().await?;
        Ok(Next::Wait)
    }
}
