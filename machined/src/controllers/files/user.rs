//! Files below /etc that the configuration asks for, and those that follow from the node's identity.

use proto::resource::files::EtcFileSpecSpec;
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{Deps, config_input};

/// Publishes EtcFileSpecs of the configuration's own files.
pub struct UserFiles {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for UserFiles {
    fn name(&self) -> &'static str {
        "files.EtcFileConfigController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<EtcFileSpecSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<EtcFileSpecSpec>();
        if let Some(active) = self.deps.config().await? {
            for file in active.config.etc_files() {
                let (contents, mode) = (file.contents.into_bytes(), file.mode);
                outputs
                    .put(&file.path, EtcFileSpecSpec { contents, mode, selinux_label: String::new() })
                    .await?;
            }
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}
