//! Registries and trusted certificates.

use std::collections::BTreeSet;

use crate::Config;
use crate::access::non_empty;
use crate::documents::runtime::{
    RegistryAuthConfig, RegistryMirrorConfig, RegistryTLSConfig, TrustedRootsConfig,
};
use crate::value::{Pem, Secret};

use super::machine::{Authority, decode_authority};

/// One mirror of a registry.
#[derive(Debug, Clone, PartialEq)]
pub struct MirrorEndpoint {
    /// The mirror's URL.
    pub url: String,
    /// Whether its path is used as it is, without `/v2`.
    pub override_path: bool,
}

/// Mirrors of a registry.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistryMirror {
    /// The registry's host; `*` is every registry.
    pub host: String,
    /// The mirrors, in order.
    pub endpoints: Vec<MirrorEndpoint>,
    /// Whether the registry itself is left out.
    pub skip_fallback: bool,
}

/// How to log in to a registry.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistryAuth {
    /// The registry's host.
    pub host: String,
    /// The user.
    pub username: String,
    /// The user's password.
    pub password: Secret,
    /// User and password in base64, separated by a colon.
    pub auth: Secret,
    /// A token instead of user and password.
    pub identity_token: Secret,
}

/// How the certificate of a registry is checked.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistryTls {
    /// The registry's host.
    pub host: String,
    /// The certificate that the node shows.
    pub client_identity: Option<Authority>,
    /// Authorities that are trusted beside the system's.
    pub ca: Option<Pem>,
    /// Whether any certificate passes.
    pub insecure_skip_verify: bool,
}

/// Everything about registries.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Registries {
    /// Mirrors, by host.
    pub mirrors: Vec<RegistryMirror>,
    /// Logins, by host.
    pub auth: Vec<RegistryAuth>,
    /// Certificates, by host.
    pub tls: Vec<RegistryTls>,
}

/// Certificates that the whole system trusts.
#[derive(Debug, Clone, PartialEq)]
pub struct TrustedRoots {
    /// The name of the set.
    pub name: String,
    /// The certificates.
    pub certificates: Pem,
}

impl Config {
    /// Everything about registries; for a host that has a document, the document counts.
    pub fn registries(&self) -> Registries {
        let mut registries = Registries {
            mirrors: self.all::<RegistryMirrorConfig>().into_iter().map(mirror_of_document).collect(),
            auth: self.all::<RegistryAuthConfig>().into_iter().map(auth_of_document).collect(),
            tls: self.all::<RegistryTLSConfig>().into_iter().map(tls_of_document).collect(),
        };
        self.add_registry_section(&mut registries);
        registries
    }

    fn add_registry_section(&self, registries: &mut Registries) {
        let Some(section) = self.machine().and_then(|machine| machine.registries.as_ref()) else {
            return;
        };
        let known: BTreeSet<String> = registries.mirrors.iter().map(|mirror| mirror.host.clone()).collect();
        for (host, mirror) in &section.mirrors {
            if known.contains(host) {
                continue;
            }
            let override_path = mirror.override_path.unwrap_or(false);
            let endpoint = |url: &String| MirrorEndpoint { url: url.clone(), override_path };
            registries.mirrors.push(RegistryMirror {
                host: host.clone(),
                endpoints: mirror.endpoints.iter().map(endpoint).collect(),
                skip_fallback: mirror.skip_fallback.unwrap_or(false),
            });
        }
        let auth: BTreeSet<String> = registries.auth.iter().map(|auth| auth.host.clone()).collect();
        let tls: BTreeSet<String> = registries.tls.iter().map(|tls| tls.host.clone()).collect();
        for (host, registry) in &section.config {
            if let Some(section) = &registry.auth
                && !auth.contains(host)
            {
                registries.auth.push(RegistryAuth {
                    host: host.clone(),
                    username: section.username.clone(),
                    password: section.password.clone(),
                    auth: section.auth.clone(),
                    identity_token: section.identity_token.clone(),
                });
            }
            if let Some(section) = &registry.tls
                && !tls.contains(host)
            {
                registries.tls.push(RegistryTls {
                    host: host.clone(),
                    client_identity: section.client_identity.as_ref().and_then(decode_authority),
                    ca: section.ca.decode(),
                    insecure_skip_verify: section.insecure_skip_verify.unwrap_or(false),
                });
            }
        }
    }

    /// Certificates that the whole system trusts beside its own.
    pub fn trusted_roots(&self) -> Vec<TrustedRoots> {
        let roots = |document: TrustedRootsConfig| TrustedRoots {
            name: document.name,
            certificates: document.certificates,
        };
        self.all::<TrustedRootsConfig>().into_iter().map(roots).collect()
    }
}

fn mirror_of_document(document: RegistryMirrorConfig) -> RegistryMirror {
    let endpoint = |endpoint: crate::documents::runtime::RegistryEndpoint| {
        Some(MirrorEndpoint {
            url: endpoint.url?.as_str().to_owned(),
            override_path: endpoint.override_path.unwrap_or(false),
        })
    };
    RegistryMirror {
        host: document.name,
        endpoints: document.endpoints.into_iter().filter_map(endpoint).collect(),
        skip_fallback: document.skip_fallback.unwrap_or(false),
    }
}

fn auth_of_document(document: RegistryAuthConfig) -> RegistryAuth {
    RegistryAuth {
        host: document.name,
        username: document.username,
        password: document.password,
        auth: document.auth,
        identity_token: document.identity_token,
    }
}

fn tls_of_document(document: RegistryTLSConfig) -> RegistryTls {
    RegistryTls {
        host: document.name,
        client_identity: document
            .client_identity
            .map(|identity| Authority { cert: identity.cert, key: identity.key }),
        ca: non_empty(&document.ca.0).map(Pem),
        insecure_skip_verify: document.insecure_skip_verify.unwrap_or(false),
    }
}
