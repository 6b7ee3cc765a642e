//! Certificate authorities and keys of Kubernetes.

use crate::schema::{Effect, Redaction};
use crate::value::{Pem, Secret, Url};
use crate::yaml::Node;

record! {
    /// An authority with the key it issues with.
    IssuingCA {
        /// The certificate, as PEM.
        "cert" cert: Pem;
        /// The private key, as PEM.
        "key" key: Secret;
    }

    /// The authority of the Kubernetes API.
    KubeAPIServerCAConfig {
        /// The authority that issues; only on control planes.
        "issuingCA" issuing_ca: Option<IssuingCA>;
        /// Authorities whose certificates are accepted too.
        "acceptedCAs" accepted_cas: Vec<Pem>;
    }

    /// The authority of the aggregation layer.
    KubeAggregatorCAConfig {
        /// The authority that issues.
        "issuingCA" issuing_ca: Option<IssuingCA> => enforced;
        /// Authorities whose certificates are accepted too.
        "acceptedCAs" accepted_cas: Vec<Pem>;
    }

    /// How secrets are encrypted in etcd.
    KubeEtcdEncryptionConfig {
        /// The body of an EncryptionConfiguration.
        "config" config: Option<Node>
            => enforced redaction(Redaction::SecretKeys) effect(Effect::ServiceRestart("kube-apiserver"));
    }

    /// Who issues service account tokens.
    IssuerServiceAccountConfig {
        /// The private key, as PEM.
        "privateKey" private_key: Secret => required;
        /// The URL in the tokens.
        "issuerURL" issuer_url: Option<Url> => required;
    }

    /// Whose service account tokens are accepted too.
    AcceptedServiceAccountConfig {
        /// Public keys, as PEM.
        "publicKeys" public_keys: Vec<Pem>;
        /// URLs in the tokens.
        "issuers" issuers: Vec<Url>;
        /// For whom the tokens may be.
        "audiences" audiences: Vec<String>;
    }

    /// Service account tokens.
    KubeServiceAccountConfig {
        /// Who issues them.
        "issuer" issuer: IssuerServiceAccountConfig => required;
        /// Whose are accepted too.
        "accepted" accepted: AcceptedServiceAccountConfig;
    }
}
