//! The certificate of trustd.

use pki::profile;
use proto::resource::secrets::{CertSanSpec, OsRootSpec, TrustdCertsSpec};
use proto::resource::time::StatusSpec as TimeStatusSpec;
use state::{Context, Controller, Input, Next, Output};

use super::cert_sans::sans;
use super::material;
use super::renew::{Issued, Verdict};
use crate::controllers::Deps;

/// Publishes TrustdCertificates/trustd on nodes that can issue.
pub struct Trustd {
    deps: Deps,
    issued: Issued,
}

impl Trustd {
    pub fn new(deps: Deps) -> Self {
        Self { deps, issued: Issued::default() }
    }
}

#[async_trait::async_trait]
impl Controller for Trustd {
    fn name(&self) -> &'static str {
        "secrets.TrustdController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<OsRootSpec>(), Input::weak::<CertSanSpec>(), Input::weak::<TimeStatusSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<TrustdCertsSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let root = ctx.get::<OsRootSpec>("os").await?;
        let issuing = root.as_ref().and_then(|r| r.spec.issuing_ca.as_ref()).filter(|ca| !ca.key.is_empty());
        let (Some(root), Some(ca)) = (&root, issuing) else {
            self.issued.forget();
            ctx.outputs::<TrustdCertsSpec>().finish().await?;
            return Ok(Next::Wait);
        };
        let Some(names) = ctx.get::<CertSanSpec>("api").await? else { return Ok(Next::Wait) };
        let epoch = ctx.get::<TimeStatusSpec>("node").await?.map_or(0, |t| t.spec.epoch);
        let now = self.deps.now();
        let accepted: Vec<_> = root.spec.accepted_c_as.iter().map(|c| &c.crt).collect();
        let inputs = (&ca.crt, accepted, sans(&names.spec), &names.spec.fqdn, epoch);
        if let Verdict::Keep(left) = self.issued.check(&inputs, now) {
            return Ok(Next::After(left));
        }
        let leaf = profile::trustd_server(&names.spec.fqdn, sans(&names.spec), now.wall);
        let server = material::issue(&material::issuer(ca)?, &leaf)?;
        let rest = self.issued.record(&inputs, now, material::certificate(&server)?.validity());
        let spec = TrustdCertsSpec { server: Some(server), accepted_c_as: root.spec.accepted_c_as.clone() };
        ctx.put("trustd", spec).await?;
        Ok(Next::After(rest))
    }
}
