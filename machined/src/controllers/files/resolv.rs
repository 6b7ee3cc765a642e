//! resolv.conf of the node and of its pods (contract os.md 5.5).

use std::net::IpAddr;
use std::path::PathBuf;

use proto::resource::enums::NethelpersDnsProtocol;
use proto::resource::files::EtcFileSpecSpec;
use proto::resource::network::{HostDnsConfigSpec, HostnameStatusSpec, ResolverStatusSpec};
use state::{Context, Controller, Input, Next, Output};

use super::write::write;

/// What a resolver library looks at (resolv.conf(5)).
const MAX_SERVERS: usize = 3;

/// Publishes EtcFileSpecs/resolv.conf and writes the pods' file.
pub struct Resolv {
    pods: PathBuf,
}

impl Resolv {
    /// A controller that writes the pods' file to `pods`.
    pub fn new(pods: impl Into<PathBuf>) -> Self {
        Self { pods: pods.into() }
    }
}

#[async_trait::async_trait]
impl Controller for Resolv {
    fn name(&self) -> &'static str {
        "network.EtcFileResolvController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::weak::<ResolverStatusSpec>(),
            Input::weak::<HostDnsConfigSpec>(),
            Input::weak::<HostnameStatusSpec>(),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<EtcFileSpecSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let Some(resolvers) = ctx.get::<ResolverStatusSpec>("resolvers").await? else {
            return Ok(Next::Wait);
        };
        let dns = ctx.get::<HostDnsConfigSpec>("config").await?.map(|d| d.spec).unwrap_or_default();
        let (node, pods) = servers(&resolvers.spec, &dns);
        let search = &resolvers.spec.search_domains;
        let contents = render(&node, search).into_bytes();
        ctx.put("resolv.conf", EtcFileSpecSpec { contents, mode: 0o644, selinux_label: String::new() })
            .await?;
        write(&self.pods, render(&pods, search).as_bytes(), 0o644, None)?;
        Ok(Next::Wait)
    }
}

/// Servers of the node, and servers of pods.
fn servers(resolvers: &ResolverStatusSpec, dns: &HostDnsConfigSpec) -> (Vec<IpAddr>, Vec<IpAddr>) {
    let plain = NethelpersDnsProtocol::DnsProtocolDefault as i32;
    let mut upstream: Vec<IpAddr> = resolvers
        .name_servers
        .iter()
        .filter(|s| s.protocol == plain)
        .filter_map(|s| s.addr.as_ref().and_then(|a| a.try_into().ok()))
        .collect();
    if resolvers.name_servers.is_empty() {
        upstream = resolvers.dns_servers.iter().filter_map(|a| a.try_into().ok()).collect();
    }
    let forward: Vec<IpAddr> = [&dns.service_host_dns_address, &dns.service_host_dns_address_v6]
        .into_iter()
        .flatten()
        .filter_map(|a| a.try_into().ok())
        .collect();
    let node = match dns.enabled {
        true => vec![IpAddr::from([127, 0, 0, 53])],
        false => upstream.clone(),
    };
    let pods = if dns.enabled && !forward.is_empty() { forward } else { upstream };
    (node, pods)
}

fn render(servers: &[IpAddr], search: &[String]) -> String {
    let mut text: String =
        servers.iter().take(MAX_SERVERS).map(|server| format!("nameserver {server}\n")).collect();
    if !search.is_empty() {
        text.push_str(&format!("\nsearch {}\n", search.join(" ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolvers(servers: &[&str]) -> ResolverStatusSpec {
        ResolverStatusSpec {
            dns_servers: servers.iter().map(|s| s.parse().unwrap()).collect(),
            ..ResolverStatusSpec::default()
        }
    }

    #[test]
    fn at_most_three_servers_are_named() {
        let all = resolvers(&["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]);
        let (node, pods) = servers(&all, &HostDnsConfigSpec::default());
        let text = render(&node, &["example.org".to_owned()]);
        assert_eq!(
            text,
            "nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\n\nsearch example.org\n"
        );
        assert_eq!(node, pods);
    }

    #[test]
    fn with_host_dns_the_node_asks_itself_and_pods_ask_it_only_where_it_forwards() {
        let mut dns = HostDnsConfigSpec { enabled: true, ..HostDnsConfigSpec::default() };
        let (node, pods) = servers(&resolvers(&["10.0.0.1"]), &dns);
        assert_eq!(
            (render(&node, &[]), render(&pods, &[])),
            ("nameserver 127.0.0.53\n".into(), "nameserver 10.0.0.1\n".into())
        );
        dns.service_host_dns_address = Some("169.254.116.108".parse().unwrap());
        let (_, pods) = servers(&resolvers(&["10.0.0.1"]), &dns);
        assert_eq!(render(&pods, &[]), "nameserver 169.254.116.108\n");
    }
}
