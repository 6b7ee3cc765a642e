//! The image cache: images that came with the node, served to its own container runtime.
//!
//! * [`Layout`] finds manifests and blobs in OCI layout folders.
//! * [`serve`] answers the pulling half of the registry protocol on 127.0.0.1:3172; what it does not have
//!   is a 404, after which the runtime goes on to the next mirror or to the real registry.
//! * [`hosts`] renders the runtime's `hosts.toml` files, with the cache as the first mirror of everything.

mod crowd;
pub mod hosts;
mod layout;
mod range;
mod response;
mod route;
mod server;

pub use layout::{Content, Layout};
pub use server::serve;

/// Where the cache listens (contract os.md 10.6).
pub const ADDRESS: std::net::SocketAddr =
    std::net::SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 3172);

/// Where a root image carries the images that came with it, as an OCI layout.
pub const BUILTIN: &str = "/usr/share/image-cache";
