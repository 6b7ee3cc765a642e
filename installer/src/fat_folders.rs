//! New folders in the way in which the format's specification has them (Microsoft FAT 1.03, "."
//! and ".."): the crate that makes them puts a long name before each of the two, which firmware
//! overlooks and checkers complain about.

use disk::bytes::Extent;
use sys::disk::DiskPort;

use crate::Result;

const ENTRY: usize = 32;
const LONG_NAME: u8 = 0x0f;
const FOLDER: u8 = 0x10;
const REMOVED: u8 = 0xe5;
/// Folders within each other that are looked at.
const DEEPEST: usize = 8;

/// Where things are in a FAT32 file system.
struct Geometry {
    /// The byte at which cluster 2 begins.
    data: u64,
    /// Bytes of a cluster.
    cluster: u64,
    /// The cluster of the root folder.
    root: u32,
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn le16(bytes: &[u8], at: usize) -> u64 {
    number(bytes, at).map_or(0, u16::from_le_bytes).into()
}

fn le32(bytes: &[u8], at: usize) -> u32 {
    number(bytes, at).map_or(0, u32::from_le_bytes)
}

fn geometry(boot: &[u8], extent: Extent) -> Option<Geometry> {
    let (sector, per_cluster) = (le16(boot, 11), u64::from(*boot.get(13)?));
    let fats = u64::from(*boot.get(16)?) * u64::from(le32(boot, 36));
    let fat32 = le16(boot, 22) == 0 && sector > 0 && per_cluster > 0;
    let data = (le16(boot, 14) + fats) * sector;
    let fits = fat32 && data < extent.length && sector * per_cluster <= 64 << 10;
    fits.then(|| Geometry { data, cluster: sector * per_cluster, root: le32(boot, 44) })
}

/// Puts the first entries of every folder in order. Other kinds than FAT32 are left alone: nothing
/// is written into those.
pub(crate) fn straighten(disk: &dyn DiskPort, extent: Extent) -> Result<()> {
    let mut boot = [0; 512];
    disk.read_at(extent.offset, &mut boot)?;
    match geometry(&boot, extent) {
        Some(geometry) => visit(disk, extent, &geometry, geometry.root, 0),
        None => Ok(()),
    }
}

fn visit(disk: &dyn DiskPort, extent: Extent, geometry: &Geometry, cluster: u32, depth: usize) -> Result<()> {
    let from_data = u64::from(cluster.saturating_sub(2)).saturating_mul(geometry.cluster);
    let at = geometry.data.saturating_add(from_data);
    if cluster < 2 || depth > DEEPEST || at.saturating_add(geometry.cluster) > extent.length {
        return Ok(());
    }
    let mut entries = vec![0; usize::try_from(geometry.cluster).unwrap_or(0)];
    disk.read_at(extent.offset + at, &mut entries)?;
    if depth > 0
        && let Some(head) = in_order(&entries, depth == 1)
    {
        disk.write_at(extent.offset + at, &head)?;
    }
    for entry in entries.chunks_exact(ENTRY) {
        let (first, kind) = (entry.first().copied().unwrap_or(0), entry.get(11).copied().unwrap_or(0));
        if first == 0 {
            break;
        }
        if first != REMOVED && first != b'.' && kind != LONG_NAME && kind & FOLDER != 0 {
            let child = (le16(entry, 20) as u32) << 16 | le16(entry, 26) as u32;
            visit(disk, extent, geometry, child, depth + 1)?;
        }
    }
    Ok(())
}

/// The first four entries as they should be, if they are as the crate makes them: each of "." and
/// ".." behind a long name of its own.
fn in_order(entries: &[u8], below_root: bool) -> Option<Vec<u8>> {
    let slot = |number: usize| entries.get(number * ENTRY..(number + 1) * ENTRY);
    let is = |number: usize, name: &[u8]| slot(number).is_some_and(|entry| entry.starts_with(name));
    let long = |number: usize| slot(number).is_some_and(|entry| entry.get(11) == Some(&LONG_NAME));
    if !(long(0) && is(1, b".          ") && long(2) && is(3, b"..         ")) {
        return None;
    }
    let mut head = [slot(1)?, slot(3)?, slot(0)?, slot(2)?].concat();
    for number in [2, 3] {
        *head.get_mut(number * ENTRY)? = REMOVED;
    }
    if below_root {
        // The root counts as cluster 0 here, wherever it lies.
        for at in [20, 21, 26, 27] {
            *head.get_mut(ENTRY + at)? = 0;
        }
    }
    Some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_begins_with_itself_and_its_parent() {
        let entry = |name: &[u8], kind: u8| {
            let mut entry = vec![b' '; 11];
            entry[..name.len()].copy_from_slice(name);
            entry.push(kind);
            entry.resize(ENTRY, 5);
            entry
        };
        let made =
            [entry(b"A.", LONG_NAME), entry(b".", FOLDER), entry(b"A.", LONG_NAME), entry(b"..", FOLDER)]
                .concat();
        let head = in_order(&made, true).unwrap();
        assert!(head.starts_with(b".          ") && head[ENTRY..].starts_with(b"..         "));
        assert_eq!((head[64], head[96], &head[52..54], head[26]), (REMOVED, REMOVED, [0, 0].as_slice(), 5));
        assert_eq!(in_order(&head, true), None, "what is in order stays");
    }
}
