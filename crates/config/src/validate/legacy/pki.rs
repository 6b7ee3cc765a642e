//! Authorities and keys: which role must have which, and must not.

use super::super::{Context, at};
use crate::documents::v1alpha1::V1Alpha1Config;

pub(super) fn validate(config: &V1Alpha1Config, cx: &mut Context<'_>) {
    let Some(machine) = &config.machine else { return };
    let ca = machine.ca.as_ref();
    let has_cert = ca.is_some_and(|ca| !ca.crt.0.is_empty());
    let has_key = ca.is_some_and(|ca| !ca.key.is_empty());
    let accepted = machine.accepted_cas.iter().any(|ca| !ca.crt.0.is_empty());
    certificates(config, cx);
    if cx.config.is_control_plane() {
        if !has_cert {
            cx.error(
                "control-plane-ca-required",
                at!["machine", "ca"],
                "a control plane needs machine.ca.crt",
            );
        }
        if !has_key {
            let path = if has_cert { at!["machine", "ca", "key"] } else { at!["machine", "ca"] };
            cx.error("control-plane-ca-key-required", path, "a control plane needs machine.ca.key");
        }
        return;
    }
    if !has_cert && !accepted {
        let message = "a worker needs a trusted authority: machine.ca.crt or machine.acceptedCAs";
        cx.error("worker-ca-required", at!["machine", "ca"], message);
    }
    if has_key {
        let message = "a worker must not have the key of the authority; remove it";
        cx.error("worker-ca-key", at!["machine", "ca", "key"], message);
    }
    let cluster_ca = config.cluster.as_ref().and_then(|cluster| cluster.ca.as_ref());
    if cluster_ca.is_some_and(|ca| !ca.key.is_empty()) {
        let message = "a worker must not have the key of the Kubernetes authority; remove it";
        cx.error("worker-cluster-ca-key", at!["cluster", "ca", "key"], message);
    }
}

/// Base64 has been checked; what it holds must be PEM.
fn certificates(config: &V1Alpha1Config, cx: &mut Context<'_>) {
    let mut authorities = Vec::new();
    if let Some(machine) = &config.machine {
        authorities.extend(machine.ca.as_ref().map(|ca| (at!["machine", "ca"], ca)));
        for (index, ca) in machine.accepted_cas.iter().enumerate() {
            if !ca.crt.0.is_empty() && !ca.crt.decode().is_some_and(|pem| pem.is_certificates()) {
                let path = at!["machine", "acceptedCAs", index, "crt"];
                cx.error("certificate-invalid", path, "this is not base64 of a PEM certificate");
            }
        }
    }
    if let Some(cluster) = &config.cluster {
        authorities.extend(cluster.ca.as_ref().map(|ca| (at!["cluster", "ca"], ca)));
        authorities.extend(cluster.aggregator_ca.as_ref().map(|ca| (at!["cluster", "aggregatorCA"], ca)));
        let etcd = cluster.etcd.as_ref().and_then(|etcd| etcd.ca.as_ref());
        authorities.extend(etcd.map(|ca| (at!["cluster", "etcd", "ca"], ca)));
    }
    for (path, ca) in authorities {
        if !ca.crt.0.is_empty() && !ca.crt.decode().is_some_and(|pem| pem.is_certificates()) {
            cx.error("certificate-invalid", path.join("crt"), "this is not base64 of a PEM certificate");
        }
        let key = crate::value::Pem::from_base64(ca.key.expose());
        if !ca.key.is_empty() && !key.is_some_and(|pem| pem.is_private_key()) {
            cx.error("private-key-invalid", path.join("key"), "this is not base64 of a PEM private key");
        }
    }
}
