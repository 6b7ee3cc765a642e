//! What the configuration says about etcd.

use config::Config;
use proto::resource::etcd::{ArgValues, ConfigSpec};
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{Deps, config_input, subnets};

/// Publishes EtcdConfigs/etcd.
pub struct EtcdConfig {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for EtcdConfig {
    fn name(&self) -> &'static str {
        "etcd.ConfigController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<ConfigSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<ConfigSpec>();
        if let Some(active) = self.deps.config().await?
            && let Some(spec) = spec(&active.config)
        {
            outputs.put("etcd", spec).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

/// Nothing on workers, and nothing without an authority.
fn spec(config: &Config) -> Option<ConfigSpec> {
    let etcd = config.etcd().filter(|etcd| config.is_control_plane() && etcd.ca.is_some())?;
    let (advertise_valid_subnets, advertise_exclude_subnets) = subnets::split(&etcd.advertised_subnets);
    let (listen_valid_subnets, listen_exclude_subnets) = subnets::split(&etcd.listen_subnets);
    let extra_args = etcd.extra_args.into_iter().map(|(name, values)| (name, ArgValues { values }));
    Some(ConfigSpec {
        advertise_valid_subnets,
        advertise_exclude_subnets,
        listen_valid_subnets,
        listen_exclude_subnets,
        image: etcd.image.unwrap_or_else(|| components::image::ETCD.to_owned()),
        extra_args: extra_args.collect(),
    })
}
