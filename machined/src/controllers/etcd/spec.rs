//! How etcd is started on this node (contract os.md 6.1).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proto::resource::etcd::{ConfigSpec, SpecSpec};
use proto::resource::network::{HostnameStatusSpec, NodeAddressSpec, OperatorSpecSpec};
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{node_addresses, subnets};

/// Publishes EtcdSpecs/etcd.
pub struct EtcdSpec;

#[async_trait::async_trait]
impl Controller for EtcdSpec {
    fn name(&self) -> &'static str {
        "etcd.SpecController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            Input::weak::<ConfigSpec>(),
            Input::weak::<HostnameStatusSpec>(),
            Input::weak::<NodeAddressSpec>(),
            Input::weak::<OperatorSpecSpec>(),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<SpecSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let Some(config) = ctx.get::<ConfigSpec>("etcd").await? else {
            ctx.outputs::<SpecSpec>().finish().await?;
            return Ok(Next::Wait);
        };
        let Some(hostname) = ctx.get::<HostnameStatusSpec>("hostname").await? else { return Ok(Next::Wait) };
        let operators = ctx.list::<OperatorSpecSpec>().await?;
        let shared: Vec<IpAddr> = operators
            .iter()
            .filter_map(|o| o.spec.vip.as_ref()?.ip.as_ref().and_then(|ip| ip.try_into().ok()))
            .collect();
        let addresses = Addresses {
            routed: without(node_addresses(ctx, "routed-no-k8s").await?, &shared),
            current: without(node_addresses(ctx, "current").await?, &shared),
        };
        // Until there is an address, what runs goes on as it is.
        if let Some(spec) = spec(&config.spec, &hostname.spec.hostname, &addresses) {
            ctx.put("etcd", spec).await?;
        }
        Ok(Next::Wait)
    }
}

/// Addresses that move between nodes are no way to reach a certain member.
fn without(addresses: Vec<IpAddr>, shared: &[IpAddr]) -> Vec<IpAddr> {
    addresses.into_iter().filter(|a| !shared.contains(a)).collect()
}

struct Addresses {
    routed: Vec<IpAddr>,
    current: Vec<IpAddr>,
}

fn spec(config: &ConfigSpec, hostname: &str, addresses: &Addresses) -> Option<SpecSpec> {
    let (valid, excluded) = (&config.advertise_valid_subnets, &config.advertise_exclude_subnets);
    let advertised: Vec<IpAddr> = if valid.is_empty() && excluded.is_empty() {
        addresses.routed.first().copied().into_iter().collect()
    } else {
        addresses.current.iter().copied().filter(|a| subnets::matches(*a, valid, excluded)).collect()
    };
    let first = advertised.first()?;
    let (valid, excluded) = (&config.listen_valid_subnets, &config.listen_exclude_subnets);
    let (peer, client) = if valid.is_empty() && excluded.is_empty() {
        let any = match advertised.iter().any(IpAddr::is_ipv4) {
            true => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            false => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        (vec![any], vec![any])
    } else {
        let peer: Vec<IpAddr> =
            addresses.routed.iter().copied().filter(|a| subnets::matches(*a, valid, excluded)).collect();
        let loopback = match first.is_ipv4() {
            true => IpAddr::V4(Ipv4Addr::LOCALHOST),
            false => IpAddr::V6(Ipv6Addr::LOCALHOST),
        };
        let client = peer.iter().copied().chain([loopback]).collect();
        (peer, client)
    };
    let wire = |addresses: Vec<IpAddr>| addresses.into_iter().map(Into::into).collect();
    Some(SpecSpec {
        name: hostname.to_owned(),
        advertised_addresses: wire(advertised),
        image: config.image.clone(),
        listen_peer_addresses: wire(peer),
        listen_client_addresses: wire(client),
        extra_args: config.extra_args.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> Addresses {
        let parse = |texts: &[&str]| texts.iter().map(|t| t.parse().unwrap()).collect();
        Addresses {
            routed: parse(&["10.5.0.2", "10.6.0.2"]),
            current: parse(&["10.5.0.2", "10.6.0.2", "1.2.3.4"]),
        }
    }

    fn texts(addresses: &[proto::common::NetIp]) -> Vec<String> {
        addresses.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn without_subnets_the_first_routed_address_is_told_and_every_one_is_listened_on() {
        let spec = spec(&ConfigSpec::default(), "cp-1", &addresses()).unwrap();
        assert_eq!(texts(&spec.advertised_addresses), ["10.5.0.2"]);
        assert_eq!(texts(&spec.listen_client_addresses), ["0.0.0.0"]);
    }

    #[test]
    fn subnets_choose_among_all_current_addresses_and_listening_includes_the_node_itself() {
        let config = ConfigSpec {
            advertise_exclude_subnets: vec!["10.5.0.0/24".into()],
            listen_valid_subnets: vec!["10.6.0.0/24".into()],
            ..ConfigSpec::default()
        };
        let spec = spec(&config, "cp-1", &addresses()).unwrap();
        assert_eq!(texts(&spec.advertised_addresses), ["10.6.0.2", "1.2.3.4"]);
        assert_eq!(texts(&spec.listen_peer_addresses), ["10.6.0.2"]);
        assert_eq!(texts(&spec.listen_client_addresses), ["10.6.0.2", "127.0.0.1"]);
    }

    #[test]
    fn there_is_no_spec_without_an_address() {
        let none = Addresses { routed: vec![], current: vec![] };
        assert!(spec(&ConfigSpec::default(), "cp-1", &none).is_none());
    }
}
