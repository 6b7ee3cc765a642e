//! Authorities and keys: which role must have which, and must not.

use super::super::pem::{self, PairPaths, Samples};
use super::super::{Context, at};
use crate::documents::v1alpha1::{EncodedCertificateAndKey, MachineConfig, V1Alpha1Config};
use crate::value::Pem;
use crate::yaml::Path;

pub(super) fn validate(config: &V1Alpha1Config, cx: &mut Context<'_>) {
    let Some(machine) = &config.machine else { return };
    let ca = machine.ca.as_ref();
    let has_cert = ca.is_some_and(|ca| !ca.crt.0.is_empty());
    let has_key = ca.is_some_and(|ca| !ca.key.is_empty());
    let accepted = machine.accepted_cas.iter().any(|ca| !ca.crt.0.is_empty());
    certificates(config, cx);
    registries(machine, cx);
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

/// Base64 has been checked; what it holds must be certificates and keys that fit.
fn certificates(config: &V1Alpha1Config, cx: &mut Context<'_>) {
    let mut authorities = Vec::new();
    let mut accepted = Vec::new();
    if let Some(machine) = &config.machine {
        authorities.extend(machine.ca.as_ref().map(|ca| (at!["machine", "ca"], ca)));
        accepted.push((at!["machine", "acceptedCAs"], &machine.accepted_cas));
    }
    if let Some(cluster) = &config.cluster {
        authorities.extend(cluster.ca.as_ref().map(|ca| (at!["cluster", "ca"], ca)));
        authorities.extend(cluster.aggregator_ca.as_ref().map(|ca| (at!["cluster", "aggregatorCA"], ca)));
        let etcd = cluster.etcd.as_ref().and_then(|etcd| etcd.ca.as_ref());
        authorities.extend(etcd.map(|ca| (at!["cluster", "etcd", "ca"], ca)));
        accepted.push((at!["cluster", "acceptedCAs"], &cluster.accepted_cas));
        if let Some(account) = &cluster.service_account {
            let key = encoded(account.key.expose());
            let path = at!["cluster", "serviceAccount", "key"];
            pem::private_key(&key, ("private-key-invalid", &path), Samples::Warned, cx);
        }
    }
    for (path, list) in accepted {
        for (index, ca) in list.iter().enumerate() {
            let path = path.join(index).join("crt");
            pem::certificates(&encoded(&ca.crt.0), ("certificate-invalid", &path), Samples::Warned, cx);
        }
    }
    for (path, ca) in authorities {
        pair(ca, &path, ("certificate-invalid", "private-key-invalid"), cx);
    }
}

/// A certificate and its key.
fn pair(
    pair: &EncodedCertificateAndKey,
    path: &Path,
    (certificate, key): (&'static str, &'static str),
    cx: &mut Context<'_>,
) {
    let (crt_path, key_path) = (path.join("crt"), path.join("key"));
    let at = PairPaths { certificate: (certificate, &crt_path), key: (key, &key_path) };
    pem::pair(&encoded(&pair.crt.0), &encoded(pair.key.expose()), &at, Samples::Warned, cx);
}

/// What base64 holds. The decoder has refused what is none.
fn encoded(text: &str) -> Pem {
    Pem::from_base64(text).unwrap_or_default()
}

/// Certificates and keys of registries.
fn registries(machine: &MachineConfig, cx: &mut Context<'_>) {
    let section = machine.registries.iter().flat_map(|registries| &registries.config);
    for (host, registry) in section {
        let Some(tls) = &registry.tls else { continue };
        let path = at!["machine", "registries", "config", host.as_str(), "tls"];
        let ca = path.join("ca");
        pem::certificates(&encoded(&tls.ca.0), ("registry-ca", &ca), Samples::Warned, cx);
        if let Some(identity) = &tls.client_identity {
            let rule = "registry-client-identity";
            let path = path.join("clientIdentity");
            pair(identity, &path, (rule, rule), cx);
            if identity.crt.0.is_empty() != identity.key.is_empty() {
                cx.error(rule, path, "a certificate and its key are needed together");
            }
        }
    }
}
