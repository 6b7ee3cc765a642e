//! Certificates of apid: issued here on control planes, by a control plane's trustd on workers, and by the
//! node itself in maintenance (contract api.md 1.5, 2.2).

use pki::profile;
use proto::common::PemEncodedCertificateAndKey;
use proto::resource::k8s::EndpointSpec;
use proto::resource::secrets::{ApiCertsSpec, CertSanSpec, MaintenanceRootSpec, OsRootSpec};
use proto::resource::time::StatusSpec as TimeStatusSpec;
use state::{Context, Controller, Input, Next, Output};

use super::cert_sans::sans;
use super::material;
use super::renew::{Issued, Verdict};
use super::worker::{self, Refreshed};
use crate::controllers::Deps;

/// Publishes ApiCertificates/api.
pub struct Api {
    deps: Deps,
    issued: Issued,
}

impl Api {
    pub fn new(deps: Deps) -> Self {
        Self { deps, issued: Issued::default() }
    }

    async fn maintenance(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let Some(root) = ctx.get::<MaintenanceRootSpec>("maintenance").await? else { return Ok(Next::Wait) };
        let Some(names) = ctx.get::<CertSanSpec>("maintenance").await? else { return Ok(Next::Wait) };
        let Some(ca) = &root.spec.ca else { return Ok(Next::Wait) };
        let now = self.deps.now();
        let inputs = ("maintenance", &ca.crt, sans(&names.spec));
        if let Verdict::Keep(left) = self.issued.check(&inputs, now) {
            return Ok(Next::After(left));
        }
        let server = material::issue(
            &material::issuer(ca)?,
            &profile::maintenance_server(sans(&names.spec), now.wall),
        )?;
        let rest = self.issued.record(&inputs, now, material::certificate(&server)?.validity());
        let spec =
            ApiCertsSpec { server: Some(server), skip_verifying_client_cert: true, ..Default::default() };
        ctx.put("api", spec).await?;
        Ok(Next::After(rest))
    }

    async fn control_plane(
        &mut self,
        ctx: &Context,
        root: &OsRootSpec,
        ca: &PemEncodedCertificateAndKey,
    ) -> anyhow::Result<Next> {
        let Some(names) = ctx.get::<CertSanSpec>("api").await? else { return Ok(Next::Wait) };
        let epoch = ctx.get::<TimeStatusSpec>("node").await?.map_or(0, |t| t.spec.epoch);
        let now = self.deps.now();
        let accepted: Vec<_> = root.accepted_c_as.iter().map(|c| &c.crt).collect();
        let inputs = ("control plane", &ca.crt, accepted, sans(&names.spec), &names.spec.fqdn, epoch);
        if let Verdict::Keep(left) = self.issued.check(&inputs, now) {
            return Ok(Next::After(left));
        }
        let issuer = material::issuer(ca)?;
        let fqdn = &names.spec.fqdn;
        let server = material::issue(&issuer, &profile::apid_server(fqdn, sans(&names.spec), now.wall))?;
        let client = material::issue(&issuer, &profile::apid_client(fqdn, now.wall))?;
        let rest = self.issued.record(&inputs, now, material::certificate(&server)?.validity());
        let spec = ApiCertsSpec {
            client: Some(client),
            server: Some(server),
            accepted_c_as: root.accepted_c_as.clone(),
            skip_verifying_client_cert: false,
        };
        ctx.put("api", spec).await?;
        Ok(Next::After(rest))
    }

    async fn worker(&mut self, ctx: &Context, root: &OsRootSpec) -> anyhow::Result<Next> {
        let Some(names) = ctx.get::<CertSanSpec>("api").await? else { return Ok(Next::Wait) };
        let epoch = ctx.get::<TimeStatusSpec>("node").await?.map_or(0, |t| t.spec.epoch);
        let now = self.deps.now();
        let configured: Vec<_> = root.accepted_c_as.iter().map(|c| &c.crt).collect();
        let inputs = ("worker", configured, sans(&names.spec), &names.spec.fqdn, epoch);
        if let Verdict::Keep(left) = self.issued.check(&inputs, now) {
            return Ok(Next::After(left));
        }
        let known = ctx.get::<ApiCertsSpec>("api").await?.map(|r| r.spec);
        let Refreshed { server, accepted } = worker::refresh(ctx, root, known.as_ref(), &names.spec).await?;
        let rest = self.issued.record(&inputs, now, material::certificate(&server)?.validity());
        let spec = ApiCertsSpec { server: Some(server), accepted_c_as: accepted, ..Default::default() };
        ctx.put("api", spec).await?;
        Ok(Next::After(rest))
    }
}

#[async_trait::async_trait]
impl Controller for Api {
    fn name(&self) -> &'static str {
        "secrets.APIController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::weak::<MaintenanceRootSpec>(),
            Input::weak::<OsRootSpec>(),
            Input::weak::<CertSanSpec>(),
            Input::weak::<TimeStatusSpec>(),
            Input::weak::<EndpointSpec>(),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<ApiCertsSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let Some(root) = ctx.get::<OsRootSpec>("os").await? else { return self.maintenance(ctx).await };
        match root.spec.issuing_ca.as_ref().filter(|ca| !ca.key.is_empty()) {
            Some(ca) => self.control_plane(ctx, &root.spec, ca).await,
            None => self.worker(ctx, &root.spec).await,
        }
    }
}
