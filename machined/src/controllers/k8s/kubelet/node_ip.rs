//! Which addresses of the node Kubernetes is told (contract os.md 6.3).

use std::net::IpAddr;

use proto::resource::k8s::{NodeIpConfigSpec, NodeIpSpec};
use proto::resource::network::{NodeAddressSpec, OperatorSpecSpec};
use state::{Context, Controller, Input, Next, Output};

use super::KUBELET;
use crate::controllers::{Deps, config_input, node_addresses, subnets};

/// Publishes NodeIPConfigs/kubelet.
pub struct NodeIpConfig {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for NodeIpConfig {
    fn name(&self) -> &'static str {
        "k8s.NodeIPConfigController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<NodeIpConfigSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<NodeIpConfigSpec>();
        if let Some(active) = self.deps.config().await? {
            let network = active.config.kube_network();
            let (mut valid_subnets, mut exclude_subnets) =
                subnets::split(&active.config.kube_node().valid_subnets);
            if valid_subnets.is_empty() {
                // A family that no pod has an address of is of no use to the cluster.
                let family = |v4: bool| network.pod_subnets.iter().any(|n| n.addr().is_ipv4() == v4);
                let all = [(true, "0.0.0.0/0"), (false, "::/0")];
                valid_subnets.extend(all.iter().filter(|(v4, _)| family(*v4)).map(|(_, n)| (*n).to_owned()));
            }
            let internal = network.pod_subnets.iter().chain(&network.service_subnets);
            exclude_subnets.extend(internal.map(ToString::to_string));
            outputs.put(KUBELET, NodeIpConfigSpec { valid_subnets, exclude_subnets }).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

/// Publishes NodeIPs/kubelet.
pub struct NodeIp;

#[async_trait::async_trait]
impl Controller for NodeIp {
    fn name(&self) -> &'static str {
        "k8s.NodeIPController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::weak::<NodeIpConfigSpec>(),
            Input::weak::<NodeAddressSpec>(),
            Input::weak::<OperatorSpecSpec>(),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<NodeIpSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let Some(config) = ctx.get::<NodeIpConfigSpec>(KUBELET).await? else {
            ctx.outputs::<NodeIpSpec>().finish().await?;
            return Ok(Next::Wait);
        };
        let operators = ctx.list::<OperatorSpecSpec>().await?;
        let shared: Vec<IpAddr> = operators
            .iter()
            .filter_map(|o| o.spec.vip.as_ref()?.ip.as_ref().and_then(|ip| ip.try_into().ok()))
            .collect();
        let routed = node_addresses(ctx, "routed-no-k8s").await?;
        let chosen = choose(&config.spec, &routed, &shared);
        if !chosen.is_empty() {
            let addresses = chosen.into_iter().map(Into::into).collect();
            ctx.put(KUBELET, NodeIpSpec { addresses }).await?;
        }
        Ok(Next::Wait)
    }
}

/// The first address of each family.
fn choose(config: &NodeIpConfigSpec, routed: &[IpAddr], shared: &[IpAddr]) -> Vec<IpAddr> {
    let usable = |a: &&IpAddr| {
        !shared.contains(a) && subnets::matches(**a, &config.valid_subnets, &config.exclude_subnets)
    };
    let first = |v4: bool| routed.iter().filter(usable).find(|a| a.is_ipv4() == v4).copied();
    [first(true), first(false)].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_usable_address_of_each_family_is_told() {
        let parse = |texts: &[&str]| texts.iter().map(|t| t.parse().unwrap()).collect::<Vec<IpAddr>>();
        let routed = parse(&["10.5.0.9", "10.5.0.2", "10.6.0.2", "fd00::2"]);
        let shared = parse(&["10.5.0.9"]);
        let all = NodeIpConfigSpec { valid_subnets: vec!["0.0.0.0/0".into()], exclude_subnets: vec![] };
        assert_eq!(choose(&all, &routed, &shared), parse(&["10.5.0.2"]));
        let excluding = NodeIpConfigSpec {
            valid_subnets: vec!["0.0.0.0/0".into(), "::/0".into()],
            exclude_subnets: vec!["10.5.0.0/16".into()],
        };
        assert_eq!(choose(&excluding, &routed, &[]), parse(&["10.6.0.2", "fd00::2"]));
    }
}
