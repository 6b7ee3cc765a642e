//! How secrets are encrypted in etcd.

use proto::resource::k8s::EtcdEncryptionConfigSpec;
use proto::resource::secrets::KubernetesRootSpec;
use state::{Context, Controller, Input, Next, Output};

use crate::kubernetes::files::encryption;
use crate::kubernetes::json::object;

/// Publishes EtcdEncryptionConfigs/k8s.
pub struct EtcdEncryption;

#[async_trait::async_trait]
impl Controller for EtcdEncryption {
    fn name(&self) -> &'static str {
        "k8s.EtcdEncryptionConfigController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<KubernetesRootSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<EtcdEncryptionConfigSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<EtcdEncryptionConfigSpec>();
        if let Some(root) = ctx.get::<KubernetesRootSpec>("k8s").await? {
            let users = object(root.spec.etcd_encryption_config.as_ref());
            let configuration = serde_json::to_string_pretty(&encryption::file(users))?;
            outputs.put("k8s", EtcdEncryptionConfigSpec { configuration }).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}
