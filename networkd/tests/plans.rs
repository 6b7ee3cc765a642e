//! Properties of the plans: whatever is wished for and whatever is there, applying a plan once settles it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

use ipnet::IpNet;
use networkd::kernel::fake::{FakeKernel, card};
use networkd::kernel::{Kernel, Link};
use networkd::outcome::Outcome;
use networkd::{address, id, link, net, route, rule};
use proptest::collection::vec;
use proptest::prelude::*;
use proto::resource::network::{
    AddressSpecSpec, BondMasterSpec, BondSlave, BridgeMasterSpec, BridgeSlave, LinkSpecSpec, RouteSpecSpec,
    RoutingRuleSpecSpec, StpSpec, VethSpec, VlanSpec, VrfMasterSpec, VrfSlave,
};

fn block<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Cards, two of them up, and a bridge that a pod network made with a card in it.
fn kernel() -> FakeKernel {
    let mut links: Vec<Link> = (0..4u32).map(|n| card(&format!("eth{n}"), n + 2)).collect();
    let mut cni = card("cni0", 10);
    cni.status.kind = "bridge".into();
    cni.status.bridge_master = Some(BridgeMasterSpec::default());
    links[3].status.master_index = 10;
    links[0].status.flags = 1;
    links[1].status.flags = 1;
    links.push(cni);
    FakeKernel::with_links(links)
}

/// One wish for a link, drawn from a small set of names so that wishes meet.
fn link_spec() -> impl Strategy<Value = LinkSpecSpec> {
    let physical = (0..4u32, any::<bool>(), 0..3u32, 0..5u32).prop_map(|(n, up, mtu, master)| LinkSpecSpec {
        name: format!("eth{n}"),
        up,
        mtu: [0, 1400, 9000][mtu as usize],
        bond_slave: (master == 1).then(|| BondSlave { master_name: "bond0".into(), slave_index: 0 }),
        bridge_slave: (master == 2).then(|| BridgeSlave { master_name: "br0".into() }),
        vrf_slave: (master == 3).then(|| VrfSlave { master_name: "vrf0".into() }),
        ..Default::default()
    });
    let software = (0..7usize, any::<bool>(), 1..4u32, any::<bool>()).prop_map(|(kind, up, number, flag)| {
        let (name, kind) = [
            ("bond0", "bond"),
            ("br0", "bridge"),
            ("vrf0", "vrf"),
            ("eth0.7", "vlan"),
            ("veth0", "veth"),
            ("veth1", "veth"),
            ("d0", "dummy"),
        ][kind];
        LinkSpecSpec {
            name: name.into(),
            kind: kind.into(),
            logical: true,
            up,
            parent_name: if kind == "vlan" { "eth0".into() } else { String::new() },
            vlan: (kind == "vlan").then_some(VlanSpec { vid: number, protocol: 0x8100 }),
            vrf_master: (kind == "vrf").then_some(VrfMasterSpec { table: number as i32 }),
            bond_master: (kind == "bond").then(|| BondMasterSpec {
                mode: number as i32,
                mii_mon: 100 * number,
                ..Default::default()
            }),
            bridge_master: (kind == "bridge")
                .then_some(BridgeMasterSpec { stp: Some(StpSpec { enabled: flag }), vlan: None }),
            veth: (kind == "veth")
                .then(|| VethSpec { peer_name: if name == "veth0" { "veth1" } else { "veth0" }.into() }),
            ..Default::default()
        }
    });
    prop_oneof![physical, software]
}

/// Wishes, one for each link.
fn link_specs() -> impl Strategy<Value = Vec<LinkSpecSpec>> {
    vec(link_spec(), 0..10).prop_map(|mut specs| {
        specs.sort_by(|a, b| a.name.cmp(&b.name));
        specs.dedup_by(|a, b| a.name == b.name);
        // Both ends of a pair are wished for together, as the configuration does.
        let ends: Vec<_> = specs.iter().filter(|s| s.kind == "veth").cloned().collect();
        if let [end] = &ends[..] {
            let mut other = end.clone();
            other.name = end.veth.as_ref().unwrap().peer_name.clone();
            other.veth = Some(VethSpec { peer_name: end.name.clone() });
            specs.push(other);
        }
        specs
    })
}

