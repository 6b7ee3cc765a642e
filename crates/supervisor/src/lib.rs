//! Keeping child processes alive: when to start, ask, kill and start again.
//!
//! - [`backoff`]: how long to wait before the next start; pure.
//! - [`machine`]: the life of one child as a state machine on explicit time; pure, and simulated
//!   with random faults in its tests.
//! - [`runner`]: carries the machine's actions out with real processes and timers.
//! - [`client`] and [`server`]: the supervision protocol (health, reload, drain and log level as
//!   calls, readiness as a stream) in ttrpc over an inherited socketpair. The parent is the client.
//!
//! A child that does not answer its health question in time is taken for stopped or deadlocked: it
//! is killed and started again. Whatever it knew it reads again from the store.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests say bluntly what they expect"
    )
)]

pub mod backoff;
pub mod client;
#[rustfmt::skip]
#[allow(clippy::unwrap_used, reason = "the generator's unwraps are on its own constants")]
mod r#gen;
pub mod machine;
pub mod runner;
pub mod server;

pub use backoff::{Backoff, BackoffSettings};
pub use client::Connection;
pub use machine::{Phase, Settings};
pub use runner::{Handle, Launch, Launcher, Status, supervise};
pub use server::{Handler, Readiness, Server};
