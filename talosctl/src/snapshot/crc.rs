//! CRC-32C (Castagnoli), which etcd uses for the hash of a snapshot.

use std::sync::LazyLock;

/// The polynomial, bits reversed.
const POLYNOMIAL: u32 = 0x82F6_3B78;

static TABLE: LazyLock<[u32; 256]> = LazyLock::new(|| {
    let step = |value: u32| if value & 1 == 1 { (value >> 1) ^ POLYNOMIAL } else { value >> 1 };
    let mut byte = 0;
    [(); 256].map(|()| {
        let entry = (0..8).fold(byte, |value, _| step(value));
        byte += 1;
        entry
    })
});

/// A checksum under way.
#[derive(Debug, Clone, Copy)]
pub struct Crc32c(u32);

impl Default for Crc32c {
    fn default() -> Self {
        Self(!0)
    }
}

impl Crc32c {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let index = (self.0 ^ u32::from(*byte)) & 0xFF;
            // The table has an entry for every byte.
            let entry = TABLE.get(index as usize).copied().unwrap_or_default();
            self.0 = (self.0 >> 8) ^ entry;
        }
    }

    /// The checksum of all bytes so far.
    pub fn value(self) -> u32 {
        !self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_algorithm_is_met() {
        let mut crc = Crc32c::default();
        crc.update(b"12345");
        crc.update(b"6789");
        assert_eq!(crc.value(), 0xE306_9283);
    }
}
