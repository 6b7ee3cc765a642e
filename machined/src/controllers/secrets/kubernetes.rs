//! kubeconfigs of the control plane's own clients.

use pki::profile;
use proto::resource::secrets::{KubernetesCertsSpec, KubernetesRootSpec};
use proto::resource::time::StatusSpec as TimeStatusSpec;
use state::{Context, Controller, Input, Next, Output};

use super::kubeconfig::Kubeconfig;
use super::material;
use super::renew::{Issued, Verdict};
use crate::controllers::Deps;

/// Publishes KubernetesSecrets/k8s-certs.
pub struct Kubernetes {
    deps: Deps,
    issued: Issued,
}

impl Kubernetes {
    pub fn new(deps: Deps) -> Self {
        Self { deps, issued: Issued::default() }
    }
}

#[async_trait::async_trait]
impl Controller for Kubernetes {
    fn name(&self) -> &'static str {
        "secrets.KubernetesController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<KubernetesRootSpec>(), Input::weak::<TimeStatusSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<KubernetesCertsSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let root = ctx.get::<KubernetesRootSpec>("k8s").await?;
        let (Some(root), Some(ca)) = (&root, root.as_ref().and_then(|r| r.spec.issuing_ca.as_ref())) else {
            self.issued.forget();
            ctx.outputs::<KubernetesCertsSpec>().finish().await?;
            return Ok(Next::Wait);
        };
        let Some(time) = ctx.get::<TimeStatusSpec>("node").await?.filter(|t| t.spec.synced) else {
            return Ok(Next::Wait);
        };
        let now = self.deps.now();
        let text =
            |url: &Option<proto::common::Url>| url.as_ref().map(ToString::to_string).unwrap_or_default();
        let (endpoint, local) = (text(&root.spec.endpoint), text(&root.spec.local_endpoint));
        let accepted = material::bundle(&root.spec.accepted_c_as);
        let inputs = (&ca.crt, &accepted, &root.spec.name, &endpoint, &local, time.spec.epoch);
        if let Verdict::Keep(left) = self.issued.check(&inputs, now) {
            return Ok(Next::After(left));
        }
        let issuer = material::issuer(ca)?;
        let mut shortest = None;
        let mut kubeconfig = |user: &str, server: &str, leaf: pki::Leaf| -> anyhow::Result<String> {
            let client = material::issue(&issuer, &leaf)?;
            shortest.get_or_insert(material::certificate(&client)?.validity());
            let file = Kubeconfig { cluster: &root.spec.name, user, server, ca: &accepted, client: &client };
            Ok(file.render())
        };
        let spec = KubernetesCertsSpec {
            controller_manager_kubeconfig: kubeconfig(
                "system:kube-controller-manager",
                &local,
                profile::controller_manager(now.wall),
            )?,
            scheduler_kubeconfig: kubeconfig("system:kube-scheduler", &local, profile::scheduler(now.wall))?,
            localhost_admin_kubeconfig: kubeconfig("admin", &local, profile::localhost_admin(now.wall))?,
            // Made anew for each caller of Kubeconfig, so that it does not lie around.
            admin_kubeconfig: String::new(),
        };
        let rest = match shortest {
            Some(validity) => self.issued.record(&inputs, now, validity),
            None => crate::controllers::CLOCK_CHECK,
        };
        ctx.put("k8s-certs", spec).await?;
        Ok(Next::After(rest))
    }
}
