//! Plans against the kernel: what was applied is found again, so that a second plan is empty.

use std::sync::Arc;

use networkd::kernel::linux::{Netlink, NoDriver};
use networkd::kernel::{Kernel, snapshot};
use networkd::outcome::Outcome;
use networkd::{address, link, net, route, rule};
use proto::resource::enums::{NethelpersFamily, NethelpersRouteProtocol, NethelpersRouteType};
use proto::resource::network::{
    AddressSpecSpec, BridgeMasterSpec, BridgeSlave, BridgeVlanSpec, LinkSpecSpec, RouteNextHop,
    RouteSpecSpec, RoutingRuleSpecSpec, StpSpec, VethSpec, VlanSpec, VrfMasterSpec,
};

use crate::namespace::{in_new_namespace, ip};

fn kernel() -> Netlink {
    Netlink::open(Arc::new(NoDriver)).unwrap()
}

fn software(name: &str, kind: &str) -> LinkSpecSpec {
    LinkSpecSpec { name: name.into(), logical: true, up: true, kind: kind.into(), ..Default::default() }
}

fn veth(name: &str, peer: &str) -> LinkSpecSpec {
    LinkSpecSpec { veth: Some(VethSpec { peer_name: peer.into() }), ..software(name, "veth") }
}

fn on(link: &str, prefix: &str) -> AddressSpecSpec {
    AddressSpecSpec {
        address: Some(net::net_prefix(prefix.parse().unwrap())),
        link_name: link.into(),
        family: NethelpersFamily::FamilyInet4 as i32,
        ..Default::default()
    }
}

fn via(link: &str, dst: Option<&str>, gateway: Option<&str>) -> RouteSpecSpec {
    RouteSpecSpec {
        family: NethelpersFamily::FamilyInet4 as i32,
        destination: dst.map(|d| net::net_prefix(d.parse().unwrap())),
        gateway: gateway.map(|g| net::net_ip(g.parse().unwrap())),
        out_link_name: link.into(),
        table: 254,
        r#type: NethelpersRouteType::TypeUnicast as i32,
        protocol: NethelpersRouteProtocol::ProtocolStatic as i32,
        ..Default::default()
    }
}

/// Applies links and asserts that nothing is left to do.
async fn links_settle(kernel: &Netlink, wanted: &[LinkSpecSpec]) {
    let before = snapshot(kernel).await.unwrap();
    let report = link::apply::execute(&link::plan::plan(wanted, &[], &before), &before, kernel).await;
    assert_eq!(report.failures().collect::<Vec<_>>(), []);
    let again = link::plan::plan(wanted, &[], &snapshot(kernel).await.unwrap());
    assert_eq!(again, link::plan::LinkPlan::default());
}

#[test]
fn pairs_bridges_and_their_members_are_made_and_found_again() {
    in_new_namespace("pairs_bridges_and_their_members_are_made_and_found_again", || async {
        let kernel = kernel();
        let member = LinkSpecSpec {
            bridge_slave: Some(BridgeSlave { master_name: "br0".into() }),
            mtu: 1400,
            hardware_address: vec![2, 0, 0, 0, 0, 9],
            ..veth("vb", "va")
        };
        let bridge = LinkSpecSpec {
            bridge_master: Some(BridgeMasterSpec {
                stp: Some(StpSpec { enabled: true }),
                vlan: Some(BridgeVlanSpec { filtering_enabled: false }),
            }),
            ..software("br0", "bridge")
        };
        let lo = LinkSpecSpec { name: "lo".into(), up: true, ..Default::default() };
        let mut wanted = vec![lo, veth("va", "vb"), member, bridge];
        links_settle(&kernel, &wanted).await;
        let now = snapshot(&kernel).await.unwrap();
        assert_eq!(now.links["vb"].status.mtu, 1400);
        assert_eq!(now.links["vb"].status.slave_kind, "bridge");
        assert_eq!(now.links["br0"].status.kind, "bridge");
        assert!(now.links["lo"].is_up() && now.links["va"].status.link_state);

        // Options of a living bridge change, and its member is freed.
        wanted[3].bridge_master =
            Some(BridgeMasterSpec { stp: Some(StpSpec { enabled: false }), vlan: None });
        wanted[2].bridge_slave = None;
        wanted[2].up = false;
        links_settle(&kernel, &wanted).await;
        let now = snapshot(&kernel).await.unwrap();
        assert_eq!(now.links["vb"].status.master_index, 0);
        assert!(!now.links["vb"].is_up());

        // Withdrawn links go.
        let plan = link::plan::plan(&[], &wanted[1..], &now);
        link::apply::execute(&plan, &now, &kernel).await;
        let now = snapshot(&kernel).await.unwrap();
        assert_eq!(now.links.keys().filter(|n| ["va", "vb", "br0"].contains(&n.as_str())).count(), 0);
    });
}

