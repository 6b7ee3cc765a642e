//! The node's name in Kubernetes (contract os.md 6.3).

use proto::resource::k8s::NodenameSpec;
use proto::resource::network::HostnameStatusSpec;
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{Deps, config_input, names};

/// Publishes Nodenames/nodename.
pub struct Nodename {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for Nodename {
    fn name(&self) -> &'static str {
        "k8s.NodenameController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input(), Input::weak::<HostnameStatusSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<NodenameSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<NodenameSpec>();
        if let Some(active) = self.deps.config().await?
            && active.config.cluster_endpoint().is_some()
        {
            let Some(status) = ctx.get::<HostnameStatusSpec>("hostname").await? else {
                return Ok(Next::Wait);
            };
            let node = active.config.kube_node();
            let (hostname, fqdn) = names(&status.spec);
            let spec = NodenameSpec {
                nodename: sanitized(if node.register_with_fqdn { &fqdn } else { &hostname }),
                hostname_version: status.metadata.version.to_string(),
                skip_node_registration: node.skip_registration,
            };
            outputs.put("nodename", spec).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}

/// What Kubernetes accepts of a hostname.
fn sanitized(hostname: &str) -> String {
    let letters = hostname.chars().filter_map(|c| match c {
        '_' => Some('-'),
        c if c.is_ascii_alphanumeric() || c == '-' || c == '.' => Some(c.to_ascii_lowercase()),
        _ => None,
    });
    letters.collect::<String>().trim_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_what_kubernetes_accepts() {
        let cases = [("CP-1", "cp-1"), ("a_b.c", "a-b.c"), ("-ä$x.", "x"), ("node", "node")];
        for (hostname, expected) in cases {
            assert_eq!(sanitized(hostname), expected, "{hostname}");
        }
    }
}
