//! Identity of the cluster.

use proto::resource::cluster::InfoSpec;
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{Deps, config_input};

/// Publishes Infos/current.
pub struct ClusterInfo {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for ClusterInfo {
    fn name(&self) -> &'static str {
        "cluster.InfoController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<InfoSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<InfoSpec>();
        if let Some(active) = self.deps.config().await? {
            let spec = InfoSpec {
                cluster_id: active.config.cluster_id().unwrap_or_default(),
                cluster_name: active.config.cluster_name().unwrap_or_default(),
            };
            outputs.put("current", spec).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}
