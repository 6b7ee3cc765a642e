//! Registries, trusted certificates, signatures, parts of containerd's configuration.

use super::super::pem::{self, PairPaths, Samples};
use super::super::text::is_qualified_name;
use super::super::{Context, at};
use crate::documents::runtime::*;
use crate::value::Pem;

/// Bytes of a part of containerd's configuration: far more than all of it has.
const MOST_TOML: usize = 256 << 10;

pub(super) fn customization(document: &CRICustomizationConfig, cx: &mut Context<'_>) {
    let name = document.name.as_str();
    if name == "customization" {
        cx.error("cri-customization-name", at!["name"], "the name customization is taken by the system");
    } else if !name.is_empty() && !is_qualified_name(name) {
        let message = format!("{name:?} is not a name of letters, digits, '-', '_' and '.'");
        cx.error("cri-customization-name", at!["name"], message);
    }
    if document.content.len() > MOST_TOML {
        let message = format!("a part of containerd's configuration has at most {MOST_TOML} bytes");
        return cx.error("cri-customization-toml", at!["content"], message);
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
    pem::certificates(&document.ca, ("registry-ca", &at!["ca"]), Samples::Refused, cx);
    if let Some(identity) = &document.client_identity {
        let rule = "registry-client-identity";
        let (cert, key) = (at!["clientIdentity", "cert"], at!["clientIdentity", "key"]);
        if identity.cert.is_empty() {
            cx.error(rule, cert.clone(), "a certificate and its key are needed together");
        }
        if identity.key.is_empty() {
            cx.error(rule, key.clone(), "a certificate and its key are needed together");
        }
        let at = PairPaths { certificate: (rule, &cert), key: (rule, &key) };
        let key = Pem(identity.key.expose().to_owned());
        pem::pair(&identity.cert, &key, &at, Samples::Refused, cx);
    }
}

pub(super) fn trusted_roots(document: &TrustedRootsConfig, cx: &mut Context<'_>) {
    pem::certificates(&document.certificates, ("trusted-roots", &at!["certificates"]), Samples::Warned, cx);
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
            } else {
                subject_pattern(&keyless.subject_regex, path.join("keyless").join("subjectRegex"), cx);
            }
        }
        if let Some(key) = key {
            let path = path.join("publicKey").join("certificate");
            if key
                .certificate
                .labels()
                .is_some_and(|labels| labels.iter().any(|l| l.ends_with("PRIVATE KEY")))
            {
                let message = "this is a private key: a rule verifies with the public one";
                cx.error("image-rule-public-key", path.clone(), message);
            }
            pem::public_key(&key.certificate, ("image-rule-public-key", &path), cx);
        }
        pattern(&rule.image, &path.join("image"), cx);
    }
}

/// Regular expressions that one configuration has compiled.
const MOST_PATTERNS: usize = 32;

/// A subject's pattern must compile, small as such patterns are.
fn subject_pattern(pattern: &str, path: crate::yaml::Path, cx: &mut Context<'_>) {
    if pattern.is_empty() {
        return;
    }
    if !cx.may_compile(MOST_PATTERNS) {
        let message = format!("a configuration has at most {MOST_PATTERNS} regular expressions; use subject");
        return cx.error("image-rule-subject", path, message);
    }
    if let Err(message) = crate::value::pattern(pattern) {
        cx.error("image-rule-subject", path, message);
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
