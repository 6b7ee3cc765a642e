//! The container runtime, registries and trusted certificates.

use crate::schema::{Effect, Redaction};
use crate::value::{Pem, Secret, Url};
use crate::yaml::Node;

record! {
    /// Changes to the specification that every container starts from.
    CRIBaseRuntimeSpecConfig {
        /// A part of an OCI runtime specification.
        "overrides" overrides: Option<Node> => replaced effect(Effect::ServiceRestart("cri"));
    }

    /// A part of containerd's configuration.
    CRICustomizationConfig {
        /// The name of the part.
        "name" name: String => required;
        /// The configuration, as TOML.
        "content" content: String => effect(Effect::ServiceRestart("cri")) redaction(Redaction::Whole);
    }

    /// Images stored on the node's disk.
    LocalImageCacheConfig {
        /// Whether they are used.
        "enabled" enabled: Option<bool>;
    }

    /// Images that need no registry.
    ImageCacheConfig {
        /// Images stored on the node's disk.
        "local" local: LocalImageCacheConfig => effect(Effect::ServiceRestart("registryd"));
    }

    /// How to log in to a registry.
    RegistryAuthConfig {
        /// The registry's host, with its port if it has one.
        "name" name: String => required;
        /// The user.
        "username" username: String;
        /// The user's password.
        "password" password: Secret;
        /// User and password in base64, separated by a colon.
        "auth" auth: Secret;
        /// A token instead of user and password.
        "identityToken" identity_token: Secret;
    }

    /// One mirror of a registry.
    RegistryEndpoint {
        /// The mirror.
        "url" url: Option<Url> => required;
        /// Whether the URL's path is used as it is, without /v2.
        "overridePath" override_path: Option<bool>;
    }

    /// Mirrors of a registry.
    RegistryMirrorConfig {
        /// The registry's host; `*` is every registry.
        "name" name: String => required;
        /// The mirrors, in order.
        "endpoints" endpoints: Vec<RegistryEndpoint>;
        /// Whether the registry itself is left out.
        "skipFallback" skip_fallback: Option<bool>;
    }

    /// A certificate with its key.
    CertificateAndKey {
        /// The certificate, as PEM.
        "cert" cert: Pem;
        /// The private key, as PEM.
        "key" key: Secret;
    }

    /// How the certificate of a registry is checked.
    RegistryTLSConfig {
        /// The registry's host.
        "name" name: String => required;
        /// The certificate that the node shows.
        "clientIdentity" client_identity: Option<CertificateAndKey>;
        /// Authorities that are trusted beside the system's, as PEM.
        "ca" ca: Pem;
        /// Whether any certificate passes.
        "insecureSkipVerify" insecure_skip_verify: Option<bool>;
    }

    /// Authorities that the whole system trusts.
    TrustedRootsConfig {
        /// The name of the set.
        "name" name: String => required;
        /// The certificates, as PEM.
        "certificates" certificates: Pem => enforced effect(Effect::ServiceRestart("cri"));
    }
}
