//! How members find each other.
//!
//! The control planes of the cluster serve discovery themselves unless the configuration forbids discovery;
//! outside services are used in addition when they are configured.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proto::resource::cluster::{ConfigSpec, ServiceEndpoint};
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{Deps, config_input};

/// Publishes DiscoveryConfigs/cluster.
pub struct DiscoveryConfig {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for DiscoveryConfig {
    fn name(&self) -> &'static str {
        "cluster.ConfigController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<ConfigSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<ConfigSpec>();
        if let Some(active) = self.deps.config().await? {
            outputs.put("cluster", spec(&active.config)).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

fn spec(config: &config::Config) -> ConfigSpec {
    let discovery = config.discovery();
    let secret = config.cluster_secret();
    let key = secret.as_ref().and_then(|s| STANDARD.decode(s.expose()).ok()).unwrap_or_default();
    let id = config.cluster_id().unwrap_or_default();
    // Without an identity nothing can be told apart from another cluster, nor kept from readers.
    if discovery.forbidden || key.len() != 32 || id.is_empty() {
        return ConfigSpec::default();
    }
    let endpoints: Vec<ServiceEndpoint> = discovery
        .services
        .iter()
        .map(|service| {
            let (endpoint, insecure) = address(service.endpoint.as_str());
            ServiceEndpoint { name: service.name.clone(), endpoint, insecure }
        })
        .collect();
    let first = endpoints.first().cloned().unwrap_or_default();
    ConfigSpec {
        discovery_enabled: true,
        registry_kubernetes_enabled: discovery.kubernetes,
        registry_service_enabled: !endpoints.is_empty(),
        service_endpoint: first.endpoint,
        service_endpoint_insecure: first.insecure,
        service_encryption_key: key,
        service_cluster_id: id,
        service_endpoints: endpoints,
    }
}

/// host:port of a URL, and whether it is spoken to in the clear (contract os.md 5.8).
fn address(url: &str) -> (String, bool) {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let host = rest.split('/').next().unwrap_or(rest);
    let insecure = scheme == "http";
    let with_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    match (with_port, insecure) {
        (true, _) => (host.to_owned(), insecure),
        (false, true) => (format!("{host}:80"), true),
        (false, false) => (format!("{host}:443"), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_services_have_the_port_of_their_scheme() {
        let cases = [
            ("https://discovery.talos.dev/", "discovery.talos.dev:443", false),
            ("http://10.0.0.1", "10.0.0.1:80", true),
            ("grpc://d.example:3000", "d.example:3000", false),
        ];
        for (url, expected, insecure) in cases {
            assert_eq!(address(url), (expected.to_owned(), insecure), "{url}");
        }
    }
}
