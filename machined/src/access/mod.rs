//! Who may touch what: the resource store from outside and from our own children, and machine.sock.

pub mod child;
pub mod peers;
pub mod public;

pub use child::ChildPolicy;
pub use peers::KnownPeers;
pub use public::PublicPolicy;
