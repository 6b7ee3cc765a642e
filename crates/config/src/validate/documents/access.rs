//! Authorities, keys, and who may do what.

use super::super::legacy::ROLES;
use super::super::pem::{self, PairPaths, Samples};
use super::super::{Context, at};
use crate::documents::k8s::*;
use crate::value::Pem;

fn authorities(issuing: Option<&IssuingCA>, accepted: &[Pem], cx: &mut Context<'_>) {
    if let Some(issuing) = issuing {
        let (cert, key) = (at!["issuingCA", "cert"], at!["issuingCA", "key"]);
        if issuing.cert.is_empty() {
            cx.error("kube-ca-certificate", cert.clone(), "an authority needs its certificate");
        }
        if issuing.key.is_empty() {
            cx.error("kube-ca-key", key.clone(), "an authority that issues needs its private key");
        }
        let at = PairPaths { certificate: ("kube-ca-certificate", &cert), key: ("kube-ca-key", &key) };
        let key = Pem(issuing.key.expose().to_owned());
        pem::pair(&issuing.cert, &key, &at, Samples::Refused, cx);
    }
    for (index, certificate) in accepted.iter().enumerate() {
        let path = at!["acceptedCAs", index];
        if certificate.is_empty() {
            cx.error("kube-ca-certificate", path, "there is no certificate in it; remove the item");
        } else {
            pem::certificates(certificate, ("kube-ca-certificate", &path), Samples::Refused, cx);
        }
    }
}

pub(super) fn api_server_ca(document: &KubeAPIServerCAConfig, cx: &mut Context<'_>) {
    authorities(document.issuing_ca.as_ref(), &document.accepted_cas, cx);
    if document.issuing_ca.is_none() && document.accepted_cas.is_empty() {
        let message = "an authority is needed: issuingCA on control planes, acceptedCAs on workers";
        cx.error("kube-ca-required", at![], message);
    }
    let worker = cx.config.is_complete() && !cx.config.is_control_plane();
    if worker && document.issuing_ca.is_some() {
        let message = "a worker must not have the key of the Kubernetes authority; use acceptedCAs";
        cx.warn("worker-issuing-ca", at!["issuingCA"], message);
    }
}

pub(super) fn aggregator_ca(document: &KubeAggregatorCAConfig, cx: &mut Context<'_>) {
    authorities(document.issuing_ca.as_ref(), &document.accepted_cas, cx);
}

pub(super) fn service_account(document: &KubeServiceAccountConfig, cx: &mut Context<'_>) {
    let key = Pem(document.issuer.private_key.expose().to_owned());
    let path = at!["issuer", "privateKey"];
    pem::private_key(&key, ("service-account-key", &path), Samples::Refused, cx);
    for (index, key) in document.accepted.public_keys.iter().enumerate() {
        let path = at!["accepted", "publicKeys", index];
        pem::public_key(key, ("service-account-public-key", &path), cx);
    }
}

pub(super) fn etcd_encryption(document: &KubeEtcdEncryptionConfig, cx: &mut Context<'_>) {
    let Some(config) = &document.config else { return };
    let resources = config.get("resources").and_then(|resources| resources.as_seq()).unwrap_or_default();
    if resources.is_empty() {
        let message =
            "there are no resources in it: nothing would be encrypted, and the API server would not start";
        cx.error("etcd-encryption-empty", at!["config"], message);
    }
}

pub(super) fn authentication(document: &KubeAuthenticationConfig, cx: &mut Context<'_>) {
    let Some(configuration) = &document.configuration else { return };
    let expected =
        [("apiVersion", "apiserver.config.k8s.io/v1beta1"), ("kind", "AuthenticationConfiguration")];
    for (key, text) in expected {
        let found = configuration.get(key).and_then(|node| node.as_str());
        if found.is_some_and(|found| found != text) {
            cx.warn(
                "authentication-configuration",
                at!["configuration", key],
                format!("{key} must be {text}"),
            );
        }
    }
}

pub(super) fn authorizer(document: &KubeAuthorizerConfig, cx: &mut Context<'_>) {
    let webhook =
        document.webhook.as_ref().is_some_and(|webhook| webhook.as_map().is_some_and(|m| !m.is_empty()));
    if document.kind == Some(AuthorizerType::Webhook) && !webhook {
        cx.error("authorizer-webhook", at!["webhook"], "an authorizer of type Webhook needs webhook");
    }
}

pub(super) fn talos_api_access(document: &KubeTalosAPIAccessConfig, cx: &mut Context<'_>) {
    for (index, role) in document.allowed_roles.iter().enumerate() {
        if !ROLES.contains(&role.as_str()) {
            cx.not_one_of("talos-api-access-document-role", at!["allowedRoles", index], role, &ROLES);
        }
    }
}
