//! How secrets are encrypted in etcd.

use proto::resource::k8s::EtcdEncryptionConfigSpec;
use proto::resource::secrets::KubernetesRootSpec;
use serde_json::{Value, json};
use state::{Context, Controller, Input, Next, Output};

use crate::kubernetes::json::from_struct;

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
            let body = root.spec.etcd_encryption_config.as_ref().map(from_struct);
            let configuration = serde_json::to_string_pretty(&file(body))?;
            outputs.put("k8s", EtcdEncryptionConfigSpec { configuration }).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

/// The file: without keys nothing is encrypted, but the API server is given the file in any case.
fn file(body: Option<Value>) -> Value {
    let mut file = body.filter(Value::is_object).unwrap_or_else(
        || json!({"resources": [{"resources": ["secrets"], "providers": [{"identity": {}}]}]}),
    );
    file["apiVersion"] = json!("apiserver.config.k8s.io/v1");
    file["kind"] = json!("EncryptionConfiguration");
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_what_it_is_whatever_the_user_wrote() {
        assert_eq!(file(None)["resources"][0]["providers"][0], json!({"identity": {}}));
        assert_eq!(file(Some(json!({"kind": "x", "resources": []})))["kind"], "EncryptionConfiguration");
    }
}
