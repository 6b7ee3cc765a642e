//! Host DNS: a small forwarder with a cache for the node and, where configured, its pods (contract os.md 5.5).

pub mod cache;
pub mod config;
pub mod controller;
pub mod message;
pub mod resolve;
pub mod server;
pub mod upstream;
pub mod zone;
