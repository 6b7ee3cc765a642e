//! Registries.

use indexmap::IndexMap;

use super::{EncodedCertificateAndKey, EncodedPem};
use crate::schema::Effect;
use crate::value::Secret;

record! {
    /// Mirrors of a registry.
    RegistryMirrorSection {
        /// The mirrors, in order.
        "endpoints" endpoints: Vec<String>;
        /// Whether URLs' paths are used as they are, without /v2.
        "overridePath" override_path: Option<bool>;
        /// Whether the registry itself is left out.
        "skipFallback" skip_fallback: Option<bool>;
    }

    /// How the certificate of a registry is checked.
    RegistryTLSSection {
        /// The certificate that the node shows.
        "clientIdentity" client_identity: Option<EncodedCertificateAndKey>;
        /// Authorities that are trusted beside the system's, as base64 of PEM.
        "ca" ca: EncodedPem;
        /// Whether any certificate passes.
        "insecureSkipVerify" insecure_skip_verify: Option<bool>;
    }

    /// How to log in to a registry.
    RegistryAuthSection {
        /// The user.
        "username" username: String;
        /// The user's password.
        "password" password: Secret;
        /// User and password in base64, separated by a colon.
        "auth" auth: Secret;
        /// A token instead of user and password.
        "identityToken" identity_token: Secret;
    }

    /// Settings of a registry.
    RegistrySection {
        /// How its certificate is checked.
        "tls" tls: Option<RegistryTLSSection>;
        /// How to log in.
        "auth" auth: Option<RegistryAuthSection>;
    }

    /// Registries, their mirrors and how to log in.
    RegistriesConfig {
        /// Mirrors by the registry's host.
        "mirrors" mirrors: IndexMap<String, RegistryMirrorSection> => effect(Effect::Live);
        /// Settings by the registry's host.
        "config" config: IndexMap<String, RegistrySection>;
    }
}
