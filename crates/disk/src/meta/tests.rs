//! Values that are written, torn, damaged and too large.

use proptest::prelude::*;

use super::*;

const PARTITION: usize = 1 << 20;

fn meta(values: &[(u8, &[u8])]) -> Meta {
    let mut meta = Meta::default();
    for (tag, value) in values {
        meta.set(*tag, *value).unwrap();
    }
    meta
}

fn apply(partition: &mut [u8], writes: &[Write]) {
    for write in writes {
        let at = write.offset as usize;
        partition[at..at + write.bytes.len()].copy_from_slice(&write.bytes);
    }
}

fn written(meta: &Meta) -> Vec<u8> {
    let mut partition = vec![0; PARTITION];
    apply(&mut partition, &meta.writes());
    partition
}

#[test]
fn values_are_read_as_they_were_written() {
    let meta = meta(&[(tag::UPGRADE, b"A"), (tag::USER_RESERVED_1, b""), (0xff, &[0, 1, 2])]);
    assert_eq!(Meta::read(&written(&meta)), Some(Read { meta, whole: true }));
}

/// Bytes that the contract's description gives, counted by hand.
#[test]
fn a_copy_has_its_numbers_where_others_look_for_them() {
    let partition = written(&meta(&[(0x0a, b"xyz")]));
    assert_eq!(partition[..15], [0x5a, 0x4b, 0x3c, 0x2d, 0, 0, 0, 0x0a, 0, 0, 0, 3, b'x', b'y', b'z']);
    assert_eq!(partition[(256 << 10) - 4..256 << 10], [0xa5, 0xb4, 0xc3, 0xd2]);
    assert_eq!(partition[..256 << 10], partition[256 << 10..512 << 10]);
    assert!(partition[512 << 10..].iter().all(|byte| *byte == 0));
}

#[test]
fn an_empty_partition_has_no_values() {
    assert_eq!(Meta::read(&vec![0; PARTITION]), None);
    assert_eq!(Meta::read(&[]), None);
    assert_eq!(Meta::read(&written(&Meta::default())).unwrap().meta, Meta::default());
}

/// Every moment of a loss of power, sector by sector where the values are.
#[test]
fn a_torn_write_leaves_the_old_values_or_the_new_ones() {
    let (old, new) = (meta(&[(6, b"A"), (12, b"kept")]), meta(&[(6, b"B"), (12, b"kept"), (13, &[7; 3000])]));
    let before = written(&old);
    let writes = new.writes();
    for (done, write) in writes.iter().enumerate() {
        let cuts = (0..8).map(|sector| sector * 512).chain([BLOCK - 512, BLOCK]);
        for cut in cuts {
            let mut torn = before.clone();
            apply(&mut torn, &writes[..done]);
            apply(&mut torn, &[Write { offset: write.offset, bytes: write.bytes[..cut].to_vec() }]);
            let read = Meta::read(&torn).unwrap();
            assert!(read.meta == old || read.meta == new, "after {done} copies and {cut} bytes");
            apply(&mut torn, &read.meta.writes());
            assert!(Meta::read(&torn).unwrap().whole);
        }
    }
}

#[test]
fn a_damaged_copy_is_told_by_its_checksum() {
    let meta = meta(&[(6, b"A")]);
    let mut partition = written(&meta);
    partition[12] ^= 1;
    assert_eq!(Meta::read(&partition), Some(Read { meta, whole: false }));
    partition[BLOCK + 12] ^= 1;
    assert_eq!(Meta::read(&partition), None);
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let mut meta = meta(&[(6, b"A")]);
    let room = adv::CAPACITY - 9 - 8;
    assert_eq!(
        meta.set(7, vec![0; room + 1]).unwrap_err().to_string(),
        "META has room for 262104 bytes, these values need 262105: delete some first"
    );
    assert_eq!(meta.set(0, b"x".as_slice()), Err(MetaError::ZeroKey));
    assert_eq!(meta.keys().collect::<Vec<_>>(), [6]);
    meta.set(7, vec![1; room]).unwrap();
    assert_eq!(Meta::read(&written(&meta)).unwrap().meta, meta);
}

#[test]
fn keys_of_old_installations_are_read_where_nothing_newer_has_them() {
    let old = BTreeMap::from([(6, b"old".to_vec()), (9, b"{}".to_vec())]);
    let mut partition = vec![0; PARTITION];
    let copy = legacy::encode(&old);
    partition[PARTITION - 512..].copy_from_slice(&copy);
    assert_eq!(Meta::read(&partition).unwrap().meta.text(6), Some("old"));
    apply(&mut partition, &meta(&[(6, b"new")]).writes());
    let read = Meta::read(&partition).unwrap().meta;
    assert_eq!((read.text(6), read.text(9)), (Some("new"), Some("{}")));
}

#[test]
fn values_are_not_in_the_debug_form() {
    assert_eq!(format!("{:?}", meta(&[(0x10, b"secret")])), "{\"0x10\"}");
}

proptest! {
    #[test]
    fn any_values_survive(values in prop::collection::btree_map(1_u8.., prop::collection::vec(any::<u8>(), 0..64), 0..20)) {
        let meta = Meta { values };
        prop_assert_eq!(Meta::read(&written(&meta)).unwrap().meta, meta);
    }

    #[test]
    fn any_bytes_are_values_or_nothing(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
        let mut partition = vec![0; 1024 + BLOCK];
        partition[..bytes.len()].copy_from_slice(&bytes);
        let _ = Meta::read(&partition);
        let _ = Meta::read(&bytes);
    }
}
