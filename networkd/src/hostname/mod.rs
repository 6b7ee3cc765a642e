//! Hostname: one file for each verb.

pub mod config;
pub mod merge;
pub mod status;
