//! Keys that the configuration on STATE has and this version does not know: kept, ignored, and told of.

use proto::resource::runtime::DiagnosticSpec;
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{Deps, config_input};

/// Publishes Diagnostics/config-unknown-keys while there are any.
pub struct UnknownKeys {
    pub deps: Deps,
}

/// Most keys that are named.
const MOST: usize = 20;

#[async_trait::async_trait]
impl Controller for UnknownKeys {
    fn name(&self) -> &'static str {
        "config.UnknownKeysController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<DiagnosticSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let diagnostics = ctx.outputs::<DiagnosticSpec>();
        let active = self.deps.active.any(&**ctx.state()).await?;
        let problems = active.iter().flat_map(|active| active.config.decode_warnings().problems());
        let details: Vec<String> = problems.take(MOST).map(ToString::to_string).collect();
        if !details.is_empty() {
            let message =
                "parts of the stored configuration are not understood and have no effect".to_owned();
            diagnostics.put("config-unknown-keys", DiagnosticSpec { message, details }).await?;
        }
        diagnostics.finish().await?;
        Ok(Next::Wait)
    }
}
