//! Tables that are written, read, torn and damaged.

use proptest::prelude::*;

use super::*;
use crate::guid::{derive, kind};

const SIZE: usize = 4 << 20;

fn table(labels: &[(&str, u64, u64)]) -> Table {
    let partitions = (1..)
        .zip(labels)
        .map(|(number, (label, first, last))| Partition {
            number,
            kind: kind::LINUX,
            guid: derive(b"test", label),
            first: *first,
            last: *last,
            attributes: 0,
            label: (*label).to_owned(),
        })
        .collect();
    Table { sector_size: 512, sectors: (SIZE / 512) as u64, guid: derive(b"test", "disk"), partitions }
}

fn apply(disk: &mut [u8], writes: &[Write]) {
    for write in writes {
        let at = write.offset as usize;
        disk[at..at + write.bytes.len()].copy_from_slice(&write.bytes);
    }
}

fn loaded(disk: &Vec<u8>) -> Found {
    load(disk, 512).unwrap().unwrap()
}

#[test]
fn a_table_is_read_as_it_was_written() {
    let mut disk = vec![0; SIZE];
    let table = table(&[("EFI", 2048, 4095), ("META", 4096, 6143)]);
    apply(&mut disk, &table.writes().unwrap());
    assert_eq!(loaded(&disk), Found { table, primary: true, backup: true });
    assert_eq!(dos_partitions(&disk).unwrap(), None);
}

#[test]
fn sectors_of_4096_bytes_work_too() {
    let mut disk = vec![0; SIZE];
    let mut table = table(&[("EFI", 256, 511)]);
    (table.sector_size, table.sectors) = (4096, (SIZE / 4096) as u64);
    apply(&mut disk, &table.writes().unwrap());
    let found = load(&disk, 4096).unwrap().unwrap();
    assert!(found.whole() && found.table == table);
    assert_eq!(table.extent_of("EFI").unwrap(), Extent { offset: 1 << 20, length: 1 << 20 });
}

#[test]
fn an_empty_disk_has_no_table_and_a_tiny_one_neither() {
    assert!(load(&vec![0; SIZE], 512).unwrap().is_none());
    assert!(load(&vec![0; 512], 512).unwrap().is_none());
}

/// Every moment of a loss of power: between two writes, and at every sector within one.
#[test]
fn a_torn_change_leaves_the_old_table_or_the_new_one() {
    let old = table(&[("EFI", 2048, 4095)]);
    let new = table(&[("EFI", 2048, 4095), ("META", 4096, 6143)]);
    let mut disk = vec![0; SIZE];
    apply(&mut disk, &old.writes().unwrap());
    let writes = new.writes().unwrap();
    for (done, write) in writes.iter().enumerate() {
        for cut in (0..=write.bytes.len()).step_by(512) {
            let mut torn = disk.clone();
            apply(&mut torn, &writes[..done]);
            apply(&mut torn, &[Write { offset: write.offset, bytes: write.bytes[..cut].to_vec() }]);
            let found = loaded(&torn);
            assert!(found.table == old || found.table == new, "after {done} writes and {cut} bytes");
            // What was torn is repaired by writing the table that was found.
            apply(&mut torn, &found.table.writes().unwrap());
            assert!(loaded(&torn).whole());
        }
    }
}

#[test]
fn damage_in_both_copies_is_told_with_what_is_damaged() {
    let mut disk = vec![0; SIZE];
    apply(&mut disk, &table(&[("EFI", 2048, 4095)]).writes().unwrap());
    disk[1024 + 40] ^= 1;
    assert!(!loaded(&disk).primary);
    disk[SIZE - 512 + 20] ^= 1;
    let error = load(&disk, 512).unwrap_err().to_string();
    assert_eq!(
        error,
        "the partition table is damaged in both copies: at the beginning the checksum of its entries is \
         wrong; at the end the checksum of its header is wrong"
    );
}

#[test]
fn an_image_on_a_larger_disk_keeps_its_table() {
    let mut disk = vec![0; SIZE];
    let table = table(&[("EFI", 2048, 4095)]);
    apply(&mut disk, &table.writes().unwrap());
    disk.resize(2 * SIZE, 0);
    let found = loaded(&disk);
    assert_eq!(found.table.partitions, table.partitions);
    assert!(found.primary && !found.backup, "the copy belongs to the end of the disk");
}

#[test]
fn tables_that_contradict_themselves_are_not_written() {
    for (labels, why) in [
        (vec![("a", 2048, 4095), ("b", 4095, 5000)], "partitions 1 and 2 overlap"),
        (vec![("a", 1, 4095)], "partition \"a\" lies outside of the disk"),
        (vec![("a", 2048, 9000)], "partition \"a\" lies outside of the disk"),
        (
            vec![("a-name-that-is-longer-than-the-table-can-hold", 2048, 4095)],
            "the label \"a-name-that-is-longer-than-the-table-can-hold\" is longer than 36 characters",
        ),
    ] {
        let error = table(&labels).writes().unwrap_err().to_string();
        assert_eq!(error, format!("the partition table cannot be written: {why}"));
    }
}

#[test]
fn the_table_of_dos_is_told_from_the_boot_sector_of_a_file_system() {
    let mut disk = vec![0; SIZE];
    (disk[510], disk[511]) = (0x55, 0xaa);
    assert_eq!(dos_partitions(&disk).unwrap(), None);
    disk[446 + 4] = 0x83;
    assert_eq!(dos_partitions(&disk).unwrap(), Some(1));
    disk[446] = 0x33;
    assert_eq!(dos_partitions(&disk).unwrap(), None);
}

proptest! {
    #[test]
    fn any_bytes_are_a_table_or_an_error(start in prop::collection::vec(any::<u8>(), 0..4096), signed in any::<bool>()) {
        let mut disk = vec![0; 64 << 10];
        disk[512..512 + start.len()].copy_from_slice(&start);
        if signed {
            disk[512..520].copy_from_slice(b"EFI PART");
        }
        let _ = load(&disk, 512);
    }
}
