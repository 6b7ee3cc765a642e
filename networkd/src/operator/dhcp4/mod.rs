//! DHCPv4: an address from a server on the link, kept as long as it is wanted.

pub mod client;
pub mod lease;
pub mod message;
pub mod runner;
pub mod socket;
pub mod wishes;
