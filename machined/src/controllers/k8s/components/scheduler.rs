//! kube-scheduler.

use config::Config;
use proto::resource::k8s::SchedulerConfigSpec;
use state::{Context, Controller, Input, Next, Output};

use super::{environment, extra_args, extra_volumes, finished, image, resources};
use crate::controllers::{Deps, config_input};
use crate::kubernetes::json::to_struct;
use crate::kubernetes::staticpods::scheduler_args;

/// Id of the resource, and name of the component.
pub const SCHEDULER: &str = "kube-scheduler";

/// Publishes SchedulerConfigs.
pub struct Scheduler {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for Scheduler {
    fn name(&self) -> &'static str {
        "k8s.ControlPlaneSchedulerController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<SchedulerConfigSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<SchedulerConfigSpec>();
        if let Some(active) = self.deps.config().await?
            && active.config.is_control_plane()
            && active.config.cluster_endpoint().is_some()
        {
            let spec = spec(&active.config);
            let args = scheduler_args(&spec)?;
            outputs.put(SCHEDULER, spec.clone()).await?;
            outputs.put(&finished(SCHEDULER), SchedulerConfigSpec { args, ..spec }).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

fn spec(config: &Config) -> SchedulerConfigSpec {
    let component = config.scheduler();
    SchedulerConfigSpec {
        enabled: component.enabled,
        image: image(&component, components::image::KUBE_SCHEDULER),
        extra_volumes: extra_volumes(&component, SCHEDULER),
        environment_variables: environment(&component),
        resources: Some(resources(component.resources.as_ref())),
        config: Some(component.config.as_ref().map(|c| to_struct(&c.to_json())).unwrap_or_default()),
        extra_args: extra_args(&component),
        args: vec![],
    }
}
