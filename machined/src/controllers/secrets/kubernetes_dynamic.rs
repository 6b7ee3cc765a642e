//! Certificates of the API server: renewed at half of their life and whenever its names change.

use pki::profile;
use proto::resource::secrets::{CertSanSpec, KubernetesDynamicCertsSpec, KubernetesRootSpec};
use proto::resource::time::StatusSpec as TimeStatusSpec;
use state::{Context, Controller, Input, Next, Output};

use super::cert_sans::sans;
use super::material;
use super::renew::{Issued, Verdict};
use crate::controllers::Deps;

/// Publishes KubernetesDynamicCerts/k8s-dynamic-certs.
pub struct KubernetesDynamic {
    deps: Deps,
    issued: Issued,
}

impl KubernetesDynamic {
    pub fn new(deps: Deps) -> Self {
        Self { deps, issued: Issued::default() }
    }
}

#[async_trait::async_trait]
impl Controller for KubernetesDynamic {
    fn name(&self) -> &'static str {
        "secrets.KubernetesDynamicCertsController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::weak::<KubernetesRootSpec>(),
            Input::weak::<CertSanSpec>(),
            Input::weak::<TimeStatusSpec>(),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<KubernetesDynamicCertsSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let root = ctx.get::<KubernetesRootSpec>("k8s").await?;
        let cas =
            root.as_ref().and_then(|r| Some((r.spec.issuing_ca.as_ref()?, r.spec.aggregator_ca.as_ref()?)));
        let (Some(root), Some((ca, aggregator))) = (&root, cas) else {
            self.issued.forget();
            ctx.outputs::<KubernetesDynamicCertsSpec>().finish().await?;
            return Ok(Next::Wait);
        };
        let Some(names) = ctx.get::<CertSanSpec>("k8s").await? else { return Ok(Next::Wait) };
        let epoch = ctx.get::<TimeStatusSpec>("node").await?.map_or(0, |t| t.spec.epoch);
        let now = self.deps.now();
        let inputs = (&ca.crt, &aggregator.crt, sans(&names.spec), epoch);
        if let Verdict::Keep(left) = self.issued.check(&inputs, now) {
            return Ok(Next::After(left));
        }
        let issuer = material::issuer(ca)?;
        let leaf = profile::kube_apiserver(&root.spec.dns_domain, sans(&names.spec), now.wall);
        let mut api_server = material::issue(&issuer, &leaf)?;
        let rest = self.issued.record(&inputs, now, material::certificate(&api_server)?.validity());
        // Clients that know only a root of the issuing authority need the chain.
        api_server.crt.extend_from_slice(&ca.crt);
        let kubelet_client = material::issue(&issuer, &profile::apiserver_kubelet_client(now.wall))?;
        let front_proxy =
            material::issue(&material::issuer(aggregator)?, &profile::front_proxy_client(now.wall))?;
        let spec = KubernetesDynamicCertsSpec {
            api_server: Some(api_server),
            api_server_kubelet_client: Some(kubelet_client),
            front_proxy: Some(front_proxy),
        };
        ctx.put("k8s-dynamic-certs", spec).await?;
        Ok(Next::After(rest))
    }
}
