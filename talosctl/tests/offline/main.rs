//! The offline commands, run as a user runs them: the built program in an empty folder.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say bluntly what they expect"
)]

mod completion;
mod generate;
mod pages;
mod patch;
mod pki;
mod refusals;
mod rewriting;
mod support;
mod validate;
