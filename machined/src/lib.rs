//! PID 1: owns the resource store, runs the controllers, supervises the other daemons and answers the API.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod access;
pub mod api;
pub mod configuration;
pub mod events;
pub mod kubernetes;
pub mod logs;
pub mod sequencer;
