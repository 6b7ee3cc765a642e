//! Looking ahead: what networkd is about to change, and what it would change.

pub mod service;
pub mod steps;
