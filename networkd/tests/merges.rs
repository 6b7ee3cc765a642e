//! The rules by which layers become one (contract os.md 5.1), noun by noun.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

use networkd::layer::{Layered, merge_all};
use networkd::net;
use proptest::prelude::*;
use proto::common::NetIp;
use proto::resource::network::{
    AddressSpecSpec, HostnameSpecSpec, LinkSpecSpec, NameServerSpec, OperatorSpecSpec, ResolverSpecSpec,
    RouteNextHop, RouteSpecSpec, TimeServerSpecSpec,
};

const DEFAULT: i32 = 0;
const PLATFORM: i32 = 2;
const OPERATOR: i32 = 3;
const CONFIGURATION: i32 = 4;

/// The merged value of wishes that are all for one thing.
fn one<S: Layered>(wishes: Vec<S>) -> S {
    let named = wishes.into_iter().enumerate().map(|(n, s)| (format!("{n:03}"), s));
    let merged = merge_all(named);
    assert_eq!(merged.len(), 1);
    merged.into_values().next().unwrap()
}

fn ip(text: &str) -> NetIp {
    net::net_ip(text.parse().unwrap())
}

fn resolvers(layer: i32, servers: &[&str], search: &[&str]) -> ResolverSpecSpec {
    ResolverSpecSpec {
        dns_servers: servers.iter().map(|s| ip(s)).collect(),
        search_domains: search.iter().map(ToString::to_string).collect(),
        config_layer: layer,
        ..Default::default()
    }
}

fn servers(spec: &ResolverSpecSpec) -> Vec<String> {
    spec.dns_servers.iter().map(|s| net::ip_from_bytes(&s.ip).unwrap().to_string()).collect()
}

#[test]
fn the_configuration_replaces_resolvers_of_lower_layers() {
    let merged = one(vec![
        resolvers(DEFAULT, &["1.1.1.1", "8.8.8.8"], &[]),
        resolvers(PLATFORM, &["10.5.0.1", "fd00::1"], &["platform.example"]),
        resolvers(CONFIGURATION, &["10.0.0.53"], &["config.example"]),
    ]);
    assert_eq!(servers(&merged), ["10.0.0.53"]);
    assert_eq!(merged.search_domains, ["config.example", "platform.example"]);
}

#[test]
fn other_layers_keep_the_family_that_they_lack() {
    let merged = one(vec![
        resolvers(DEFAULT, &["1.1.1.1", "2606:4700:4700::1111"], &[]),
        resolvers(PLATFORM, &["10.5.0.1"], &["a.example"]),
        resolvers(OPERATOR, &["10.6.0.1"], &["b.example"]),
    ]);
    assert_eq!(servers(&merged), ["10.6.0.1", "2606:4700:4700::1111"]);
    assert_eq!(merged.search_domains, ["b.example", "a.example"]);
}

#[test]
fn resolvers_of_one_layer_are_appended_without_repetition() {
    let merged = one(vec![
        resolvers(OPERATOR, &["10.6.0.1"], &["a.example"]),
        resolvers(OPERATOR, &["10.6.0.2", "10.6.0.1"], &["b.example"]),
    ]);
    assert_eq!(servers(&merged), ["10.6.0.1", "10.6.0.2"]);
    assert_eq!(merged.search_domains, ["a.example", "b.example"]);
}

#[test]
fn overridden_search_domains_end_what_is_below() {
    let mut top = resolvers(CONFIGURATION, &[], &["only.example"]);
    top.search_domains_overridden = true;
    let merged = one(vec![resolvers(PLATFORM, &["10.5.0.1"], &["a.example"]), top]);
    assert_eq!(merged.search_domains, ["only.example"]);
    assert_eq!(servers(&merged), ["10.5.0.1"]);
}

#[test]
fn encrypted_servers_fill_the_detailed_list() {
    let server = |addr: &str, protocol| NameServerSpec {
        addr: Some(ip(addr)),
        protocol,
        tls_server_name: if protocol == 0 { String::new() } else { "dns.example".into() },
    };
    let top = ResolverSpecSpec {
        name_servers: vec![server("9.9.9.9", 1), server("10.0.0.53", 0)],
        config_layer: CONFIGURATION,
        ..Default::default()
    };
    let merged = one(vec![resolvers(DEFAULT, &["1.1.1.1"], &[]), top]);
    assert_eq!(merged.name_servers.len(), 2);
    assert_eq!(servers(&merged), ["10.0.0.53"]);
}

