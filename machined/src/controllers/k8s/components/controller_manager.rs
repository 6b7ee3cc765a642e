//! kube-controller-manager.

use config::Config;
use proto::resource::k8s::ControllerManagerConfigSpec;
use state::{Context, Controller, Input, Next, Output};

use super::{environment, extra_args, extra_volumes, finished, image, resources};
use crate::controllers::{Deps, config_input};
use crate::kubernetes::staticpods::controller_manager_args;

/// Id of the resource, and name of the component.
pub const CONTROLLER_MANAGER: &str = "kube-controller-manager";

/// Publishes ControllerManagerConfigs.
pub struct ControllerManager {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for ControllerManager {
    fn name(&self) -> &'static str {
        "k8s.ControlPlaneControllerManagerController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<ControllerManagerConfigSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<ControllerManagerConfigSpec>();
        if let Some(active) = self.deps.config().await?
            && active.config.is_control_plane()
            && active.config.cluster_endpoint().is_some()
        {
            let spec = spec(&active.config);
            let args = controller_manager_args(&spec)?;
            outputs.put(CONTROLLER_MANAGER, spec.clone()).await?;
            outputs.put(&finished(CONTROLLER_MANAGER), ControllerManagerConfigSpec { args, ..spec }).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

fn spec(config: &Config) -> ControllerManagerConfigSpec {
    let component = config.controller_manager();
    let network = config.kube_network();
    let external = config.external_cloud_provider().is_some();
    ControllerManagerConfigSpec {
        enabled: component.enabled,
        image: image(&component, components::image::KUBE_CONTROLLER_MANAGER),
        cloud_provider: if external { "external".to_owned() } else { String::new() },
        pod_cid_rs: network.pod_subnets.iter().map(ToString::to_string).collect(),
        service_cid_rs: network.service_subnets.iter().map(ToString::to_string).collect(),
        extra_volumes: extra_volumes(&component, CONTROLLER_MANAGER),
        environment_variables: environment(&component),
        resources: Some(resources(component.resources.as_ref())),
        extra_args: extra_args(&component),
        args: vec![],
        node_cidr_mask_size_i_pv4: i64::from(network.node_mask_v4),
        node_cidr_mask_size_i_pv6: i64::from(network.node_mask_v6),
    }
}
