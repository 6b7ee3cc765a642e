//! The other half of the way: what modules put into resources is read from them by others.

use std::collections::{BTreeMap, BTreeSet};

use config::effects::rows;
use regex::Regex;

use crate::sources::{Sources, root};

/// Fields of resources that are filled from configurations and that no program reads: each is another way to say what the
/// table calls without effect, or is there for clients only.
const FOR_NOBODY: [(&str, &str); 23] = [
    // No members by annotations of nodes; the list of endpoints says what the first of them does.
    ("machined::controllers::cluster::config", "registry_kubernetes_enabled"),
    ("machined::controllers::cluster::config", "registry_service_enabled"),
    ("machined::controllers::cluster::config", "service_endpoint"),
    ("machined::controllers::cluster::config", "service_endpoint_insecure"),
    // Empty: there are no labels.
    ("machined::controllers::files::cri", "selinux_label"),
    ("machined::controllers::files::user", "selinux_label"),
    // For clients; the program takes these from where they are made.
    ("machined::controllers::k8s::components::api_server", "advertised_address"),
    ("machined::controllers::k8s::components::api_server", "control_plane_endpoint"),
    ("machined::controllers::k8s::kubelet::nodename", "hostname_version"),
    ("machined::controllers::secrets::root_kubernetes", "aescbc_encryption_secret"),
    ("machined::controllers::secrets::root_kubernetes", "api_audiences"),
    ("machined::controllers::secrets::root_kubernetes", "issuer_url"),
    ("machined::controllers::secrets::root_kubernetes", "secretbox_encryption_secret"),
    // WireGuard, and options of bonds.
    ("networkd::link::config", "firewall_mark"),
    ("networkd::link::config", "listen_port"),
    ("networkd::link::config", "primary_index"),
    ("networkd::link::config", "private_key"),
    ("networkd::link::config", "tlb_dynamic_lb"),
    ("networkd::link::config", "use_carrier"),
    // DHCPv6 and shared addresses.
    ("networkd::operator::config", "dhcp6"),
    ("networkd::operator::config", "equinix_metal"),
    ("networkd::operator::config", "gratuitous_arp"),
    ("networkd::operator::config", "h_cloud"),
];

/// The fields of every spec, by its name.
fn specs() -> BTreeMap<String, BTreeSet<String>> {
    let structure = Regex::new(r"(?s)pub struct (\w+Spec) \{(.*?)\n\}").unwrap();
    let field = Regex::new(r"pub (?:r#)?(\w+):").unwrap();
    let mut specs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in std::fs::read_dir(root().join("proto/src/gen")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for found in structure.captures_iter(&text) {
            let fields = field.captures_iter(&found[2]).map(|field| field[1].to_owned());
            specs.entry(found[1].to_owned()).or_default().extend(fields);
        }
    }
    assert!(specs.len() > 200, "{}", specs.len());
    specs
}

#[test]
fn what_is_put_into_a_resource_is_read_by_somebody_or_known_to_be_read_by_nobody() {
    let (sources, specs) = (Sources::read(), specs());
    let set = Regex::new(r"\b(\w+):|\b\w+\.(\w+) = ").unwrap();
    let read = Regex::new(r"\.(?:r#)?(\w+)").unwrap();
    let reads: BTreeMap<&String, BTreeSet<&str>> = sources
        .programs()
        .map(|(file, text)| {
            let assigned = |end: usize| text[end..].starts_with(" = ");
            let names = read.captures_iter(text).filter_map(|found| found.get(1));
            (file, names.filter(|name| !assigned(name.end())).map(|name| name.as_str()).collect())
        })
        .collect();
    // The last module of a way is where the resource ends.
    let ways = rows().filter_map(|row| row.by.split_last());
    let modules: BTreeSet<&str> = ways.flat_map(|(_, before)| before).copied().collect();
    let mut nobody = BTreeSet::new();
    for module in modules {
        let text = sources.module(module);
        let named = sources.resources(module);
        let fields: BTreeSet<&str> =
            named.iter().filter_map(|spec| specs.get(*spec)).flatten().map(String::as_str).collect();
        let own = sources.file(module);
        for found in set.captures_iter(text) {
            let name = found.get(1).or(found.get(2)).unwrap().as_str();
            let others = || reads.iter().filter(|(file, _)| ***file != own);
            if fields.contains(name) && !others().any(|(_, names)| names.contains(name)) {
                nobody.insert((module, name.to_owned()));
            }
        }
    }
    let nobody: Vec<(&str, &str)> = nobody.iter().map(|(module, name)| (*module, name.as_str())).collect();
    assert_eq!(nobody, FOR_NOBODY, "is it carried out now, or has it no effect? the table has to say so");
}
