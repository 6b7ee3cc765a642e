//! The machine configuration on its way from a client to STATE and into the store.

pub mod active;
pub mod apply;
pub mod hardware;
pub mod keeper;
pub mod notice;
pub mod review;
pub mod store;

pub use active::{Active, ActiveConfig};
pub use apply::{ApplyMode, Decision};
pub use keeper::{Keeper, KeeperError};
pub use store::ConfigStore;
