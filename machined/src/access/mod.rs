//! Who may touch what: the resource store from outside and from our own children, and machine.sock.

pub mod child;
mod network_only;
pub mod peers;
pub mod public;
mod without_keys;

pub use child::ChildPolicy;
pub use peers::KnownPeers;
pub use public::PublicPolicy;
pub use without_keys::WithoutKeys;
