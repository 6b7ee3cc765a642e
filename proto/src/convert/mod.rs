//! Conversions between messages and the types of the standard library.

mod address;
mod notice;
mod time;
mod url;

pub use address::InvalidAddress;
pub use time::{duration, std_duration, system_time};
