//! Registries, trusted certificates, signatures, parts of containerd's configuration.

use super::super::text::is_qualified_name;
use super::super::{Context, at};
use crate::documents::runtime::*;

pub(super) fn customization(document: &CRICustomizationConfig, cx: &mut Context<'_>) {
    let name = document.name.as_str();
    if name == "customization" {
        cx.error("cri-customization-name", at!["name"], "the name customization is taken by the system");
    } else if !name.is_empty() && !is_qualified_name(name) {
        let message = format!("{name:?} is not a name of letters, digits, '-', '_' and '.'");
        cx.error("cri-customization-name", at!["name"], message);
    }
    if let Err(error) = document.content.parse::<toml_edit::DocumentMut>() {
        // The first line names the place; the lines after it show the text, which may be secret.
        let place = error.to_string().lines().next().unwrap_or_default().to_owned();
        cx.error(
            "cri-customization-toml",
            at!["content"],
            format!("this is not TOML: {place}: {}", error.message()),
        );
    }
}

pub(super) fn registry_auth(document: &RegistryAuthConfig, cx: &mut Context<'_>) {
    let password = !document.username.is_empty() || !document.password.is_empty();
    let ways = [password, !document.auth.is_empty(), !document.identity_token.is_empty()];
    if ways.into_iter().filter(|set| *set).count() > 1 {
        let message = "choose one: username and password, auth, or identityToken";
        cx.error("registry-auth-methods", at![], message);
    }
}

pub(super) fn registry_mirror(document: &RegistryMirrorConfig, cx: &mut Context<'_>) {
    for (index, endpoint) in document.endpoints.iter().enumerate() {
        let wrong =
            |url: &crate::value::Url| url.host().is_none() || !matches!(url.scheme(), "http" | "https");
        if endpoint.url.as_ref().is_some_and(wrong) {
            let message = "a mirror is a URL with http:// or https:// and a host";
            cx.error("registry-mirror-url", at!["endpoints", index, "url"], message);
        }
    }
}

pub(super) fn registry_tls(document: &RegistryTLSConfig, cx: &mut Context<'_>) {
    if !document.ca.is_empty() && !document.ca.is_certificates() {
        cx.error("registry-ca", at!["ca"], "this is not a PEM certificate");
    }
    if let Some(identity) = &document.client_identity {
        let cert = identity.cert.is_certificates();
        let key = crate::value::Pem(identity.key.expose().to_owned()).is_private_key();
        if !cert {
            cx.error(
                "registry-client-identity",
                at!["clientIdentity", "cert"],
                "this is not a PEM certificate",
            );
        }
        if !key {
            cx.error(
                "registry-client-identity",
                at!["clientIdentity", "key"],
                "this is not a PEM private key",
            );
        }
    }
}

pub(super) fn trusted_roots(document: &TrustedRootsConfig, cx: &mut Context<'_>) {
    if !document.certificates.is_empty() && !document.certificates.is_certificates() {
        cx.error("trusted-roots", at!["certificates"], "these are not PEM certificates");
    }
}

pub(super) fn verification(document: &ImageVerificationConfig, cx: &mut Context<'_>) {
    for (index, rule) in document.rules.iter().enumerate() {
        let path = at!["rules", index];
        let (skip, deny) = (rule.skip == Some(true), rule.deny == Some(true));
        let (keyless, key) = (rule.keyless.as_ref(), rule.public_key.as_ref());
        if skip && deny {
            cx.error("image-rule-skip-and-deny", path.clone(), "a rule cannot skip and deny");
        } else if (skip || deny) && (keyless.is_some() || key.is_some()) {
            let message = "a rule that skips or denies checks no signature";
            cx.error("image-rule-verifier-unused", path.clone(), message);
        } else if keyless.is_some() && key.is_some() {
            cx.error("image-rule-two-verifiers", path.clone(), "a rule has either keyless or publicKey");
        } else if !skip && !deny && keyless.is_none() && key.is_none() {
            let message = "a rule needs one of skip, deny, keyless, publicKey";
            cx.error("image-rule-without-action", path.clone(), message);
        }
        if let Some(keyless) = keyless {
            if keyless.issuer.is_empty() {
                cx.error("image-rule-issuer", path.join("keyless"), "a keyless signature needs its issuer");
            }
            if keyless.subject.is_empty() == keyless.subject_regex.is_empty() {
                let message = "a keyless signature needs either subject or subjectRegex";
                cx.error("image-rule-subject", path.join("keyless"), message);
            } else if let Err(error) = regex::Regex::new(&keyless.subject_regex) {
                let message = format!("this is not a regular expression: {error}");
                cx.error("image-rule-subject", path.join("keyless").join("subjectRegex"), message);
            }
        }
        if key.is_some_and(|key| key.certificate.labels().is_none()) {
            let path = path.join("publicKey").join("certificate");
            cx.error("image-rule-public-key", path, "this is not PEM");
        }
        pattern(&rule.image, &path.join("image"), cx);
    }
}

/// A pattern is over registry and repository, without tag and digest.
fn pattern(image: &str, path: &crate::yaml::Path, cx: &mut Context<'_>) {
    if image.is_empty() {
        return;
    }
    let last = image.rsplit('/').next().unwrap_or(image);
    if image.contains('@') || (image.contains('/') && last.contains(':')) {
        let message = "patterns are compared without tag and digest; this one never matches";
        cx.warn("image-rule-tag", path.clone(), message);
    }
    if !image.contains('/') {
        let message = "patterns are compared with registry and repository; one without '/' rarely matches";
        cx.warn("image-rule-no-slash", path.clone(), message);
    }
}
