//! Documents of disks, volumes and arrays.

mod encryption;
mod storage;
mod volume;

pub use encryption::*;
pub use storage::*;
pub use volume::*;
