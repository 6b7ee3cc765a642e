//! The network's section.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::super::text::{HostName, UNDERSCORE, host_name, is_host_port};
use super::super::{Context, at};
use crate::documents::v1alpha1::{Device, MachineConfig, NetworkDeviceSelector, RouteSection, VIPSection};
use crate::value::is_base64_key;
use crate::yaml::Path;

pub(super) fn validate(machine: &MachineConfig, cx: &mut Context<'_>) {
    let Some(network) = &machine.network else { return };
    let path = at!["machine", "network"];
    if !network.hostname.is_empty() {
        let path = path.join("hostname");
        match host_name(&network.hostname) {
            HostName::Fine => {}
            HostName::Underscore => cx.warn("hostname-underscore", path, UNDERSCORE),
            HostName::Wrong => {
                let message =
                    format!("{:?} is not a host name: letters, digits, '-' and '.'", network.hostname);
                cx.error("hostname", path, message);
            }
        }
    }
    for (index, server) in network.nameservers.iter().enumerate() {
        if server.parse::<IpAddr>().is_err() {
            let message = format!("{server:?} is not an IP address");
            cx.error("nameserver-address", path.join("nameservers").join(index), message);
        }
    }
    for (index, host) in network.extra_host_entries.iter().enumerate() {
        if host.ip.parse::<IpAddr>().is_err() {
            let message = format!("{:?} is not an IP address", host.ip);
            cx.error("extra-host-address", path.join("extraHostEntries").join(index).join("ip"), message);
        }
    }
    let mut owners = BTreeMap::new();
    for (index, device) in network.interfaces.iter().enumerate() {
        self::device(device, &path.join("interfaces").join(index), cx);
        members(device, &path.join("interfaces").join(index), &mut owners, cx);
    }
    for (index, device) in network.interfaces.iter().enumerate() {
        port(device, &path.join("interfaces").join(index), &mut owners, cx);
    }
    enslaved(&network.interfaces, &owners, cx);
    if let Some(kubespan) = &network.kubespan {
        let path = path.join("kubespan");
        if kubespan.mtu.is_some_and(|mtu| mtu != 0 && mtu < 1280) {
            cx.error("kubespan-mtu", path.join("mtu"), "the mtu must be at least 1280");
        }
        let filters = kubespan.filters.clone().unwrap_or_default();
        let path = path.join("filters");
        for (index, filter) in filters.endpoints.iter().enumerate() {
            if !super::super::text::is_subnet_filter(filter) {
                let message = format!("{filter:?} is not a network such as 10.0.0.0/8 or !10.1.0.0/16");
                cx.error("kubespan-filter", path.join("endpoints").join(index), message);
            }
        }
        for (index, network) in filters.exclude_advertised_networks.iter().enumerate() {
            if network.parse::<IpNet>().is_err() {
                let message = format!("{network:?} is not a network such as 10.0.0.0/8");
                cx.error("kubespan-filter", path.join("excludeAdvertisedNetworks").join(index), message);
            }
        }
    }
}

fn device(device: &Device, path: &Path, cx: &mut Context<'_>) {
    match (&device.device_selector, device.interface.is_empty()) {
        (None, true) => {
            cx.error("interface-or-selector", path.clone(), "a link needs interface or deviceSelector");
        }
        (Some(_), false) => {
            let message = "interface and deviceSelector cannot both be set";
            cx.error("interface-or-selector", path.join("deviceSelector"), message);
        }
        (Some(selector), true) if *selector == NetworkDeviceSelector::default() => {
            let message = "the selector is empty: it would select any link";
            cx.error("interface-selector-empty", path.join("deviceSelector"), message);
        }
        _ => {}
    }
    if device.bond.is_some() && device.bridge.is_some() {
        cx.error("interface-bond-and-bridge", path.join("bridge"), "a link cannot be a bond and a bridge");
    }
    addresses(&device.addresses, &device.cidr, path, cx);
    device.routes.iter().enumerate().for_each(|(index, r)| route(r, &path.join("routes").join(index), cx));
    if let Some(bond) = &device.bond {
        super::bond::validate(bond, &path.join("bond"), cx);
    }
    if let Some(section) = &device.vip {
        vip(section, &path.join("vip"), cx);
    }
    for (index, vlan) in device.vlans.iter().enumerate() {
        let path = path.join("vlans").join(index);
        addresses(&vlan.addresses, &vlan.cidr, &path, cx);
        vlan.routes.iter().enumerate().for_each(|(index, r)| route(r, &path.join("routes").join(index), cx));
        if let Some(section) = &vlan.vip {
            vip(section, &path.join("vip"), cx);
        }
    }
    if let Some(wireguard) = &device.wireguard {
        let path = path.join("wireguard");
        if !is_base64_key(wireguard.private_key.expose(), 32) {
            cx.error("wireguard-key", path.join("privateKey"), "the private key must be base64 of 32 bytes");
        }
        for (index, peer) in wireguard.peers.iter().enumerate() {
            let path = path.join("peers").join(index);
            if !is_base64_key(&peer.public_key, 32) {
                cx.error(
                    "wireguard-key",
                    path.join("publicKey"),
                    "the public key must be base64 of 32 bytes",
                );
            }
            if !peer.endpoint.is_empty() && !is_host_port(&peer.endpoint) {
                let message = format!("{:?} is not host and port", peer.endpoint);
                cx.error("wireguard-endpoint", path.join("endpoint"), message);
            }
            for (index, network) in peer.allowed_ips.iter().enumerate() {
                if network.parse::<IpNet>().is_err() {
                    let message = format!("{network:?} is not a network such as 10.0.0.0/24");
                    cx.error("wireguard-allowed-ip", path.join("allowedIPs").join(index), message);
                }
            }
        }
    }
}

