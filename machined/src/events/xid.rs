//! Event ids: 12 bytes (seconds, machine, process, counter), 20 characters of base32hex.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// An id that sorts by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Xid([u8; 12]);

const ALPHABET: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

/// Makes ids of one process.
#[derive(Debug)]
pub struct XidSource {
    process: [u8; 5],
    counter: AtomicU32,
}

impl Default for XidSource {
    fn default() -> Self {
        let mut seed = [0u8; 8];
        // Without entropy ids are still unique within the process.
        let _ = getrandom::fill(&mut seed);
        let [a, b, c, d, e, counter @ ..] = seed;
        let [x, y, z] = counter;
        Self { process: [a, b, c, d, e], counter: AtomicU32::new(u32::from_be_bytes([0, x, y, z])) }
    }
}

impl XidSource {
    /// The next id at `now`.
    pub fn next(&self, now: SystemTime) -> Xid {
        let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()) as u32;
        let [_, x, y, z] = self.counter.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let [s0, s1, s2, s3] = seconds.to_be_bytes();
        let [a, b, c, d, e] = self.process;
        Xid([s0, s1, s2, s3, a, b, c, d, e, x, y, z])
    }
}

impl Xid {
    /// Parses the text form; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 20 {
            return None;
        }
        let mut bits: u128 = 0;
        for c in text.bytes() {
            let digit = ALPHABET.iter().position(|a| *a == c)?;
            bits = bits << 5 | digit as u128;
        }
        // 20 digits hold 100 bits; the last 4 are padding.
        let bytes = (bits >> 4).to_be_bytes();
        bytes.get(4..)?.try_into().ok().map(Self)
    }

    /// Seconds since the epoch at which the id was made.
    pub fn seconds(&self) -> u32 {
        let [a, b, c, d, ..] = self.0;
        u32::from_be_bytes([a, b, c, d])
    }
}

impl fmt::Display for Xid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0.iter().fold(0u128, |acc, b| acc << 8 | u128::from(*b)) << 4;
        (0..20).rev().try_for_each(|i| {
            let digit = ALPHABET.get((bits >> (i * 5)) as usize & 31).copied().unwrap_or(b'0');
            write!(f, "{}", char::from(digit))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_text_form_is_the_fields_usual_one() {
        // The example of the field's own documentation.
        let bytes = [0x4d, 0x88, 0xe1, 0x5b, 0x60, 0xf4, 0x86, 0xe4, 0x28, 0x41, 0x2d, 0xc9];
        assert_eq!(Xid(bytes).to_string(), "9m4e2mr0ui3e8a215n4g");
        assert_eq!(Xid::parse("9m4e2mr0ui3e8a215n4g"), Some(Xid(bytes)));
        assert_eq!(Xid(bytes).seconds(), 1_300_816_219);
    }

    #[test]
    fn garbage_is_not_an_id() {
        for text in ["", "9m4e2mr0ui3e8a215n4", "9m4e2mr0ui3e8a215n4z", "9M4E2MR0UI3E8A215N4G"] {
            assert_eq!(Xid::parse(text), None, "{text}");
        }
    }

    #[test]
    fn later_ids_sort_later() {
        let source = XidSource { process: [1; 5], counter: AtomicU32::new(0) };
        let now = UNIX_EPOCH + Duration::from_secs(1000);
        let ids = [source.next(now), source.next(now), source.next(now + Duration::from_secs(1))];
        assert!(ids.is_sorted() && ids[0] != ids[1]);
    }
}
