//! operator.

pub mod merge;
