//! Any content of META is values or nothing, whether its checksum is right or not; values that were
//! read are written and read again as they were.
#![no_main]

use disk::meta::{BLOCK, Meta};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

fuzz_target!(|input: (bool, bool, &[u8])| {
    let (sign, old, bytes) = input;
    let mut partition = vec![0; 1 << 20];
    if old {
        let at = partition.len() - 1024;
        let part = bytes.len().min(1024);
        partition[at..at + part].copy_from_slice(&bytes[..part]);
    } else {
        let part = bytes.len().min(BLOCK - 40);
        partition[4..4 + part].copy_from_slice(&bytes[..part]);
        partition[..4].copy_from_slice(&[0x5a, 0x4b, 0x3c, 0x2d]);
        partition[BLOCK - 4..BLOCK].copy_from_slice(&[0xa5, 0xb4, 0xc3, 0xd2]);
        if sign {
            let sum = Sha256::digest(&partition[..BLOCK]);
            partition[BLOCK - 36..BLOCK - 4].copy_from_slice(&sum);
        }
    }
    if let Some(read) = Meta::read(&partition) {
        for write in read.meta.writes() {
            let at = write.offset as usize;
            partition[at..at + write.bytes.len()].copy_from_slice(&write.bytes);
        }
        let again = Meta::read(&partition).unwrap();
        assert!(again.whole && again.meta == read.meta);
    }
    if let Ok(list) = std::str::from_utf8(bytes) {
        let _ = disk::meta::injected(list, &mut Meta::default());
    }
});
