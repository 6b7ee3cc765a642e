//! Client of etcd: membership, care for members, keys, and locks that all control planes share.
//!
//! [`Client`] connects to the first of several members that answers, over TLS 1.3 with a client
//! certificate. The messages are generated from `proto/` (etcd's names and numbers) by
//! `cargo xtask codegen`, and committed.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests say bluntly what they expect"
    )
)]

mod client;
mod error;
mod generated;
mod keys;
mod lease;
mod lock;
mod maintenance;
mod members;
mod redacted;

pub use client::{Client, Credentials};
pub use error::Error;
pub use lease::Lease;
pub use lock::Lock;
pub use maintenance::{Alarm, AlarmKind, Downgrade, Status};
pub use members::Member;

/// Result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;
