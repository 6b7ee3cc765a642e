//! Resources of a node: reading them, finding their type by any of its names, showing them.

pub mod format;
pub mod resolve;
pub mod show;
pub mod store;
pub mod watch;
