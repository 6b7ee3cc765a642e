//! The wire: protobuf messages and gRPC clients and servers of every service of the node.
//!
//! The `.proto` text lives beside this crate by package; `cargo xtask codegen` generates
//! `src/gen/` from it, and what it generates is committed so that building needs no compiler
//! for protobuf. Modules have the names of the protobuf packages.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests say bluntly what they expect"
    )
)]

mod codec;
pub mod convert;
mod generated;
mod redacted;

/// Issuing of node certificates (package `securityapi`).
pub use generated::securityapi as security;
/// Signing with a key kept elsewhere (package `signerapi`).
pub use generated::signerapi as signer;
pub use generated::{cluster, common, inspect, internal, machine, storage, time};

/// The resource store (packages `cosi.resource` and `cosi.resource.meta`).
pub use generated::cosi;

/// The discovery service (package `sidero.discovery.server`).
pub mod discovery {
    /// What nodes tell each other through the service, encrypted (package `sidero.discovery.client`).
    pub use crate::generated::sidero::discovery::client;
    pub use crate::generated::sidero::discovery::server::*;
}

/// Specs of resources (packages `talos.resource.definitions.*`).
pub mod resource {
    /// The machine configuration as a resource (package `resource.config`).
    pub use crate::generated::resource::config;
    /// The device section of the configuration as a resource (package `resource.network`).
    pub use crate::generated::resource::network as device_config;
    pub use crate::generated::talos::resource::definitions::{
        block, cluster, cri, enums, etcd, extensions, files, hardware, k8s, kubeaccess, kubespan, network,
        perf, proto, runtime, secrets, security, siderolink, storage, time, v1alpha1,
    };
}

/// Messages of Google's that ours use.
pub mod google {
    /// Type-checked expressions of the Common Expression Language.
    pub use crate::generated::google::api::expr::v1alpha1 as expr;
    /// The error value of gRPC (package `google.rpc`).
    pub use crate::generated::google::rpc;
    /// `Any`, `Duration`, `Timestamp`, `Struct` (package `google.protobuf`); `Empty` is `()`.
    pub use prost_types as protobuf;
}
