//! Signatures of images.

use crate::value::Pem;

record! {
    /// Signatures bound to an identity.
    KeylessVerifier {
        /// Who vouches for the identity.
        "issuer" issuer: String;
        /// The identity.
        "subject" subject: String;
        /// A pattern of identities; not together with `subject`.
        "subjectRegex" subject_regex: String;
    }

    /// Signatures made with a key.
    PublicKeyVerifier {
        /// The public key or certificate, as PEM.
        "certificate" certificate: Pem;
    }

    /// A rule for images.
    ImageVerificationRule {
        /// Which images: a pattern over registry and repository.
        "image" image: String => enforced;
        /// Whether they pass unchecked.
        "skip" skip: Option<bool>;
        /// Whether they are refused.
        "deny" deny: Option<bool>;
        /// Signatures bound to an identity.
        "keyless" keyless: Option<KeylessVerifier> => presence;
        /// Signatures made with a key.
        "publicKey" public_key: Option<PublicKeyVerifier> => presence;
    }

    /// Which images may run. The first rule that matches an image decides; others pass.
    ImageVerificationConfig {
        /// The rules, in order.
        "rules" rules: Vec<ImageVerificationRule> => replaced_by(&["image"]);
    }
}
