//! The container runtime.

use crate::enums;
use crate::yaml::field::{Field, Kind::*, Message};

pub(crate) static IMAGE_CACHE_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "status", Enum(&enums::IMAGE_CACHE_STATUS)),
    Field::new(3, "copyStatus", Enum(&enums::IMAGE_CACHE_COPY_STATUS)),
    Field::new(2, "roots", Text).list(),
]);

pub(crate) static REGISTRIES_CONFIG_SPEC: Message = Message(&[
    Field::new(1, "mirrors", Map(&Nested(&REGISTRY_MIRROR_CONFIG))).optional(),
    Field::new(2, "auths", Map(&Nested(&REGISTRY_AUTH_CONFIG))).optional(),
    Field::new(3, "tls", Map(&Nested(&REGISTRY_TLS_CONFIG))).optional(),
]);

pub(crate) static REGISTRY_AUTH_CONFIG: Message = Message(&[
    Field::new(1, "username", Text).optional(),
    Field::new(2, "password", Text).optional(),
    Field::new(3, "auth", Text).optional(),
    Field::new(4, "identityToken", Text).optional(),
]);

pub(crate) static REGISTRY_ENDPOINT_CONFIG: Message =
    Message(&[Field::new(1, "endpoint", Text), Field::new(2, "overridePath", Bool)]);

pub(crate) static REGISTRY_MIRROR_CONFIG: Message = Message(&[
    Field::new(1, "endpoints", Nested(&REGISTRY_ENDPOINT_CONFIG)).list(),
    Field::new(3, "skipFallback", Bool).optional(),
]);

pub(crate) static REGISTRY_TLS_CONFIG: Message = Message(&[
    Field::new(1, "clientIdentity", PemPair).optional(),
    Field::new(2, "ca", Base64).optional(),
    Field::new(3, "insecureSkipVerify", Bool).optional(),
]);

pub(crate) static SECCOMP_PROFILE_SPEC: Message =
    Message(&[Field::new(1, "name", Text), Field::new(2, "value", Struct)]);