#[test]
fn a_kind_that_the_kernel_lacks_is_reported_and_the_others_go_on() {
    in_new_namespace("a_kind_that_the_kernel_lacks_is_reported_and_the_others_go_on", || async {
        let kernel = kernel();
        let wanted = [software("x0", "nosuchkind"), veth("va", "vb"), veth("vb", "va")];
        let before = snapshot(&kernel).await.unwrap();
        let report = link::apply::execute(&link::plan::plan(&wanted, &[], &before), &before, &kernel).await;
        let failures: Vec<_> = report.failures().collect();
        assert!(
            matches!(failures[..], [("x0", reason)] if reason.contains("no nosuchkind links")),
            "{failures:?}"
        );
        assert_eq!(report.0["va"], Outcome::Created);
        assert!(snapshot(&kernel).await.unwrap().links["vb"].is_up());
    });
}

#[test]
fn kinds_that_may_be_missing_work_or_say_what_is_missing() {
    in_new_namespace("kinds_that_may_be_missing_work_or_say_what_is_missing", || async {
        let kernel = kernel();
        ip("link add va type veth peer name vb");
        let vlan = VlanSpec { vid: 7, protocol: 0x8100 };
        let vlan = LinkSpecSpec { vlan: Some(vlan), parent_name: "va".into(), ..software("va.7", "vlan") };
        let vrf = LinkSpecSpec { vrf_master: Some(VrfMasterSpec { table: 77 }), ..software("vrf0", "vrf") };
        let bond = LinkSpecSpec {
            bond_master: Some(proto::resource::network::BondMasterSpec {
                mode: 1,
                mii_mon: 100,
                ..Default::default()
            }),
            ..software("bond0", "bond")
        };
        let wireguard = software("wg0", "wireguard");
        for wanted in [vlan, vrf, bond, wireguard, software("dummy0", "dummy")] {
            let wanted = [wanted];
            let before = snapshot(&kernel).await.unwrap();
            let report =
                link::apply::execute(&link::plan::plan(&wanted, &[], &before), &before, &kernel).await;
            match report.failures().next() {
                Some((_, reason)) => {
                    let kind = &wanted[0].kind;
                    assert!(reason.contains(&format!("the kernel has no {kind} links")), "{reason}");
                    eprintln!("SKIPPED {kind}: {reason}");
                }
                None => links_settle(&kernel, &wanted).await,
            }
        }
    });
}

#[test]
fn a_link_from_outside_is_not_replaced() {
    in_new_namespace("a_link_from_outside_is_not_replaced", || async {
        let kernel = kernel();
        let wanted = [software("lo", "bridge")];
        let before = snapshot(&kernel).await.unwrap();
        let report = link::apply::execute(&link::plan::plan(&wanted, &[], &before), &before, &kernel).await;
        assert!(report.has_failed("lo"));
        assert!(snapshot(&kernel).await.unwrap().links.contains_key("lo"));
    });
}