fn addresses(list: &[String], cidr: &str, path: &Path, cx: &mut Context<'_>) {
    let valid = |text: &str| text.parse::<IpNet>().is_ok() || text.parse::<IpAddr>().is_ok();
    for (index, address) in list.iter().enumerate() {
        if !valid(address) {
            let message = format!("{address:?} is not an address such as 10.0.0.2/24");
            cx.error("interface-address", path.join("addresses").join(index), message);
        }
    }
    if cidr.is_empty() {
        return;
    }
    cx.warn("cidr-deprecated", path.join("cidr"), "cidr is deprecated; use addresses");
    if !list.is_empty() {
        cx.error("cidr-and-addresses", path.join("cidr"), "cidr and addresses cannot both be set");
    } else if !valid(cidr) {
        let message = format!("{cidr:?} is not an address such as 10.0.0.2/24");
        cx.error("interface-address", path.join("cidr"), message);
    }
}

fn route(route: &RouteSection, path: &Path, cx: &mut Context<'_>) {
    if route.network.is_empty() && route.gateway.is_empty() {
        cx.error("route-empty", path.clone(), "a route needs a network, a gateway or both");
    }
    if !route.network.is_empty() && route.network.parse::<IpNet>().is_err() {
        let message = format!("{:?} is not a network such as 10.0.0.0/8", route.network);
        cx.error("route-network", path.join("network"), message);
    }
    for (key, text, rule) in
        [("gateway", &route.gateway, "route-gateway"), ("source", &route.source, "route-source")]
    {
        if !text.is_empty() && text.parse::<IpAddr>().is_err() {
            cx.error(rule, path.join(key), format!("{text:?} is not an IP address"));
        }
    }
}

fn vip(section: &VIPSection, path: &Path, cx: &mut Context<'_>) {
    if section.ip.parse::<IpAddr>().is_err() {
        cx.error("vip-address", path.join("ip"), format!("{:?} is not an IP address", section.ip));
    }
    if cx.config.machine_type() == Some(crate::documents::v1alpha1::MachineType::Worker) {
        cx.error("worker-vip", path.clone(), "shared addresses are for control planes only");
    }
}

/// Notes which links a bond or bridge takes, and refuses one that is taken twice.
fn members(device: &Device, path: &Path, owners: &mut BTreeMap<String, String>, cx: &mut Context<'_>) {
    let bond = device.bond.iter().map(|bond| ("bond", &bond.interfaces));
    let bridge = device.bridge.iter().map(|bridge| ("bridge", &bridge.interfaces));
    for (key, names) in bond.chain(bridge) {
        for (index, name) in names.iter().enumerate() {
            // The same link may name it twice.
            let same = |owner: &String| *owner == device.interface && !owner.is_empty();
            if let Some(owner) = owners.get(name).filter(|owner| !same(owner)) {
                let message = format!("{name:?} is already part of {owner:?}");
                cx.error("interface-member-twice", path.join(key).join("interfaces").join(index), message);
            } else {
                owners.insert(name.clone(), device.interface.clone());
            }
        }
    }
}

/// Notes a link that joins a bridge by itself.
fn port(device: &Device, path: &Path, owners: &mut BTreeMap<String, String>, cx: &mut Context<'_>) {
    let Some(bridge) = device.bridge_port.as_ref().map(|port| &port.master).filter(|name| !name.is_empty())
    else {
        return;
    };
    match owners.get(&device.interface) {
        _ if device.interface.is_empty() => {}
        // The bridge lists it too.
        Some(owner) if owner == bridge => {}
        Some(owner) => {
            let message = format!("{:?} is already part of {owner:?}", device.interface);
            cx.error("interface-member-twice", path.join("bridgePort").join("master"), message);
        }
        None => {
            owners.insert(device.interface.clone(), bridge.clone());
        }
    }
}

/// A link that is part of another has no addresses of its own.
fn enslaved(devices: &[Device], owners: &BTreeMap<String, String>, cx: &mut Context<'_>) {
    for (index, device) in devices.iter().enumerate() {
        let Some(owner) = owners.get(&device.interface) else { continue };
        let addressed = !device.addresses.is_empty()
            || !device.cidr.is_empty()
            || device.dhcp == Some(true)
            || device.vip.is_some();
        if addressed {
            let message =
                format!("{:?} is part of {owner:?} and cannot have addresses of its own", device.interface);
            cx.error("interface-member-addressed", at!["machine", "network", "interfaces", index], message);
        }
    }
}
