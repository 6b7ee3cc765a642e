//! Resources: the small typed records of which the state of a node consists.
//!
//! A spec is the generated protobuf message of its type, so wire, store and YAML cannot diverge.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests say bluntly what they expect"
    )
)]

mod definition;
pub mod enums;
mod metadata;
mod names;
mod namespaces;
mod resource;
mod specs;
mod texts;
pub mod wire;
pub mod yaml;

pub use definition::{Definition, definition, definitions};
pub use metadata::{Metadata, Phase, UnknownPhase};
pub use namespaces::{NAMESPACES, namespace_exists, namespace_resources};
pub use resource::{DecodeError, Resource, Spec, Typed};
pub use texts::Texts;