async fn apply_links(
    kernel: &FakeKernel,
    wanted: &[LinkSpecSpec],
    unwanted: &[LinkSpecSpec],
) -> link::plan::LinkPlan {
    let before = kernel.now();
    let plan = link::plan::plan(wanted, unwanted, &before);
    let report = link::apply::execute(&plan, &before, kernel).await;
    assert_eq!(report.failures().collect::<Vec<_>>(), []);
    plan
}

fn prefix() -> impl Strategy<Value = IpNet> {
    (0..3u8, 1..4u8, prop_oneof![Just(16u8), Just(24), Just(32)])
        .prop_map(|(a, b, len)| IpNet::new([10, a, 0, b].into(), len).unwrap())
}

fn address_specs() -> impl Strategy<Value = Vec<AddressSpecSpec>> {
    let spec = (0..6u32, prefix(), prop_oneof![Just(0), Just(254)], 0..3u32, any::<bool>()).prop_map(
        |(link, prefix, scope, priority, no_route)| AddressSpecSpec {
            address: Some(net::net_prefix(prefix)),
            link_name: format!("eth{link}"),
            family: 2,
            scope,
            priority,
            flags: if no_route { 0x200 } else { 0 },
            ..Default::default()
        },
    );
    vec(spec, 0..8).prop_map(|mut specs| {
        specs.sort_by_key(id::address_spec);
        specs.dedup_by_key(|s| id::address_spec(s));
        specs
    })
}

fn route_specs() -> impl Strategy<Value = Vec<RouteSpecSpec>> {
    let spec = (0..6u32, proptest::option::of(prefix()), any::<bool>(), 0..3u32, 0..3u32).prop_map(
        |(link, dst, gateway, priority, table)| RouteSpecSpec {
            family: 2,
            destination: dst.map(net::net_prefix),
            gateway: gateway.then(|| net::net_ip([10, 0, 0, link as u8].into())),
            out_link_name: format!("eth{link}"),
            priority,
            table: [0, 254, 180][table as usize],
            scope: if gateway { 0 } else { 253 },
            protocol: 4,
            ..Default::default()
        },
    );
    vec(spec, 0..8).prop_map(|mut specs| {
        specs.sort_by_key(|s| id::route_spec(&route::plan::normalized(s)));
        specs.dedup_by_key(|s| id::route_spec(&route::plan::normalized(s)));
        specs
    })
}