#[test]
fn the_highest_hostname_that_says_something_counts_and_the_first_among_equals() {
    let name = |layer, hostname: &str| HostnameSpecSpec {
        hostname: hostname.into(),
        domainname: String::new(),
        config_layer: layer,
    };
    let table: [(&[HostnameSpecSpec], &str); 3] = [
        (&[name(DEFAULT, "talos-abc-def"), name(PLATFORM, "cp"), name(CONFIGURATION, "")], "cp"),
        (&[name(OPERATOR, "first"), name(OPERATOR, "second")], "first"),
        (&[name(CONFIGURATION, "given"), name(OPERATOR, "leased")], "given"),
    ];
    for (wishes, want) in table {
        assert_eq!(one(wishes.to_vec()).hostname, want);
    }
}

#[test]
fn time_servers_of_one_layer_are_appended_and_a_higher_layer_replaces_them() {
    let spec = |layer, servers: &[&str], use_nts| TimeServerSpecSpec {
        ntp_servers: servers.iter().map(ToString::to_string).collect(),
        use_nts,
        config_layer: layer,
    };
    let merged =
        one(vec![spec(DEFAULT, &["d"], false), spec(OPERATOR, &["a"], true), spec(OPERATOR, &["b"], false)]);
    assert_eq!(merged.ntp_servers, ["a", "b"]);
    assert!(!merged.use_nts);
    assert_eq!(
        one(vec![spec(OPERATOR, &["a"], false), spec(CONFIGURATION, &["c"], true)]).ntp_servers,
        ["c"]
    );
}

#[test]
fn links_are_merged_field_by_field() {
    let low = LinkSpecSpec {
        name: "eth0".into(),
        up: true,
        mtu: 1500,
        config_layer: DEFAULT,
        ..Default::default()
    };
    let high = LinkSpecSpec {
        name: "eth0".into(),
        mtu: 9000,
        hardware_address: vec![2, 0, 0, 0, 0, 1],
        config_layer: CONFIGURATION,
        ..Default::default()
    };
    let merged = one(vec![high, low]);
    assert!(merged.up);
    assert_eq!((merged.mtu, merged.config_layer, merged.hardware_address.len()), (9000, CONFIGURATION, 6));
}

#[test]
fn later_operators_win_among_equals() {
    let spec = |layer, require_up| OperatorSpecSpec {
        link_name: "eth0".into(),
        require_up,
        config_layer: layer,
        ..Default::default()
    };
    assert!(one(vec![spec(PLATFORM, false), spec(PLATFORM, true)]).require_up);
    assert!(one(vec![spec(CONFIGURATION, true), spec(PLATFORM, false)]).require_up);
}

#[test]
fn equal_routes_of_bgp_become_one_with_several_hops() {
    let route = |gateway: &str, protocol| RouteSpecSpec {
        family: 2,
        table: 254,
        protocol,
        next_hops: vec![RouteNextHop { gateway: Some(ip(gateway)), ..Default::default() }],
        config_layer: OPERATOR,
        ..Default::default()
    };
    let hops = |protocol| one(vec![route("10.0.0.1", protocol), route("10.0.0.2", protocol)]).next_hops.len();
    assert_eq!(hops(186), 2);
    assert_eq!(hops(4), 1);
}

proptest! {
    #[test]
    fn the_order_in_which_wishes_arrive_does_not_matter(order in Just((0..5usize).collect::<Vec<_>>()).prop_shuffle()) {
        let wish = |layer: usize| AddressSpecSpec {
            address: Some(net::net_prefix("10.5.0.2/24".parse().unwrap())),
            link_name: "eth0".into(),
            priority: layer as u32,
            config_layer: layer as i32,
            ..Default::default()
        };
        let merged = merge_all(order.iter().map(|l| (format!("{l}/eth0"), wish(*l))));
        prop_assert_eq!(merged["eth0/10.5.0.2/24"].priority, 4);
    }
}
