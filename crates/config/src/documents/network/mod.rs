//! Documents of the network.

mod bgp;
mod bond;
mod dhcp;
mod ethernet;
mod filter;
mod host;
mod link;
mod logical;
mod probe;
mod resolver;
mod route;
mod vip;
mod wireguard;

pub use bgp::*;
pub use bond::*;
pub use dhcp::*;
pub use ethernet::*;
pub use filter::*;
pub use host::*;
pub use link::*;
pub use logical::*;
pub use probe::*;
pub use resolver::*;
pub use route::*;
pub use vip::*;
pub use wireguard::*;