fn rule_specs() -> impl Strategy<Value = Vec<RoutingRuleSpecSpec>> {
    let spec = (1..4u32, 0..3i32, 0..3u32, proptest::option::of(prefix())).prop_map(
        |(priority, table, mark, src)| RoutingRuleSpecSpec {
            family: 2,
            priority,
            table,
            fw_mark: mark,
            src: src.map(|s| net::net_prefix(s.trunc())),
            ..Default::default()
        },
    );
    vec(spec, 0..6).prop_map(|mut specs| {
        specs.sort_by_key(id::rule_spec);
        specs.dedup_by_key(|s| id::rule_spec(s));
        specs
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_second_plan_of_links_is_empty(first in link_specs(), second in link_specs()) {
        block(async {
            let kernel = kernel();
            apply_links(&kernel, &first, &[]).await;
            let waiting = link::plan::plan(&first, &[], &kernel.now());
            prop_assert_eq!(waiting.steps, vec![]);

            // The wishes change: what is withdrawn is undone, and again one plan is enough.
            apply_links(&kernel, &second, &first).await;
            let again = link::plan::plan(&second, &first, &kernel.now());
            prop_assert_eq!(again.steps, vec![]);

            // Strangers' links are as they were.
            let now = kernel.now();
            prop_assert!(now.links.contains_key("cni0"));
            if !first.iter().chain(&second).any(|s| s.name == "eth3") {
                prop_assert_eq!(now.links["eth3"].status.master_index, 10);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_second_plan_of_addresses_is_empty(first in address_specs(), second in address_specs()) {
        block(async {
            let kernel = kernel();
            for (wanted, unwanted) in [(&first, &Vec::new()), (&second, &first)] {
                let before = kernel.now();
                let plan = address::plan::plan(wanted, unwanted, &before);
                address::apply::execute(&plan, &before, &kernel).await;
                prop_assert_eq!(address::plan::plan(wanted, unwanted, &kernel.now()).steps, vec![]);
            }
            let there = second.iter().filter(|s| kernel.now().links.contains_key(&s.link_name)).count();
            prop_assert_eq!(kernel.now().addresses.len(), there);
            Ok(())
        })?;
    }

    #[test]
    fn a_second_plan_of_routes_is_empty(first in route_specs(), second in route_specs()) {
        block(async {
            let kernel = kernel();
            for (wanted, unwanted) in [(&first, &Vec::new()), (&second, &first)] {
                let before = kernel.now();
                let plan = route::plan::plan(wanted, unwanted, &before);
                route::apply::execute(&plan, &before, &kernel).await;
                prop_assert_eq!(route::plan::plan(wanted, unwanted, &kernel.now()).steps, vec![]);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_second_plan_of_rules_is_empty(first in rule_specs(), second in rule_specs()) {
        block(async {
            let kernel = kernel();
            for (wanted, unwanted) in [(&first, &Vec::new()), (&second, &first)] {
                let steps = rule::plan::plan(wanted, unwanted, &kernel.now());
                rule::apply::execute(&steps, &kernel).await;
                prop_assert_eq!(rule::plan::plan(wanted, unwanted, &kernel.now()), vec![]);
            }
            prop_assert_eq!(kernel.now().rules.len(), second.len());
            Ok(())
        })?;
    }
}

fn outcomes(kernel: &FakeKernel, wanted: &[AddressSpecSpec]) -> Vec<Outcome> {
    block(async {
        let before = kernel.now();
        let plan = address::plan::plan(wanted, &[], &before);
        address::apply::execute(&plan, &before, kernel).await.0.into_values().collect()
    })
}

#[test]
fn applying_says_whether_it_created_changed_or_found_everything_in_place() {
    let kernel = kernel();
    let mut wanted = [AddressSpecSpec {
        address: Some(net::net_prefix("10.5.0.2/24".parse().unwrap())),
        link_name: "eth0".into(),
        ..Default::default()
    }];
    assert_eq!(outcomes(&kernel, &wanted), [Outcome::Created]);
    assert_eq!(outcomes(&kernel, &wanted), []);
    wanted[0].priority = 7;
    assert_eq!(outcomes(&kernel, &wanted), [Outcome::Changed]);
    wanted[0].link_name = "eth9".into();
    assert!(matches!(outcomes(&kernel, &wanted)[..], [Outcome::Waiting(_)]));
}

#[test]
fn a_failed_link_does_not_keep_the_others() {
    block(async {
        let mut kernel = kernel();
        kernel.missing_kinds = vec!["bond"];
        let spec = |name: &str, kind: &str| LinkSpecSpec {
            name: name.into(),
            kind: kind.into(),
            logical: !kind.is_empty(),
            up: true,
            ..Default::default()
        };
        let member = LinkSpecSpec {
            bond_slave: Some(BondSlave { master_name: "bond0".into(), slave_index: 0 }),
            ..spec("eth1", "")
        };
        let wanted = [spec("bond0", "bond"), member, spec("eth2", ""), spec("d0", "dummy")];
        let before = kernel.now();
        let plan = link::plan::plan(&wanted, &[], &before);
        let report = link::apply::execute(&plan, &before, &kernel).await;
        let failed: Vec<_> = report.failures().map(|(id, _)| id).collect();
        assert_eq!(failed, ["bond0", "eth1"]);
        assert_eq!(kernel.links().await.unwrap().iter().filter(|l| l.is_up()).count(), 4 - 1);
        assert!(kernel.now().links["eth2"].is_up() && kernel.now().links["d0"].is_up());
    });
}
