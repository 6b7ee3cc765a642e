//! Rules of the v1alpha1 document (contract os.md 1.3).

mod bond;
mod cluster;
mod components;
mod disk;
mod features;
mod kubelet;
mod network;
mod node;
mod pki;

use super::{Context, at};
use crate::documents::v1alpha1::V1Alpha1Config;

pub(crate) use components::version;
pub(crate) use disk::unique_slots;
pub(crate) use features::ROLES;
pub(crate) use kubelet::protected_fields;
pub(crate) use node::{annotations, labels, taints};

pub(super) fn validate(cx: &mut Context<'_>) {
    let Some(config) = cx.config.v1alpha1() else { return };
    top(config, cx);
    pki::validate(config, cx);
    if let Some(machine) = &config.machine {
        features::validate(machine, cx);
        kubelet::validate(machine, cx);
        network::validate(machine, cx);
        disk::validate(machine, cx);
        node::validate(machine, cx);
    }
    if let Some(cluster) = &config.cluster {
        cluster::validate(cluster, cx);
        components::validate(cluster, cx);
    }
}

fn top(config: &V1Alpha1Config, cx: &mut Context<'_>) {
    if config.machine.is_none() {
        cx.error("machine-required", at![], "machine instructions are required");
    }
    if config.cluster.is_none() {
        cx.error("cluster-required", at![], "cluster instructions are required");
    }
    if config.persist == Some(false) {
        let message = "the configuration always survives a reboot; remove the key or set it to true";
        cx.error("persist-false", at!["persist"], message);
    }
    let path = at!["machine", "type"];
    match cx.node(&path).and_then(|node| node.as_str()) {
        Some("join") => cx.warn("machine-type-alias", path, "use \"worker\" instead of \"join\""),
        None | Some("") if config.machine.is_some() => {
            cx.warn("machine-type-alias", path, "use \"worker\" instead of leaving the type out");
        }
        _ => {}
    }
}
