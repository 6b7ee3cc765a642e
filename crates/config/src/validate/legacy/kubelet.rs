//! The kubelet's section.

use super::super::text::is_subnet_filter;
use super::super::{Context, at};
use crate::documents::v1alpha1::MachineConfig;
use crate::yaml::{Node, Path};

/// Fields of the kubelet's own configuration that the system sets (contract os.md 1.3).
const PROTECTED_KUBELET_FIELDS: [&str; 13] = [
    "apiVersion",
    "authentication",
    "authorization",
    "cgroupRoot",
    "kind",
    "kubeletCgroups",
    "port",
    "protectKernelDefaults",
    "resolvConf",
    "rotateCertificates",
    "seccompDefault",
    "staticPodPath",
    "systemCgroups",
];

/// Refuses fields that the system sets itself.
pub(crate) fn protected_fields(config: &Node, path: &Path, cx: &mut Context<'_>) {
    for (key, _) in config.as_map().into_iter().flatten() {
        if PROTECTED_KUBELET_FIELDS.contains(&key.as_str()) {
            let message = format!("the system sets {key} of the kubelet itself; remove it");
            cx.error("kubelet-protected-field", path.join(key.as_str()), message);
        }
    }
}

pub(super) fn validate(machine: &MachineConfig, cx: &mut Context<'_>) {
    let Some(kubelet) = &machine.kubelet else { return };
    let path = at!["machine", "kubelet"];
    let subnets = kubelet.node_ip.iter().flat_map(|node_ip| &node_ip.valid_subnets);
    for (index, subnet) in subnets.enumerate() {
        if !is_subnet_filter(subnet) {
            let path = path.join("nodeIP").join("validSubnets").join(index);
            let message = format!("{subnet:?} is not a network such as 10.0.0.0/8 or !10.1.0.0/16");
            cx.error("node-ip-subnet", path, message);
        }
    }
    if let Some(config) = &kubelet.extra_config {
        protected_fields(config, &path.join("extraConfig"), cx);
    }
    for (index, mount) in kubelet.extra_mounts.iter().enumerate() {
        if mount.destination.is_empty() {
            let path = path.join("extraMounts").join(index);
            cx.error("kubelet-mount-destination", path, "a mount needs a destination");
        }
    }
}
