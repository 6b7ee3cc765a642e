//! The commands, one file each.

pub mod apply_config;
pub mod bootstrap;
pub mod cluster;
pub mod kubeconfig;
pub mod service;
pub mod version;
