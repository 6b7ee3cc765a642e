//! The discovery service of a cluster: where its nodes find each other, kept in memory only.

pub mod registry;
pub mod service;
