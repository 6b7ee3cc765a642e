//! Hostname: one file for each verb.

pub mod merge;
pub mod status;
