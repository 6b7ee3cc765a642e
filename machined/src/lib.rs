//! PID 1: owns the resource store, runs the controllers, supervises the other daemons and answers the API.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests say bluntly what they expect"
    )
)]

pub mod access;
pub mod api;
pub mod blocking;
pub mod boot;
pub mod children;
pub mod configuration;
pub mod console;
pub mod controllers;
pub mod directories;
pub mod events;
pub mod kubernetes;
pub mod logs;
pub mod machine;
pub mod platform;
pub mod process;
pub mod registry;
pub mod sequencer;
pub mod server;
pub mod services;
pub mod signals;
pub mod stage;
pub mod tasks;
