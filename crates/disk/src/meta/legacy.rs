//! The format of old installations: syslinux' auxiliary data vector, in the last KiB of the
//! partition. Only read, for keys that nothing newer has.

use std::collections::BTreeMap;

use crate::bytes::le32;

const SIZE: usize = 512;
const HEAD: u32 = 0x5a2d_2fa5;
const SUM: u32 = 0xa304_1767;
const TAIL: u32 = 0xdd28_bf64;

/// The values of the first whole copy.
pub(super) fn read(partition: &[u8]) -> Option<BTreeMap<u8, Vec<u8>>> {
    let start = partition.len().checked_sub(2 * SIZE)?;
    let copies = partition.get(start..)?;
    copies.chunks_exact(SIZE).find_map(decode)
}

fn decode(copy: &[u8]) -> Option<BTreeMap<u8, Vec<u8>>> {
    if le32(copy, 0)? != HEAD || le32(copy, SIZE - 4)? != TAIL {
        return None;
    }
    // The checksum is what makes the words from it to the last entry add up to a constant.
    let words = copy.get(4..SIZE - 4)?.chunks_exact(4);
    let sum = words.filter_map(|word| le32(word, 0)).fold(0, u32::wrapping_add);
    if sum != SUM {
        return None;
    }
    let entries = copy.get(8..SIZE - 4)?;
    let mut values = BTreeMap::new();
    let mut at = 0;
    while let Some(tag) = entries.get(at).copied().filter(|tag| *tag != 0) {
        let length = usize::from(*entries.get(at + 1)?);
        values.insert(tag, entries.get(at + 2..at + 2 + length)?.to_vec());
        at += 2 + length;
    }
    Some(values)
}

#[cfg(test)]
pub(super) fn encode(values: &BTreeMap<u8, Vec<u8>>) -> Vec<u8> {
    use crate::bytes::put;
    let mut copy = vec![0; SIZE];
    put(&mut copy, 0, &HEAD.to_le_bytes());
    put(&mut copy, SIZE - 4, &TAIL.to_le_bytes());
    let mut at = 8;
    for (tag, value) in values {
        put(&mut copy, at, &[*tag, value.len() as u8]);
        put(&mut copy, at + 2, value);
        at += 2 + value.len();
    }
    let sum = copy[8..SIZE - 4].chunks_exact(4).filter_map(|word| le32(word, 0)).fold(0, u32::wrapping_add);
    put(&mut copy, 4, &SUM.wrapping_sub(sum).to_le_bytes());
    copy
}
