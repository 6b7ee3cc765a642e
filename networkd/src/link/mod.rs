//! Links: one file for each verb.

pub mod apply;
pub mod config;
pub mod merge;
pub mod plan;
pub mod status;
