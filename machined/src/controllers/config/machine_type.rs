//! Control plane or worker.

use config::documents::v1alpha1::MachineType as Configured;
use proto::resource::config::MachineTypeSpec;
use proto::resource::enums::MachineType as Wire;
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{Deps, config_input};

/// Publishes MachineTypes/machine-type.
pub struct MachineType {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for MachineType {
    fn name(&self) -> &'static str {
        "config.MachineTypeController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<MachineTypeSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let configured = self.deps.config().await?.and_then(|active| active.config.machine_type());
        let wire = match configured {
            None => Wire::TypeUnknown,
            Some(Configured::Init) => Wire::TypeInit,
            Some(Configured::ControlPlane) => Wire::TypeControlPlane,
            Some(Configured::Worker) => Wire::TypeWorker,
        };
        ctx.modify::<MachineTypeSpec>("machine-type", |spec| spec.machine_type = wire as i32).await?;
        Ok(Next::Wait)
    }
}
