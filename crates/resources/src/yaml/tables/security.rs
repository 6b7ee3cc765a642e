//! Signatures and trusted roots.

use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static IMAGE_KEYLESS_VERIFIER_SPEC: Message = Message(&[
    Field::new(1, "issuer", Text),
    Field::new(2, "subject", Text).optional(),
    Field::new(3, "subjectRegex", Text).optional(),
]);

pub(crate) static IMAGE_PUBLIC_KEY_VERIFIER_SPEC: Message = Message(&[Field::new(1, "certificate", Text)]);

pub(crate) static IMAGE_VERIFICATION_RULE_SPEC: Message = Message(&[
    Field::new(2, "imagePattern", Text).optional(),
    Field::new(3, "skip", Bool),
    Field::new(4, "deny", Bool),
    Field::new(5, "keylessVerifier", Nested(&IMAGE_KEYLESS_VERIFIER_SPEC)).optional(),
    Field::new(6, "publicKeyVerifier", Nested(&IMAGE_PUBLIC_KEY_VERIFIER_SPEC)).optional(),
]);

pub(crate) static TUF_TRUSTED_ROOT_SPEC: Message = Message(&[
    Field::new(1, "lastRefreshTime", Timestamp).optional(),
    Field::new(2, "jsonData", Text).optional(),
]);
