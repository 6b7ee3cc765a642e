//! Numbers that others cannot guess.

use std::hash::{BuildHasher, RandomState};

/// A random number, from the kernel; should that ever fail, from the process's own random keys.
pub fn u32() -> u32 {
    getrandom::u32().unwrap_or_else(|_| {
        let [a, b, c, d, ..] = RandomState::new().hash_one(()).to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    })
}

/// A random identifier of 16 bits.
pub fn u16() -> u16 {
    let [a, b, ..] = u32().to_le_bytes();
    u16::from_le_bytes([a, b])
}
