//! /etc/hosts (contract os.md 5.5).

use std::net::IpAddr;

use proto::resource::files::EtcFileSpecSpec;
use proto::resource::network::{HostnameStatusSpec, NodeAddressSpec};
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{Deps, config_input, names, node_addresses};

/// Publishes EtcFileSpecs/hosts.
pub struct Hosts {
    pub deps: Deps,
}

#[async_trait::async_trait]
impl Controller for Hosts {
    fn name(&self) -> &'static str {
        "network.EtcFileController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            config_input(),
            Input::weak::<HostnameStatusSpec>(),
            Input::weak::<NodeAddressSpec>().id("default"),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<EtcFileSpecSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let Some(status) = ctx.get::<HostnameStatusSpec>("hostname").await? else { return Ok(Next::Wait) };
        let own = node_addresses(ctx, "default").await?.first().copied();
        let mut others: Vec<(IpAddr, Vec<String>)> = Vec::new();
        if let Some(active) = self.deps.config().await? {
            others.extend(active.config.static_hosts().into_iter().map(|h| (h.address, h.names)));
        }
        let (hostname, fqdn) = names(&status.spec);
        let contents = render(own, &hostname, &fqdn, others).into_bytes();
        let spec = EtcFileSpecSpec { contents, mode: 0o644, selinux_label: String::new() };
        ctx.put("hosts", spec).await?;
        Ok(Next::Wait)
    }
}

/// Addresses in a column, names behind them with single spaces.
fn render(own: Option<IpAddr>, hostname: &str, fqdn: &str, mut others: Vec<(IpAddr, Vec<String>)>) -> String {
    let mut lines = vec![("127.0.0.1".to_owned(), "localhost".to_owned())];
    if let Some(own) = own {
        let named = if fqdn == hostname { hostname.to_owned() } else { format!("{fqdn} {hostname}") };
        lines.push((own.to_string(), named));
    }
    lines.push(("::1".to_owned(), "localhost ip6-localhost ip6-loopback".to_owned()));
    lines.push(("ff02::1".to_owned(), "ip6-allnodes".to_owned()));
    lines.push(("ff02::2".to_owned(), "ip6-allrouters".to_owned()));
    others.sort();
    lines.extend(others.into_iter().map(|(address, names)| (address.to_string(), names.join(" "))));
    let width = lines.iter().map(|(address, _)| address.len()).max().unwrap_or(0);
    lines.iter().map(|(address, names)| format!("{address:width$} {names}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_node_itself_is_named_with_and_without_its_domain() {
        let own = Some("10.5.0.2".parse().unwrap());
        let extra = vec![("10.9.9.9".parse().unwrap(), vec!["a".to_owned(), "b".to_owned()])];
        assert_eq!(
            render(own, "cp-1", "cp-1.example.org", extra),
            "127.0.0.1 localhost\n10.5.0.2  cp-1.example.org cp-1\n::1       localhost ip6-localhost \
             ip6-loopback\nff02::1   ip6-allnodes\nff02::2   ip6-allrouters\n10.9.9.9  a b\n"
        );
        assert!(render(own, "cp-1", "cp-1", vec![]).contains("10.5.0.2  cp-1\n"));
    }
}