#[test]
fn addresses_routes_and_rules_are_found_again() {
    in_new_namespace("addresses_routes_and_rules_are_found_again", || async {
        let kernel = kernel();
        ip("link add va type veth peer name vb");
        ip("link set lo up");
        ip("link set vb up");
        ip("link set va up");
        let six = |prefix: &str| AddressSpecSpec {
            family: NethelpersFamily::FamilyInet6 as i32,
            flags: 2,
            ..on("va", prefix)
        };
        let addresses = [
            on("va", "10.9.0.2/24"),
            on("va", "10.9.8.1/32"),
            six("fd00:9::2/64"),
            on("lo", "169.254.116.108/32"),
        ];
        let before = snapshot(&kernel).await.unwrap();
        let plan = address::plan::plan(&addresses, &[], &before);
        let report = address::apply::execute(&plan, &before, &kernel).await;
        assert_eq!(report.failures().collect::<Vec<_>>(), []);
        assert!(report.0.values().all(|o| *o == Outcome::Created));
        let now = snapshot(&kernel).await.unwrap();
        assert_eq!(address::plan::plan(&addresses, &[], &now), address::plan::AddressPlan::default());

        let mut six = via("va", Some("fd00:99::/64"), Some("fd00:9::1"));
        six.family = NethelpersFamily::FamilyInet6 as i32;
        let mut multipath = via("", Some("10.77.0.0/16"), None);
        let hop = |gateway: &str, weight| RouteNextHop {
            gateway: Some(net::net_ip(gateway.parse().unwrap())),
            out_link_name: "va".into(),
            weight,
        };
        multipath.next_hops = vec![hop("10.9.0.3", 1), hop("10.9.0.4", 5)];
        let blackhole = RouteSpecSpec { r#type: 6, priority: 50, ..via("", Some("10.66.0.0/16"), None) };
        let link_scope = RouteSpecSpec { scope: 253, ..via("va", Some("10.55.0.1/32"), None) };
        let other_table = RouteSpecSpec { table: 180, mtu: 1300, ..via("va", None, Some("10.9.0.1")) };
        // Two default routes of the same priority, as two links with DHCP have them, stand side by side.
        let routes = [
            via("va", None, Some("10.9.0.1")),
            via("va", None, Some("10.9.0.7")),
            via("va", None, Some("10.9.0.3")),
            RouteSpecSpec { priority: 1024, mtu: 1400, ..via("va", Some("10.44.3.9/16"), Some("10.9.0.1")) },
            RouteSpecSpec {
                source: Some(net::net_ip("10.9.0.2".parse().unwrap())),
                ..via("va", Some("10.45.0.0/16"), Some("10.55.0.1"))
            },
            link_scope,
            six,
            multipath,
            blackhole,
            other_table,
        ];
        let plan = route::plan::plan(&routes, &[], &now);
        let report = route::apply::execute(&plan, &now, &kernel).await;
        assert_eq!(report.failures().collect::<Vec<_>>(), []);
        let now = snapshot(&kernel).await.unwrap();
        assert_eq!(route::plan::plan(&routes, &[], &now), route::plan::RoutePlan::default());

        // A wish that changes takes the place of its earlier form.
        let mut routes = routes;
        routes[1].mtu = 1380;
        let plan = route::plan::plan(&routes, &[], &now);
        assert_eq!(plan.steps.len(), 2);
        route::apply::execute(&plan, &now, &kernel).await;
        let now = snapshot(&kernel).await.unwrap();
        assert_eq!(route::plan::plan(&routes, &[], &now), route::plan::RoutePlan::default());
        assert_eq!(now.routes.iter().filter(|r| r.destination.is_none() && r.table == 254).count(), 3);

        let rules = [
            RoutingRuleSpecSpec {
                family: 2,
                priority: 32500,
                table: 180,
                action: 1,
                fw_mark: 0x40,
                fw_mask: 0x60,
                ..Default::default()
            },
            RoutingRuleSpecSpec {
                family: 10,
                priority: 700,
                action: 7,
                src: Some(net::net_prefix("fd00:9::/64".parse().unwrap())),
                iif_name: "va".into(),
                ..Default::default()
            },
        ];
        let plan = rule::plan::plan(&rules, &[], &now);
        let report = rule::apply::execute(&plan, &kernel).await;
        assert_eq!(report.failures().collect::<Vec<_>>(), []);
        let now = snapshot(&kernel).await.unwrap();
        assert_eq!(rule::plan::plan(&rules, &[], &now), []);

        // Everything goes again when it is withdrawn, also what is gone already.
        ip("route del 10.66.0.0/16");
        let steps = rule::plan::plan(&[], &rules, &now);
        assert_eq!(rule::apply::execute(&steps, &kernel).await.failures().count(), 0);
        let plan = route::plan::plan(&[], &routes, &now);
        assert_eq!(plan.steps.len(), routes.len());
        assert_eq!(route::apply::execute(&plan, &now, &kernel).await.failures().collect::<Vec<_>>(), []);
        let plan = address::plan::plan(&[], &addresses, &now);
        assert_eq!(address::apply::execute(&plan, &now, &kernel).await.failures().collect::<Vec<_>>(), []);
        let now = snapshot(&kernel).await.unwrap();
        assert!(!now.addresses.iter().any(|a| addresses.iter().any(|s| s.address == a.address)));
        assert!(!now.routes.iter().any(|r| r.table == 180));
        assert_eq!(kernel.rules().await.unwrap().iter().filter(|r| r.priority == 32500).count(), 0);
    });
}
