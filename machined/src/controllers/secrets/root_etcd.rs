//! The authority of etcd, from the configuration of a control plane node.

use proto::resource::secrets::EtcdRootSpec;
use state::{Context, Controller, Input, Next, Output};

use super::material;
use crate::controllers::{Deps, config_input};

/// Publishes EtcdRootSecrets/etcd.
pub struct RootEtcd {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for RootEtcd {
    fn name(&self) -> &'static str {
        "secrets.RootEtcdController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<EtcdRootSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<EtcdRootSpec>();
        if let Some(active) = self.deps.config().await?
            && active.config.is_control_plane()
            && let Some(ca) = active.config.etcd().and_then(|etcd| etcd.ca)
        {
            outputs.put("etcd", EtcdRootSpec { etcd_ca: Some(material::authority(&ca)) }).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}
