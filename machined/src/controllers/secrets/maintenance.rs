//! The authority of a node without configuration: made at boot, kept in memory, gone with the next boot.

use pki::{Authority, AuthorityKind};
use proto::common::PemEncodedCertificateAndKey;
use proto::resource::secrets::MaintenanceRootSpec;
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::Deps;

/// Publishes MaintenanceRootSecrets/maintenance.
pub struct MaintenanceRoot {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for MaintenanceRoot {
    fn name(&self) -> &'static str {
        "secrets.MaintenanceRootController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<MaintenanceRootSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        if ctx.get::<MaintenanceRootSpec>("maintenance").await?.is_none() {
            let authority = Authority::generate(AuthorityKind::Maintenance, self.deps.now().wall)?;
            let pair = PemEncodedCertificateAndKey {
                crt: authority.certificate().to_pem().into_bytes(),
                key: authority.key().to_pem()?.as_bytes().to_vec(),
            };
            ctx.put("maintenance", MaintenanceRootSpec { ca: Some(pair) }).await?;
        }
        Ok(Next::Wait)
    }
}
