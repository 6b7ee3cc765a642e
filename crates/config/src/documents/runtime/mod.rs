//! Documents of the running system, its security, hardware and containers.

mod cluster;
mod container;
mod cri;
mod image;
mod system;

pub use cluster::*;
pub use container::*;
pub use cri::*;
pub use image::*;
pub use system::*;
