//! How apid listens (contract api.md 1.3).

use proto::resource::runtime::ApiServiceConfigSpec;
use proto::resource::secrets::ApiCertsSpec;
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{Deps, config_input};

/// Where the API listens (contract api.md 1.1).
const LISTEN: &str = ":50000";

/// Publishes APIServiceConfigs/apid.
pub struct ApiService {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for ApiService {
    fn name(&self) -> &'static str {
        "runtime.APIServiceConfigController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input(), Input::weak::<ApiCertsSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<ApiServiceConfigSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let configured = self.deps.config().await?.is_some();
        let certificate = ctx.get::<ApiCertsSpec>("api").await?;
        let maintenance = certificate.as_ref().map(|c| c.spec.skip_verifying_client_cert);
        // The way in and the certificate change together: a client must never meet the one with the other.
        if let Some(spec) = wanted(configured, maintenance) {
            ctx.put("apid", spec).await?;
        }
        Ok(Next::Wait)
    }
}

/// `None` while what there is does not fit together.
fn wanted(configured: bool, maintenance_certificate: Option<bool>) -> Option<ApiServiceConfigSpec> {
    let listen_address = LISTEN.to_owned();
    match (configured, maintenance_certificate) {
        (false, Some(true)) => Some(ApiServiceConfigSpec {
            listen_address,
            node_routing_disabled: true,
            readonly_role_mode: true,
            skip_verifying_client_cert: true,
        }),
        (true, Some(false)) => {
            Some(ApiServiceConfigSpec { listen_address, ..ApiServiceConfigSpec::default() })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configured_node_never_listens_with_the_certificate_of_maintenance() {
        assert_eq!(wanted(true, Some(true)), None);
        assert_eq!(wanted(true, None), None);
        assert_eq!(wanted(false, Some(false)), None);
        assert!(wanted(true, Some(false)).is_some_and(|s| !s.skip_verifying_client_cert));
        assert!(wanted(false, Some(true)).is_some_and(|s| s.readonly_role_mode && s.node_routing_disabled));
    }
}
