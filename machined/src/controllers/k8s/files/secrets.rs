//! Keys and certificates of the control plane's pods.

use std::path::PathBuf;

use proto::resource::k8s::{EtcdEncryptionConfigSpec, SecretsStatusSpec};
use proto::resource::secrets::{
    EtcdCertsSpec, EtcdRootSpec, KubernetesCertsSpec, KubernetesDynamicCertsSpec, KubernetesRootSpec,
};
use state::{Context, Controller, Input, Next, Output};

use super::{API_SERVER, CONTROLLER_MANAGER, File, SCHEDULER, STATIC_PODS, write_all};
use crate::controllers::secrets::bundle;
use crate::controllers::secrets::issue::public_key;

/// Writes the files and publishes SecretStatuses/static-pods.
pub struct RenderSecrets {
    pub folder: PathBuf,
}

/// Everything that the files are made from.
struct Material {
    root: KubernetesRootSpec,
    certs: KubernetesCertsSpec,
    dynamic: KubernetesDynamicCertsSpec,
    etcd_root: EtcdRootSpec,
    etcd: EtcdCertsSpec,
    encryption: EtcdEncryptionConfigSpec,
}

async fn material(ctx: &Context) -> anyhow::Result<Option<Material>> {
    let root = ctx.get::<KubernetesRootSpec>("k8s").await?;
    let certs = ctx.get::<KubernetesCertsSpec>("k8s-certs").await?;
    let dynamic = ctx.get::<KubernetesDynamicCertsSpec>("k8s-dynamic-certs").await?;
    let etcd_root = ctx.get::<EtcdRootSpec>("etcd").await?;
    let etcd = ctx.get::<EtcdCertsSpec>("etcd").await?;
    let encryption = ctx.get::<EtcdEncryptionConfigSpec>("k8s").await?;
    let all = (root, certs, dynamic, etcd_root, etcd, encryption);
    let (Some(root), Some(certs), Some(dynamic), Some(etcd_root), Some(etcd), Some(encryption)) = all else {
        return Ok(None);
    };
    Ok(Some(Material {
        root: root.spec,
        certs: certs.spec,
        dynamic: dynamic.spec,
        etcd_root: etcd_root.spec,
        etcd: etcd.spec,
        encryption: encryption.spec,
    }))
}

/// Nothing when a certificate is missing: half a set is of no use.
fn files(material: &Material) -> anyhow::Result<Option<Vec<File>>> {
    let Material { root, certs, dynamic, etcd_root, etcd, encryption } = material;
    let account = root.service_account.as_ref().map(|key| key.key.clone());
    let parts = (
        account,
        root.issuing_ca.as_ref(),
        etcd_root.etcd_ca.as_ref(),
        etcd.etcd_api_server.as_ref(),
        dynamic.api_server.as_ref(),
        dynamic.api_server_kubelet_client.as_ref(),
        dynamic.front_proxy.as_ref(),
    );
    let (Some(account), Some(ca), Some(etcd_ca), Some(etcd), Some(server), Some(kubelet), Some(proxy)) =
        parts
    else {
        return Ok(None);
    };
    let mut public = public_key(std::str::from_utf8(&account)?)?.into_bytes();
    for further in &root.service_account_accepted_keys {
        public.extend_from_slice(&further.key);
        public.push(b'\n');
    }
    let api = |name, contents: &[u8]| File {
        component: "kube-apiserver",
        name,
        owner: API_SERVER,
        contents: contents.to_vec(),
    };
    let manager = |name, contents: &[u8]| File {
        component: "kube-controller-manager",
        name,
        owner: CONTROLLER_MANAGER,
        contents: contents.to_vec(),
    };
    Ok(Some(vec![
        api("etcd-client-ca.crt", &etcd_ca.crt),
        api("etcd-client.crt", &etcd.crt),
        api("etcd-client.key", &etcd.key),
        api("ca.crt", &bundle(&root.accepted_c_as)),
        api("apiserver.crt", &server.crt),
        api("apiserver.key", &server.key),
        api("apiserver-kubelet-client.crt", &kubelet.crt),
        api("apiserver-kubelet-client.key", &kubelet.key),
        api("service-account.pub", &public),
        api("service-account.key", &account),
        api("aggregator-ca.crt", &bundle(&root.accepted_aggregator_c_as)),
        api("front-proxy-client.crt", &proxy.crt),
        api("front-proxy-client.key", &proxy.key),
        api("encryptionconfig.yaml", encryption.configuration.as_bytes()),
        manager("ca.crt", &ca.crt),
        manager("ca.key", &ca.key),
        manager("service-account.key", &account),
        manager("kubeconfig", certs.controller_manager_kubeconfig.as_bytes()),
        File {
            component: "kube-scheduler",
            name: "kubeconfig",
            owner: SCHEDULER,
            contents: certs.scheduler_kubeconfig.clone().into_bytes(),
        },
    ]))
}

#[async_trait::async_trait]
impl Controller for RenderSecrets {
    fn name(&self) -> &'static str {
        "k8s.RenderSecretsStaticPodController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::weak::<KubernetesRootSpec>(),
            Input::weak::<KubernetesCertsSpec>(),
            Input::weak::<KubernetesDynamicCertsSpec>(),
            Input::weak::<EtcdRootSpec>(),
            Input::weak::<EtcdCertsSpec>(),
            Input::weak::<EtcdEncryptionConfigSpec>(),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<SecretsStatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<SecretsStatusSpec>();
        if let Some(material) = material(ctx).await?
            && let Some(files) = files(&material)?
        {
            let version = write_all(&self.folder, &files)?;
            outputs.put(STATIC_PODS, SecretsStatusSpec { ready: true, version }).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}
