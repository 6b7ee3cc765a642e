//! The installer: looks at a disk, plans, and carries the plan out.
//!
//! `inspect` gathers what is there as [`disk::facts::Facts`], `disk::plan` decides, `execute` does
//! it, each step on the disk before the next one begins. [`commands`] puts the three together for
//! the command line; a service that is asked over a socket is meant to call the same functions.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests say bluntly what they expect"
    )
)]

pub mod assets;
pub mod cli;
pub mod commands;
mod error;
pub mod execute;
pub mod fat;
mod fat_folders;
mod folder;
pub mod inspect;
pub mod meta;
mod port;
pub mod select;
pub mod variables;
mod volume;

pub use error::{Error, Result};
pub use port::Machine;
