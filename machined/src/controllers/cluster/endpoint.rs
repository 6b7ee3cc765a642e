//! Where control planes are, by source: the configuration, and the members of the cluster.

use std::collections::BTreeSet;
use std::net::IpAddr;

use proto::resource::cluster::MemberSpec;
use proto::resource::k8s::EndpointSpec;
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{Deps, config_input};

/// Publishes Endpoints/controlplane: what the configuration says.
pub struct ControlPlaneEndpoint {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for ControlPlaneEndpoint {
    fn name(&self) -> &'static str {
        "k8s.StaticEndpointController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<EndpointSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<EndpointSpec>();
        let endpoint = self.deps.config().await?.and_then(|active| active.config.cluster_endpoint());
        if let Some(host) = endpoint.as_ref().and_then(|url| url.host()) {
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            let spec = match bare.parse::<IpAddr>() {
                Ok(address) => EndpointSpec { addresses: vec![address.into()], hosts: vec![] },
                Err(_) => EndpointSpec { addresses: vec![], hosts: vec![bare.to_owned()] },
            };
            outputs.put("controlplane", spec).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

/// Publishes Endpoints/discovery: what the members say.
pub struct DiscoveredEndpoint;

#[async_trait::async_trait]
impl Controller for DiscoveredEndpoint {
    fn name(&self) -> &'static str {
        "cluster.EndpointController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<MemberSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<EndpointSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let members = ctx.list::<MemberSpec>().await?;
        let addresses: BTreeSet<IpAddr> = members
            .iter()
            .filter(|m| m.spec.control_plane.is_some())
            .flat_map(|m| m.spec.addresses.iter())
            .filter_map(|ip| IpAddr::try_from(ip).ok())
            .collect();
        let outputs = ctx.outputs::<EndpointSpec>();
        if !addresses.is_empty() {
            let addresses = addresses.into_iter().map(Into::into).collect();
            outputs.put("discovery", EndpointSpec { addresses, hosts: vec![] }).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}
