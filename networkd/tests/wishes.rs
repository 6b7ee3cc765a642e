//! From texts of configuration to wishes: each case is a machine configuration in `wishes/`, its outcome a golden
//! file beside it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

use std::fmt::Write;
use std::sync::Arc;

use networkd::inputs::Inputs;
use networkd::kernel::fake::card;
use networkd::machine::Machine;
use networkd::wishes::{Wishes, identified};
use networkd::{configuration, id, net};

/// A machine with two cards, one of which has a second name.
fn inputs(config: Option<&str>, container: bool) -> Inputs {
    let mut first = card("enp0s1", 2);
    first.status.alt_names = vec!["net0".into()];
    let mut second = card("enp0s2", 3);
    second.status.driver = "virtio_net".into();
    let machine = config.map(|text| {
        let config = config::Config::decode("test", text.as_bytes()).expect("a valid configuration");
        Arc::new(Machine::of(&config))
    });
    Inputs {
        machine,
        links: [first, second].into_iter().map(|l| (l.name.clone(), l)).collect(),
        node_id: Some("abc".into()),
        default_address: "10.5.0.2".parse().ok(),
        domain: "example.org".into(),
        container,
        ipv6: true,
        ..Inputs::default()
    }
}

/// The wishes, a line each, with what matters of them.
fn render(wishes: &Wishes) -> String {
    let mut text = String::new();
    for (id, l) in identified(wishes.links.clone(), "") {
        write!(text, "link {id} up={}", l.up).unwrap();
        if l.logical {
            write!(text, " kind={}", l.kind).unwrap();
        }
        if l.mtu != 0 {
            write!(text, " mtu={}", l.mtu).unwrap();
        }
        if !l.parent_name.is_empty() {
            write!(text, " parent={}", l.parent_name).unwrap();
        }
        if !l.hardware_address.is_empty() {
            write!(text, " mac={}", net::mac_text(&l.hardware_address)).unwrap();
        }
        if let Some(v) = &l.vlan {
            write!(text, " vlan={}/{:#x}", v.vid, v.protocol).unwrap();
        }
        if let Some(b) = &l.bond_master {
            write!(text, " bond=mode {} miimon {} hash {}", b.mode, b.mii_mon, b.hash_policy).unwrap();
        }
        if let Some(b) = &l.bridge_master {
            let stp = b.stp.as_ref().map(|s| s.enabled);
            write!(text, " bridge=stp {stp:?} vlans {:?}", b.vlan.as_ref().map(|v| v.filtering_enabled))
                .unwrap();
        }
        if let Some(v) = &l.vrf_master {
            write!(text, " vrf={}", v.table).unwrap();
        }
        if let Some(v) = &l.veth {
            write!(text, " peer={}", v.peer_name).unwrap();
        }
        if let Some(s) = &l.bond_slave {
            write!(text, " slave of {} as {}", s.master_name, s.slave_index).unwrap();
        }
        if let Some(s) = &l.bridge_slave {
            write!(text, " port of {}", s.master_name).unwrap();
        }
        if let Some(s) = &l.vrf_slave {
            write!(text, " in {}", s.master_name).unwrap();
        }
        if let Some(w) = &l.wireguard {
            write!(text, " wireguard port {} peers {}", w.listen_port, w.peers.len()).unwrap();
        }
        text.push('\n');
    }
    for (id, a) in identified(wishes.addresses.clone(), "") {
        writeln!(text, "address {id} scope={} priority={}", a.scope, a.priority).unwrap();
    }
    for (id, r) in identified(wishes.routes.clone(), "") {
        let source = net::ip(&r.source).map(|ip| format!(" source={ip}")).unwrap_or_default();
        writeln!(
            text,
            "route {id} dev={} scope={} type={} mtu={}{source}",
            r.out_link_name, r.scope, r.r#type, r.mtu
        )
        .unwrap();
    }
    for (id, r) in identified(wishes.rules.clone(), "") {
        let table = id::table_text(r.table);
        writeln!(text, "rule {id} table={table} action={} mark={:#x}/{:#x}", r.action, r.fw_mark, r.fw_mask)
            .unwrap();
    }
    for (id, h) in identified(wishes.hostnames.clone(), "") {
        writeln!(text, "hostname {id} {:?} {:?}", h.hostname, h.domainname).unwrap();
    }
    for (id, r) in identified(wishes.resolvers.clone(), "") {
        let servers: Vec<_> = networkd::resolver::merge::servers(&r)
            .iter()
            .map(|s| format!("{}/{}", net::ip(&s.addr).unwrap(), s.protocol))
            .collect();
        let overridden = if r.search_domains_overridden { " alone" } else { "" };
        writeln!(text, "resolver {id} {servers:?} search {:?}{overridden}", r.search_domains).unwrap();
    }
    for (id, t) in identified(wishes.time_servers.clone(), "") {
        writeln!(text, "timeserver {id} {:?} nts={}", t.ntp_servers, t.use_nts).unwrap();
    }
    for (id, o) in identified(wishes.operators.clone(), "") {
        let metric = o.dhcp4.as_ref().map(|d| d.route_metric);
        writeln!(text, "operator {id} metric={metric:?}").unwrap();
    }
    for (id, p) in identified(wishes.probes.clone(), "") {
        writeln!(text, "probe {id} threshold={}", p.failure_threshold).unwrap();
    }
    text
}

fn outcome(config: Option<&str>, container: bool) -> String {
    let inputs = inputs(config, container);
    let dns = networkd::dns::config::spec(&inputs);
    let listening: Vec<_> =
        dns.listen_addresses.iter().filter_map(net::ip_port).map(|a| a.to_string()).collect();
    let mut text = render(&configuration::wishes(&inputs));
    writeln!(text, "hostdns {listening:?} members={}", dns.resolve_member_names).unwrap();
    for (name, host) in configuration::static_hosts(&inputs) {
        let ips: Vec<_> = host.addresses.iter().filter_map(|a| net::ip_from_bytes(&a.ip)).collect();
        writeln!(text, "host {name} {ips:?}").unwrap();
    }
    text
}

#[test]
fn without_configuration_cards_get_their_address_by_dhcp() {
    insta::assert_snapshot!("unconfigured", outcome(None, false));
}

#[test]
fn in_a_container_no_link_is_configured_by_default() {
    insta::assert_snapshot!("container", outcome(None, true));
}

#[test]
fn documents_of_every_kind_of_link() {
    insta::assert_snapshot!("documents", outcome(Some(include_str!("wishes/documents.yaml")), false));
}

#[test]
fn the_older_network_section() {
    insta::assert_snapshot!("section", outcome(Some(include_str!("wishes/section.yaml")), false));
}
