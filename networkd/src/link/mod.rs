//! Links: one file for each verb.

pub mod apply;
pub mod merge;
pub mod plan;
pub mod status;
