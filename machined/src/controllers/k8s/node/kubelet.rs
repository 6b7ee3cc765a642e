//! What the kubelet of this node has become: its credentials and its image.

use std::time::Duration;

use proto::internal::specs::KubeletStatusSpec;
use proto::resource::k8s::{KubeletKubeconfigSpec, KubeletSpecSpec};
use proto::resource::v1alpha1::ServiceSpec;
use sha2::{Digest, Sha256};
use state::{Context, Controller, Input, Next, Output};

use super::access::kubelet_client;

/// Pauses between looks at the credentials: until there are any, and afterwards, for they are renewed.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(60));

/// Publishes KubeletKubeconfigs/kubelet.
pub struct KubeletKubeconfig;

#[async_trait::async_trait]
impl Controller for KubeletKubeconfig {
    fn name(&self) -> &'static str {
        "k8s.KubeletKubeconfigController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<ServiceSpec>().id("kubelet")]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<KubeletKubeconfigSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        if ctx.get::<ServiceSpec>("kubelet").await?.is_none() {
            return Ok(Next::Wait);
        }
        let Ok(Some(pem)) = kubelet_client() else {
            ctx.outputs::<KubeletKubeconfigSpec>().finish().await?;
            return Ok(Next::After(PAUSES.0));
        };
        let hash = Sha256::digest(&pem).iter().map(|b| format!("{b:02x}")).collect();
        ctx.put("kubelet", KubeletKubeconfigSpec { hash }).await?;
        Ok(Next::After(PAUSES.1))
    }
}

/// Publishes KubeletStatuses/kubelet.
pub struct KubeletStatus;

#[async_trait::async_trait]
impl Controller for KubeletStatus {
    fn name(&self) -> &'static str {
        "k8s.KubeletStatusController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<ServiceSpec>().id("kubelet"), Input::weak::<KubeletSpecSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<KubeletStatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<KubeletStatusSpec>();
        let running = ctx.get::<ServiceSpec>("kubelet").await?.is_some_and(|s| s.spec.running);
        if let Some(spec) = ctx.get::<KubeletSpecSpec>("kubelet").await?
            && running
        {
            outputs.put("kubelet", KubeletStatusSpec { image: spec.spec.image }).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}
