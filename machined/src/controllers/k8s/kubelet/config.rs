//! What the configuration says about the kubelet.

use config::Config;
use proto::resource::k8s::{ArgValues, KubeletConfigSpec, StaticPodServerStatusSpec};
use proto::resource::proto::{LinuxIdMapping, Mount};
use state::{Context, Controller, Input, Next, Output};

use super::KUBELET;
use crate::controllers::{Deps, config_input};
use crate::kubernetes::files::credentials;
use crate::kubernetes::json::to_struct;

/// Publishes KubeletConfigs/kubelet.
pub struct KubeletConfig {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for KubeletConfig {
    fn name(&self) -> &'static str {
        "k8s.KubeletConfigController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input(), Input::weak::<StaticPodServerStatusSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<KubeletConfigSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<KubeletConfigSpec>();
        if let Some(active) = self.deps.config().await?
            && active.config.cluster_endpoint().is_some()
        {
            // Without its pods the kubelet of a control plane has nothing to start.
            let status = ctx.get::<StaticPodServerStatusSpec>("static-pod-server-status").await?;
            let Some(status) = status else { return Ok(Next::Wait) };
            outputs.put(KUBELET, spec(&active.config, status.spec.url)).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

fn spec(config: &Config, static_pod_list_url: String) -> KubeletConfigSpec {
    let kubelet = config.kubelet();
    let node = config.kube_node();
    let network = config.kube_network();
    let cluster_dns = match kubelet.cluster_dns.is_empty() {
        true => network.dns_addresses().iter().map(ToString::to_string).collect(),
        false => kubelet.cluster_dns,
    };
    let mapping = |m: &config::documents::v1alpha1::IDMapping| LinuxIdMapping {
        container_id: m.container_id.unwrap_or(0),
        host_id: m.host_id.unwrap_or(0),
        size: m.size.unwrap_or(0),
    };
    let mounts = kubelet.extra_mounts.iter().map(|m| Mount {
        destination: m.destination.clone(),
        r#type: m.kind.clone(),
        source: m.source.clone(),
        options: m.options.clone(),
        uid_mappings: m.uid_mappings.iter().map(mapping).collect(),
        gid_mappings: m.gid_mappings.iter().map(mapping).collect(),
    });
    let taints = node.taints.into_iter().map(|taint| {
        let text = match taint.value.as_str() {
            "" => taint.effect,
            value => format!("{value}:{}", taint.effect),
        };
        (taint.key, text)
    });
    let args = kubelet.extra_args.into_iter().map(|(name, values)| (name, ArgValues { values }));
    KubeletConfigSpec {
        image: kubelet.image.unwrap_or_else(|| components::image::KUBELET.to_owned()),
        cluster_dns,
        cluster_domain: network.dns_domain,
        extra_mounts: mounts.collect(),
        extra_config: kubelet.config.map(|c| to_struct(&c.to_json())),
        cloud_provider_external: config.external_cloud_provider().is_some(),
        default_runtime_seccomp_enabled: kubelet.default_seccomp_profile,
        skip_node_registration: node.skip_registration,
        static_pod_list_url,
        disable_manifests_directory: kubelet.disable_manifests_directory,
        enable_fs_quota_monitoring: config.disk_quota_support(),
        credential_provider_config: kubelet
            .credential_provider
            .and_then(|c| credentials::file(c.to_json()))
            .map(|file| to_struct(&file)),
        extra_args: args.collect(),
        register_with_taints: taints.collect(),
    }
}
