//! Where API servers are, as Kubernetes itself says: for nodes that know nobody else.

use std::net::IpAddr;
use std::time::Duration;

use proto::resource::k8s::EndpointSpec;
use serde_json::Value;
use state::{Context, Controller, Input, Next, Output};

use super::node::Clients;
use crate::controllers::Deps;

/// Pauses between questions: while Kubernetes does not answer, and when it does. Other sources, which are
/// followed, tell of changes earlier.
const PAUSES: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(120));

/// Slices of the service through which pods find the API servers.
const PATH: &str = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes";

/// Publishes Endpoints/kube-apiserver.
pub struct KubernetesEndpoint {
    deps: Deps,
    clients: Clients,
}

impl KubernetesEndpoint {
    /// A controller that uses these clients.
    pub fn new(deps: Deps, clients: Clients) -> Self {
        Self { deps, clients }
    }
}

#[async_trait::async_trait]
impl Controller for KubernetesEndpoint {
    fn name(&self) -> &'static str {
        "k8s.EndpointController"
    }

    fn inputs(&self) -> Vec<Input> {
        Clients::inputs().into()
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<EndpointSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let client = self.clients.get(&**ctx.state()).await?;
        let (Some(_), Some(client)) = (self.deps.config().await?, client) else {
            ctx.outputs::<EndpointSpec>().finish().await?;
            return Ok(Next::Wait);
        };
        match client.get(PATH).await {
            Ok(list) => {
                let addresses: Vec<IpAddr> = addresses(&list);
                if !addresses.is_empty() {
                    let addresses = addresses.into_iter().map(Into::into).collect();
                    ctx.put("kube-apiserver", EndpointSpec { addresses, hosts: vec![] }).await?;
                }
                Ok(Next::After(PAUSES.1))
            }
            Err(error) => {
                tracing::debug!("asking Kubernetes for its API servers: {error}");
                Ok(Next::After(PAUSES.0))
            }
        }
    }
}

/// All addresses, sorted.
fn addresses(list: &Value) -> Vec<IpAddr> {
    let array =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let endpoints = array(list, "items").into_iter().flat_map(|slice| array(&slice, "endpoints"));
    let addresses = endpoints.flat_map(|endpoint| array(&endpoint, "addresses"));
    let mut found: Vec<IpAddr> = addresses.filter_map(|a| a.as_str()?.parse().ok()).collect();
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses_of_all_slices_are_taken_once() {
        let slice = |addresses: &[&str]| json!({"endpoints": [{"addresses": addresses}]});
        let list = json!({"items": [slice(&["10.5.0.3"]), slice(&["10.5.0.2", "10.5.0.3"])]});
        assert_eq!(addresses(&list).len(), 2);
        assert!(addresses(&json!({})).is_empty());
    }
}
