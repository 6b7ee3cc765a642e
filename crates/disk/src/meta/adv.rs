//! One copy of META: 256 KiB of numbered values with a checksum (contract os.md 3.2).

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::bytes::{array, put};

/// Bytes of a copy.
pub const BLOCK: usize = 256 << 10;
/// The first four bytes.
pub const MAGIC: u32 = 0x5a4b_3c2d;
/// The last four bytes.
const TAIL: u32 = 0xa5b4_c3d2;
/// Where the checksum is: 32 bytes before the tail.
const CHECKSUM: usize = BLOCK - 36;
/// Bytes for entries, with the key 0 that ends them if it fits.
pub(super) const CAPACITY: usize = BLOCK - 40;
/// Bytes of an entry beside its value: key and length.
const ENTRY: usize = 8;

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}

fn checksum(block: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(block.get(..CHECKSUM).unwrap_or_default());
    hash.update([0; 32]);
    hash.update(block.get(CHECKSUM + 32..).unwrap_or_default());
    hash.finalize().into()
}

/// Bytes that values take.
pub(super) fn needed(values: &BTreeMap<u8, Vec<u8>>) -> usize {
    values.values().map(|value| ENTRY.saturating_add(value.len())).fold(0, usize::saturating_add)
}

/// The values of a copy; none if it is not whole.
pub(super) fn decode(block: &[u8]) -> Option<BTreeMap<u8, Vec<u8>>> {
    let framed = be32(block, 0)? == MAGIC && be32(block, BLOCK - 4)? == TAIL;
    if !framed || array::<32>(block, CHECKSUM)? != checksum(block) {
        return None;
    }
    let entries = block.get(4..4 + CAPACITY)?;
    let mut values = BTreeMap::new();
    let mut at = 0;
    while let Some(tag) = be32(entries, at).filter(|tag| *tag != 0) {
        let length = be32(entries, at + 4)? as usize;
        let start = at + ENTRY;
        let end = start.checked_add(length)?;
        // Keys of the API are bytes; a larger one is not ours to read.
        if let Ok(tag) = u8::try_from(tag) {
            values.insert(tag, entries.get(start..end)?.to_vec());
        }
        at = end;
    }
    Some(values)
}

/// A copy with these values; whoever sets them sees to it that they fit.
pub(super) fn encode(values: &BTreeMap<u8, Vec<u8>>) -> Vec<u8> {
    let mut block = vec![0; BLOCK];
    put(&mut block, 0, &MAGIC.to_be_bytes());
    let mut at = 4;
    for (tag, value) in values {
        put(&mut block, at, &u32::from(*tag).to_be_bytes());
        put(&mut block, at + 4, &(value.len() as u32).to_be_bytes());
        put(&mut block, at + ENTRY, value);
        at += ENTRY + value.len();
    }
    put(&mut block, BLOCK - 4, &TAIL.to_be_bytes());
    let sum = checksum(&block);
    put(&mut block, CHECKSUM, &sum);
    block
}
