//! Disks, without touching one: partition tables, META, boot loaders, and the plans that lead from
//! what is on a disk to what is wanted.
//!
//! Everything is a function of bytes or of plain facts. `installer` gathers the facts
//! ([`facts::Facts`]), makes a plan ([`plan`]) and carries its steps ([`step::Step`]) out.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests say bluntly what they expect"
    )
)]

pub mod bytes;
pub mod content;
pub mod facts;
pub mod firmware;
pub mod foreign;
pub mod gpt;
pub mod grub;
pub mod guid;
pub mod layout;
pub mod meta;
pub mod plan;
pub mod sdboot;
pub mod simulate;
pub mod step;
pub mod uki;
mod version;

/// What the name of a file ends in while it is being written, beside the one that it replaces.
pub const NEIGHBOUR: &str = ".new";
