//! With what the kubelet starts (contract os.md 6.3).

use std::net::IpAddr;

use proto::resource::k8s::{KubeletConfigSpec, KubeletSpecSpec, NodeIpSpec, NodenameSpec};
use state::{Context, Controller, Input, Next, Output};

use super::KUBELET;
use super::configuration::{Host, Role, render};
use crate::controllers::k8s::components::is_probed;
use crate::controllers::{Deps, config_input};
use crate::kubernetes::args::{self, Args, Policy, Refused};
use crate::kubernetes::json::to_struct;
use crate::kubernetes::staticpods::args_of;

/// Where programs that log in to registries lie.
const PROVIDERS: &str = "/usr/local/lib/kubelet/credentialproviders";

/// Their configuration.
const PROVIDERS_CONFIG: &str = "/etc/kubernetes/credentialproviderconfig.yaml";

/// Publishes KubeletSpecs/kubelet.
pub struct KubeletSpec {
    pub deps: Deps,
    pub host: Host,
}

#[async_trait::async_trait]
impl Controller for KubeletSpec {
    fn name(&self) -> &'static str {
        "k8s.KubeletSpecController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            config_input(),
            Input::weak::<KubeletConfigSpec>(),
            Input::weak::<NodenameSpec>(),
            Input::weak::<NodeIpSpec>(),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<KubeletSpecSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let config = ctx.get::<KubeletConfigSpec>(KUBELET).await?;
        let (Some(active), Some(config)) = (self.deps.config().await?, config) else {
            ctx.outputs::<KubeletSpecSpec>().finish().await?;
            return Ok(Next::Wait);
        };
        let name = ctx.get::<NodenameSpec>("nodename").await?;
        let addresses = ctx.get::<NodeIpSpec>(KUBELET).await?;
        // Until both are known, what runs goes on as it is.
        let (Some(name), Some(addresses)) = (name, addresses) else { return Ok(Next::Wait) };
        let ips: Vec<IpAddr> = addresses.spec.addresses.iter().filter_map(|a| a.try_into().ok()).collect();
        let role = match active.config.is_control_plane() {
            true => Role::ControlPlane { probed: is_probed(&active.config) },
            false => Role::Worker,
        };
        let file = render(&config.spec, self.host, role);
        let spec = KubeletSpecSpec {
            image: config.spec.image.clone(),
            args: arguments(&config.spec, &name.spec.nodename, &ips)?,
            extra_mounts: config.spec.extra_mounts.clone(),
            expected_nodename: name.spec.nodename,
            config: Some(to_struct(&file)),
            credential_provider_config: config.spec.credential_provider_config,
        };
        ctx.put(KUBELET, spec).await?;
        Ok(Next::Wait)
    }
}

fn policy(name: &str) -> Policy {
    match name {
        "bootstrap-kubeconfig"
        | "kubeconfig"
        | "container-runtime"
        | "container-runtime-endpoint"
        | "config"
        | "cert-dir" => Policy::Denied,
        _ => Policy::Overwrite,
    }
}

fn arguments(config: &KubeletConfigSpec, nodename: &str, ips: &[IpAddr]) -> Result<Vec<String>, Refused> {
    let text = str::to_owned;
    let mut ours: Args = args::of([
        ("cert-dir", text("/var/lib/kubelet/pki")),
        ("config", text("/etc/kubernetes/kubelet.yaml")),
        ("hostname-override", text(nodename)),
    ]);
    if !config.skip_node_registration {
        ours.insert(text("bootstrap-kubeconfig"), vec![text("/etc/kubernetes/bootstrap-kubeconfig")]);
        ours.insert(text("kubeconfig"), vec![text("/etc/kubernetes/kubeconfig-kubelet")]);
    }
    if config.cloud_provider_external {
        ours.insert(text("cloud-provider"), vec![text("external")]);
    }
    let users = args_of(&config.extra_args);
    if !ips.is_empty() && !users.contains_key("node-ip") {
        let ips: Vec<String> = ips.iter().map(ToString::to_string).collect();
        ours.insert(text("node-ip"), vec![ips.join(",")]);
    }
    if config.credential_provider_config.is_some() {
        ours.insert(text("image-credential-provider-bin-dir"), vec![text(PROVIDERS)]);
        ours.insert(text("image-credential-provider-config"), vec![text(PROVIDERS_CONFIG)]);
    }
    Ok(args::render(&args::merge(ours, &users, policy)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::resource::k8s::ArgValues;

    #[test]
    fn the_default_arguments_are_those_of_the_contract() {
        let ips = ["10.5.0.2".parse().unwrap()];
        let args = arguments(&KubeletConfigSpec::default(), "peer-cp", &ips).unwrap();
        let expected = [
            "--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubeconfig",
            "--cert-dir=/var/lib/kubelet/pki",
            "--config=/etc/kubernetes/kubelet.yaml",
            "--hostname-override=peer-cp",
            "--kubeconfig=/etc/kubernetes/kubeconfig-kubelet",
            "--node-ip=10.5.0.2",
        ];
        assert_eq!(args, expected);
    }

    #[test]
    fn a_node_apart_has_no_kubeconfig_and_users_cannot_give_it_one() {
        let mut config = KubeletConfigSpec { skip_node_registration: true, ..KubeletConfigSpec::default() };
        assert!(!arguments(&config, "n", &[]).unwrap().iter().any(|a| a.contains("kubeconfig")));
        config.extra_args.insert("kubeconfig".into(), ArgValues { values: vec!["/x".into()] });
        assert_eq!(arguments(&config, "n", &[]), Err(Refused("kubeconfig".into())));
    }
}
