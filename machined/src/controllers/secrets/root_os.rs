//! The authority of the nodes' API, from the configuration.

use proto::resource::secrets::OsRootSpec;
use state::{Context, Controller, Input, Next, Output};

use super::material;
use crate::controllers::{Deps, config_input};

/// Publishes OSRootSecrets/os.
pub struct RootOs {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for RootOs {
    fn name(&self) -> &'static str {
        "secrets.RootOSController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<OsRootSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<OsRootSpec>();
        if let Some(active) = self.deps.config().await?
            && let Some(api) = active.config.node_api()
        {
            let names = api.cert_sans.iter().map(String::as_str);
            let sans = pki::Sans::new().with_names(names);
            let spec = OsRootSpec {
                issuing_ca: api.authorities.issuing.as_ref().map(material::authority),
                accepted_c_as: material::accepted(&api.authorities),
                cert_sani_ps: sans.ip_addresses().map(Into::into).collect(),
                cert_sandns_names: sans.dns_names().map(str::to_owned).collect(),
                token: api.token.expose().to_owned(),
            };
            outputs.put("os", spec).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}
