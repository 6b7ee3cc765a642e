//! Authorities, keys, and who may do what.

use super::super::legacy::ROLES;
use super::super::{Context, at};
use crate::documents::k8s::*;
use crate::value::Pem;

fn authorities(issuing: Option<&IssuingCA>, accepted: &[Pem], cx: &mut Context<'_>) {
    if let Some(issuing) = issuing {
        if !issuing.cert.is_certificates() {
            cx.error("kube-ca-certificate", at!["issuingCA", "cert"], "this is not a PEM certificate");
        }
        if !Pem(issuing.key.expose().to_owned()).is_private_key() {
            cx.error("kube-ca-key", at!["issuingCA", "key"], "this is not a PEM private key");
        }
    }
    for (index, pem) in accepted.iter().enumerate() {
        if !pem.is_certificates() {
            cx.error("kube-ca-certificate", at!["acceptedCAs", index], "this is not a PEM certificate");
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
    let key = document.issuer.private_key.expose();
    if !key.is_empty() && !Pem(key.to_owned()).is_private_key() {
        cx.error("service-account-key", at!["issuer", "privateKey"], "this is not a PEM private key");
    }
    for (index, pem) in document.accepted.public_keys.iter().enumerate() {
        if pem.labels().is_none() {
            let path = at!["accepted", "publicKeys", index];
            cx.error("service-account-public-key", path, "this is not a PEM public key");
        }
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
