//! Keys that the configuration on STATE has and this version does not know: kept, ignored, and told of.

use proto::internal::specs::NoticeSpec;
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{Deps, config_input};

/// Publishes Notices/config-unknown-keys while there are any.
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
        vec![Output::shared::<NoticeSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let notices = ctx.outputs::<NoticeSpec>();
        let active = self.deps.active.any(&**ctx.state()).await?;
        let problems = active.iter().flat_map(|active| active.config.decode_warnings().problems());
        let details: Vec<String> = problems.take(MOST).map(ToString::to_string).collect();
        if !details.is_empty() {
            let message = "parts of the stored configuration are not understood and have no effect";
            notices.put("config-unknown-keys", NoticeSpec::error(message, details)).await?;
        }
        notices.finish().await?;
        Ok(Next::Wait)
    }
}
