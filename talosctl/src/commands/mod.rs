//! The commands, one file each.

pub mod apply_config;
pub mod bootstrap;
pub mod cluster;
pub mod config;
pub mod containers;
pub mod copy;
pub mod dmesg;
pub mod events;
pub mod get;
pub mod health;
pub mod kubeconfig;
pub mod list;
pub mod logs;
pub mod memory;
pub mod mounts;
pub mod netstat;
pub mod processes;
pub mod read;
pub mod replaced;
pub mod restart;
pub mod service;
pub mod stats;
pub mod time;
pub mod usage;
pub mod version;
