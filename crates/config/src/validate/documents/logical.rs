//! Links made on top of others.

use super::super::{Context, at};
use super::link::common;
use crate::documents::network::{
    BondConfig, BondMode, BridgeConfig, VLANConfig, VRFConfig, VethConfig, WireguardConfig,
};
use crate::value::is_base64_key;

/// The longest name of a link that the kernel takes.
const LONGEST_LINK_NAME: usize = 15;

pub(super) fn bond(document: &BondConfig, cx: &mut Context<'_>) {
    common(&document.link, &at![], cx);
    if document.mode == Some(BondMode::Lacp) {
        let times =
            [("miimon", document.miimon), ("updelay", document.updelay), ("downdelay", document.downdelay)];
        for (key, value) in times {
            if value.is_none() {
                let message = format!("a bond of mode 802.3ad without {key} may not notice a dead link");
                cx.warn("bond-lacp-without-monitoring", at![key], message);
            }
        }
    }
}

pub(super) fn bridge(document: &BridgeConfig, cx: &mut Context<'_>) {
    common(&document.link, &at![], cx);
}

pub(super) fn vlan(document: &VLANConfig, cx: &mut Context<'_>) {
    common(&document.link, &at![], cx);
    if document.vlan_id.is_some_and(|id| !(1..=4094).contains(&id)) {
        cx.error("vlan-id", at!["vlanID"], "the number of a VLAN is from 1 to 4094");
    }
}

pub(super) fn veth(document: &VethConfig, cx: &mut Context<'_>) {
    common(&document.link, &at![], cx);
    common(&document.peer.link, &at!["peer"], cx);
    for (path, name) in [(at!["name"], &document.name), (at!["peer", "name"], &document.peer.name)] {
        if !name.is_empty() && !is_link_name(name) {
            let message =
                format!("{name:?} cannot name a link: at most 15 bytes, without '/', ':' and spaces");
            cx.error("veth-name", path, message);
        }
    }
    if !document.name.is_empty() && document.name == document.peer.name {
        cx.error("veth-same-name", at!["peer", "name"], "the two ends of a pair need different names");
    }
}

fn is_link_name(name: &str) -> bool {
    let allowed = |c: char| c != '/' && c != ':' && !c.is_whitespace() && !c.is_control();
    name.len() <= LONGEST_LINK_NAME && !matches!(name, "." | "..") && name.chars().all(allowed)
}

pub(super) fn vrf(document: &VRFConfig, cx: &mut Context<'_>) {
    common(&document.link, &at![], cx);
    if document.table.is_some_and(|table| matches!(table.0, 0 | 253..=255)) {
        let message = "a routing domain needs a table of its own, not unspec, default, main or local";
        cx.error("vrf-table", at!["table"], message);
    }
}

pub(super) fn wireguard(document: &WireguardConfig, cx: &mut Context<'_>) {
    common(&document.link, &at![], cx);
    if !document.private_key.is_empty() && !is_base64_key(document.private_key.expose(), 32) {
        cx.error("wireguard-document-key", at!["privateKey"], "the private key must be base64 of 32 bytes");
    }
    for (index, peer) in document.peers.iter().enumerate() {
        let path = at!["peers", index];
        if !peer.public_key.is_empty() && !is_base64_key(&peer.public_key, 32) {
            let message = "the public key must be base64 of 32 bytes";
            cx.error("wireguard-document-key", path.join("publicKey"), message);
        }
        if !peer.preshared_key.is_empty() && !is_base64_key(peer.preshared_key.expose(), 32) {
            let message = "the shared key must be base64 of 32 bytes";
            cx.error("wireguard-document-key", path.join("presharedKey"), message);
        }
        if peer.persistent_keepalive_interval.is_some_and(|interval| interval.0 < 0) {
            let path = path.join("persistentKeepaliveInterval");
            cx.error("wireguard-keepalive", path, "the interval cannot be negative");
        }
    }
}
