//! Any header and entries are a table or an error, whether their checksums are right or not; a table
//! that was read is written and read again as it was.
#![no_main]

use disk::gpt::load;
use libfuzzer_sys::fuzz_target;

const SIZE: usize = 1 << 20;

fuzz_target!(|input: (bool, bool, &[u8])| {
    let (sign, at_the_end, bytes) = input;
    let mut disk = vec![0; SIZE];
    let (header, entries) = bytes.split_at(bytes.len().min(92));
    let mut header = header.to_vec();
    header.resize(92, 0);
    let entries = &entries[..entries.len().min(16 << 10)];
    let (lba, entries_at) = if at_the_end { (SIZE / 512 - 1, SIZE - 512 - (16 << 10)) } else { (1, 1024) };
    disk[entries_at..entries_at + entries.len()].copy_from_slice(entries);
    if sign {
        header[..16].copy_from_slice(b"EFI PART\0\0\x01\0\x5c\0\0\0");
        header[24..32].copy_from_slice(&(lba as u64).to_le_bytes());
        header[72..80].copy_from_slice(&((entries_at / 512) as u64).to_le_bytes());
        let number = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let length = u64::from(number(80)) * u64::from(number(84));
        if let Some(listed) = usize::try_from(length).ok().and_then(|length| disk.get(entries_at..entries_at + length.min(SIZE))) {
            let sum = crc32fast::hash(listed);
            header[88..92].copy_from_slice(&sum.to_le_bytes());
        }
        header[16..20].fill(0);
        let sum = crc32fast::hash(&header);
        header[16..20].copy_from_slice(&sum.to_le_bytes());
    }
    disk[lba * 512..lba * 512 + 92].copy_from_slice(&header);
    let Ok(Some(found)) = load(&disk, 512) else { return };
    // What another program wrote may have more partitions, or places that this one does not use.
    if let Ok(writes) = found.table.writes() {
        for write in writes {
            let at = write.offset as usize;
            disk[at..at + write.bytes.len()].copy_from_slice(&write.bytes);
        }
        let again = load(&disk, 512).unwrap().unwrap();
        assert!(again.whole());
        assert_eq!(again.table, found.table);
    }
});
