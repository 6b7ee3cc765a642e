//! What the bootstrap manifests are made from.

use config::Config;
use config::access::Cni;
use proto::resource::k8s::BootstrapManifestsConfigSpec;
use serde_json::Value;
use sha2::{Digest, Sha256};
use state::{Context, Controller, Input, Next, Output};

use super::MANIFESTS;
use crate::controllers::k8s::components::resources;
use crate::controllers::{Deps, config_input};
use crate::kubernetes::args::{self, Policy};
use crate::kubernetes::files::proxy as proxy_file;
use crate::kubernetes::json::to_struct;

/// Publishes BootstrapManifestsConfigs/manifests.
pub struct BootstrapManifestsConfig {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for BootstrapManifestsConfig {
    fn name(&self) -> &'static str {
        "k8s.ControlPlaneBootstrapManifestsController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<BootstrapManifestsConfigSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<BootstrapManifestsConfigSpec>();
        if let Some(active) = self.deps.config().await?
            && active.config.is_control_plane()
            && let Some(spec) = spec(&active.config)
        {
            outputs.put(MANIFESTS, spec).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

fn spec(config: &Config) -> Option<BootstrapManifestsConfigSpec> {
    let endpoint = config.cluster_endpoint()?;
    let network = config.kube_network();
    let prism = config.kube_prism();
    let proxy = config.kube_proxy();
    let dns = config.core_dns();
    let service = |v6: bool| network.dns_addresses().into_iter().find(|a| a.is_ipv6() == v6);
    let text = |address: Option<std::net::IpAddr>| address.map(|a| a.to_string()).unwrap_or_default();
    let pods: Vec<String> = network.pod_subnets.iter().map(ToString::to_string).collect();
    let proxy_config = proxy.config.as_ref().map(|c| proxy_file::file(c.to_json(), &proxy.mode, &pods));
    let mut spec = BootstrapManifestsConfigSpec {
        // Pods on the nodes' own network reach the API server as the nodes do.
        server: match &prism {
            Some(prism) => format!("https://127.0.0.1:{}", prism.port),
            None => endpoint.as_str().to_owned(),
        },
        cluster_domain: network.dns_domain.clone(),
        proxy_enabled: proxy.enabled,
        proxy_image: proxy.image.clone().unwrap_or_else(|| components::image::KUBE_PROXY.to_owned()),
        proxy_args: proxy_args(&proxy, &pods),
        proxy_config_checksum: proxy_config.as_ref().map(checksum).unwrap_or_default(),
        proxy_config: proxy_config.as_ref().map(to_struct),
        proxy_resources: Some(resources(proxy.resources.as_ref())),
        core_dns_enabled: dns.enabled,
        core_dns_image: dns.image.unwrap_or_else(|| components::image::COREDNS.to_owned()),
        dns_service_ip: text(service(false)),
        dns_service_i_pv6: text(service(true)),
        talos_api_service_enabled: config.talos_api_access().is_some(),
        pod_cid_rs: pods,
        ..BootstrapManifestsConfigSpec::default()
    };
    match config.cni() {
        Cni::None => spec.cni_name = "none".to_owned(),
        Cni::Custom(_) => spec.cni_name = "custom".to_owned(),
        Cni::Flannel(flannel) => {
            spec.cni_name = "flannel".to_owned();
            spec.flannel_enabled = true;
            spec.flannel_image = components::image::FLANNEL.to_owned();
            spec.flannel_extra_args = flannel.extra_args;
            spec.flannel_kube_network_policies_enabled = flannel.network_policies;
            spec.flannel_kube_network_policies_image = components::image::KUBE_NETWORK_POLICIES.to_owned();
            spec.flannel_backend_type = flannel.backend_type;
            spec.flannel_backend_port = flannel.backend_port.map(u32::from).unwrap_or_default();
            spec.flannel_backend_mtu = flannel.backend_mtu.unwrap_or_default();
            spec.flannel_backend_extra_config = flannel.backend_extra.map(|e| to_struct(&e.to_json()));
            spec.flannel_resources = Some(resources(flannel.resources.as_ref()));
            if let Some(prism) = &prism {
                spec.flannel_kube_service_host = "127.0.0.1".to_owned();
                spec.flannel_kube_service_port = prism.port.to_string();
            }
        }
    }
    Some(spec)
}

/// A file takes the place of all arguments but the user's own and the name of the node, which differs from pod to pod.
fn proxy_args(proxy: &config::access::KubeProxy, pods: &[String]) -> Vec<String> {
    let mut ours = match &proxy.config {
        Some(_) => args::of([("config", "/var/lib/kube-proxy/config.conf".to_owned())]),
        None => args::of([
            ("cluster-cidr", pods.join(",")),
            ("conntrack-max-per-core", "0".to_owned()),
            ("kubeconfig", proxy_file::KUBECONFIG.to_owned()),
            ("proxy-mode", proxy.mode.clone()),
        ]),
    };
    ours.insert("hostname-override".to_owned(), vec!["$(NODE_NAME)".to_owned()]);
    let users = proxy.extra_args.iter().map(|(name, values)| (name.clone(), values.clone())).collect();
    // Nothing is denied, so nothing is refused.
    args::merge(ours, &users, |_| Policy::Overwrite).map(|merged| args::render(&merged)).unwrap_or_default()
}

fn checksum(value: &Value) -> String {
    let digest = Sha256::digest(value.to_string().as_bytes());
    digest.iter().take(8).map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec_of(documents: &str) -> BootstrapManifestsConfigSpec {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/config/tests/generated/plain");
        let text = std::fs::read_to_string(format!("{folder}/v1.13-controlplane.yaml")).unwrap();
        let config = Config::decode("test", format!("{text}\n---\n{documents}").as_bytes()).unwrap();
        spec(&config).unwrap()
    }

    #[test]
    fn every_part_that_may_be_enabled_has_an_image() {
        let flannel = "apiVersion: v1alpha1\nkind: KubeFlannelCNIConfig\nbackendType: vxlan\nkubeNetworkPoliciesEnabled: true\n";
        let spec = spec_of(flannel);
        assert!(spec.flannel_kube_network_policies_enabled);
        let images = [
            spec.proxy_image,
            spec.core_dns_image,
            spec.flannel_image,
            spec.flannel_kube_network_policies_image,
        ];
        assert!(images.iter().all(|image| !image.is_empty()), "{images:?}");
    }

    #[test]
    fn a_proxy_with_a_file_is_told_its_node_and_the_file_has_what_arguments_would_say() {
        let spec = spec_of("apiVersion: v1alpha1\nkind: KubeProxyConfig\nconfig: {iptables: {}}\n");
        assert_eq!(
            spec.proxy_args,
            ["--config=/var/lib/kube-proxy/config.conf", "--hostname-override=$(NODE_NAME)"]
        );
        let file = spec.proxy_config.as_ref().map(crate::kubernetes::json::from_struct).unwrap();
        assert_eq!(file, proxy_file::file(serde_json::json!({"iptables": {}}), "nftables", &spec.pod_cid_rs));
        let other = spec_of("apiVersion: v1alpha1\nkind: KubeProxyConfig\nconfig: {mode: iptables}\n");
        assert_ne!(other.proxy_config_checksum, spec.proxy_config_checksum, "its pods are made anew");
        let without = spec_of("apiVersion: v1alpha1\nkind: KubeProxyConfig\nmode: nftables\n");
        assert!(without.proxy_args.contains(&"--hostname-override=$(NODE_NAME)".to_owned()));
    }
}
