//! networkd against the real kernel, in network namespaces that the tests make.
//!
//! They need root; without it each says that it was skipped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

mod dhcp;
mod namespace;
mod node;
mod pipeline;
mod plans;
