//! Features, logging, registries and what is no longer advised.

use super::super::{Context, at};
use crate::documents::v1alpha1::{AddressSort, FileOp, MachineConfig};

/// Roles that a program may ask for (contract os.md 7.3).
pub(crate) const ROLES: [&str; 7] = [
    "os:admin",
    "os:operator",
    "os:reader",
    "os:etcd:backup",
    "os:meta:writer",
    "os:image:verifier",
    "os:impersonator",
];

pub(super) fn validate(machine: &MachineConfig, cx: &mut Context<'_>) {
    if let Some(features) = &machine.features {
        let path = at!["machine", "features"];
        if let Some(host_dns) = &features.host_dns
            && host_dns.forward_kube_dns_to_host == Some(true)
            && !cx.config.host_dns().enabled
        {
            let message = "forwardKubeDNSToHost needs hostDNS.enabled";
            cx.error(
                "host-dns-forward-needs-enabled",
                path.join("hostDNS").join("forwardKubeDNSToHost"),
                message,
            );
        }
        if let Some(access) = &features.kubernetes_talos_api_access
            && access.enabled == Some(true)
        {
            let path = path.join("kubernetesTalosAPIAccess");
            if !cx.config.is_control_plane() {
                let message = "access to the nodes' API from Kubernetes is for control planes only";
                cx.error("talos-api-access-worker", path.join("enabled"), message);
            }
            for (index, role) in access.allowed_roles.iter().enumerate() {
                if !ROLES.contains(&role.as_str()) {
                    cx.not_one_of(
                        "talos-api-access-role",
                        path.join("allowedRoles").join(index),
                        role,
                        &ROLES,
                    );
                }
            }
        }
        let sort = features.node_address_sort_algorithm.as_str();
        if !sort.is_empty() && AddressSort::parse(sort).is_none() {
            let path = path.join("nodeAddressSortAlgorithm");
            cx.error("address-sort-algorithm", path, format!("{sort:?} is not one of v1, v2"));
        }
    }
    logging(machine, cx);
    registries(cx);
    if !machine.files.is_empty() {
        let message = "files are deprecated; use EtcFileConfig documents for files below /etc";
        cx.warn("files-deprecated", at!["machine", "files"], message);
    }
    for (index, file) in machine.files.iter().enumerate() {
        if FileOp::parse(&file.op).is_none() {
            let message = format!(
                "{:?} is not one of {}: the file cannot be written",
                file.op,
                FileOp::WORDS.join(", ")
            );
            cx.warn("file-operation", at!["machine", "files", index, "op"], message);
        }
    }
    if let Some(overrides) = &machine.base_runtime_spec_overrides {
        let path = at!["machine", "baseRuntimeSpecOverrides"];
        if overrides.as_map().is_some_and(|map| !map.is_empty()) {
            let message = "baseRuntimeSpecOverrides is deprecated; use a CRIBaseRuntimeSpecConfig document";
            cx.warn("base-runtime-spec-deprecated", path.clone(), message);
        }
        crate::validate::oci::validate(overrides, &path, cx);
    }
}

fn logging(machine: &MachineConfig, cx: &mut Context<'_>) {
    let destinations = machine.logging.iter().flat_map(|logging| &logging.destinations);
    for (index, destination) in destinations.enumerate() {
        let path = at!["machine", "logging", "destinations", index];
        match destination.endpoint.parse::<crate::value::Url>() {
            Ok(url) if url.host().is_none() => {
                cx.error("logging-endpoint-host", path.join("endpoint"), "the endpoint has no host");
            }
            Ok(url) if !matches!(url.scheme(), "tcp" | "udp") => {
                let message = format!("the endpoint must be tcp:// or udp://, not {}://", url.scheme());
                cx.error("logging-endpoint-scheme", path.join("endpoint"), message);
            }
            Ok(_) => {}
            Err(()) => {
                let message = "the endpoint must be a URL such as udp://10.0.0.1:12345";
                cx.error("logging-endpoint-host", path.join("endpoint"), message);
            }
        }
        if destination.format.is_none() {
            let message = "the format must be json_lines";
            cx.error("logging-format", path.join("format"), message);
        }
    }
}

/// A registry's host with nothing below it is a slip of the pen.
fn registries(cx: &mut Context<'_>) {
    for section in ["mirrors", "config"] {
        let path = at!["machine", "registries", section];
        let entries = cx.node(&path).and_then(|node| node.as_map());
        for (host, _) in entries.into_iter().flatten().filter(|(_, node)| node.is_null()) {
            let message = format!("there is nothing below {host:?}; remove it or fill it in");
            cx.error("registry-empty", path.join(host.as_str()), message);
        }
    }
}
