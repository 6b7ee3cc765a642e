//! Resources: the small typed records of which the state of a node consists.
//!
//! A spec is the generated protobuf message of its type, so wire, store and YAML cannot diverge.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod definition;
mod metadata;
mod resource;
mod specs;

pub use definition::{Definition, definitions};
pub use metadata::{Metadata, Phase, UnknownPhase};
pub use resource::{DecodeError, Resource, Spec, Typed};
