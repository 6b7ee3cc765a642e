//! The command line: drives one node or a fleet, offline or over the API.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod cli;
pub mod commands;
pub mod credentials;
pub mod failure;
pub mod global;
pub mod output;
pub mod session;

pub use cli::run;
