//! What this node says of itself.

use proto::resource::cluster::{AffiliateSpec, ControlPlane, IdentitySpec};
use proto::resource::config::MachineTypeSpec;
use proto::resource::enums::MachineType;
use proto::resource::k8s::NodenameSpec;
use proto::resource::network::{HostnameStatusSpec, NodeAddressSpec};
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{Deps, config_input, names, node_addresses};

/// Publishes Affiliates/<own id>.
pub struct LocalAffiliate {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for LocalAffiliate {
    fn name(&self) -> &'static str {
        "cluster.LocalAffiliateController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            config_input(),
            Input::weak::<IdentitySpec>(),
            Input::weak::<MachineTypeSpec>(),
            Input::weak::<HostnameStatusSpec>(),
            Input::weak::<NodenameSpec>(),
            Input::weak::<NodeAddressSpec>(),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<AffiliateSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<AffiliateSpec>();
        let identity = ctx.get::<IdentitySpec>("local").await?;
        let hostname = ctx.get::<HostnameStatusSpec>("hostname").await?;
        let machine_type =
            ctx.get::<MachineTypeSpec>("machine-type").await?.map_or(0, |t| t.spec.machine_type);
        if let (Some(active), Some(identity), Some(hostname)) =
            (self.deps.config().await?, identity, hostname)
        {
            let addresses = node_addresses(ctx, "current-no-k8s").await?;
            let (_, fqdn) = names(&hostname.spec);
            let nodename = ctx.get::<NodenameSpec>("nodename").await?.map(|n| n.spec.nodename);
            let serves = matches!(
                MachineType::try_from(machine_type),
                Ok(MachineType::TypeInit | MachineType::TypeControlPlane)
            );
            let id = identity.spec.node_id.clone();
            let spec = AffiliateSpec {
                node_id: id.clone(),
                addresses: addresses.into_iter().map(Into::into).collect(),
                nodename: nodename.unwrap_or_else(|| hostname.spec.hostname.clone()),
                hostname: fqdn,
                operating_system: format!("Talos ({})", crate::api::version::TAG),
                machine_type,
                kube_span: None,
                control_plane: serves
                    .then(|| ControlPlane { api_server_port: i64::from(active.config.api_server_port()) }),
            };
            outputs.put(&id, spec).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}
