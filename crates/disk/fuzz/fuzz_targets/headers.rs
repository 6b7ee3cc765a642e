//! Any bytes are a kernel image or an error, and any beginning of a disk holds something or nothing.
#![no_main]

use disk::uki::Uki;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: Vec<u8>| {
    if let Ok(uki) = Uki::parse(&bytes) {
        for (_, extent) in uki.sections {
            assert!(extent.end() <= bytes.len() as u64);
        }
    }
    let _ = disk::content::detect(&bytes);
    let _ = disk::gpt::dos_partitions(&bytes);
    let mut large = vec![0; 256 << 10];
    let part = bytes.len().min(large.len());
    large[..part].copy_from_slice(&bytes[..part]);
    let _ = disk::content::detect(&large);
});
