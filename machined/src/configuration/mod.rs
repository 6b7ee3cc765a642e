//! The machine configuration on its way from a client to STATE and into the store.

pub mod apply;
pub mod store;

pub use apply::{ApplyMode, Decision};
pub use store::ConfigStore;
