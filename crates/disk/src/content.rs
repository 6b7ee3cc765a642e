//! What lies on a disk or in a partition, told by the marks that file systems and volume managers
//! leave. Names are those that `blkid` uses.

use std::fmt;
use std::io;

use crate::bytes::{ReadAt, array, le16, le32, read};
use crate::guid::Guid;

/// What was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its kind, for example `xfs`, `crypto_LUKS` or `LVM2_member`.
    pub kind: &'static str,
    /// Its label; empty if it has none.
    pub label: String,
    /// Its identifier; empty if it has none that is known.
    pub uuid: String,
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind)?;
        if !self.label.is_empty() {
            write!(f, " labelled {:?}", self.label)?;
        }
        if !self.uuid.is_empty() {
            write!(f, " ({})", self.uuid)?;
        }
        Ok(())
    }
}

/// Bytes at the beginning that hold all marks but the last ones.
const HEAD: usize = 128 << 10;

/// What lies there; none if nothing is recognised.
///
/// # Errors
/// When it cannot be read.
pub fn detect(from: &dyn ReadAt) -> io::Result<Option<Content>> {
    let length = usize::try_from(from.size()).unwrap_or(HEAD).min(HEAD);
    let head = read(from, 0, length)?;
    if let Some(content) = FORMATS.iter().find_map(|format| format(&head)) {
        return Ok(Some(content));
    }
    at_the_end(from)
}

/// A way to recognise one format by the beginning of what holds it.
type Format = fn(&[u8]) -> Option<Content>;

/// From the surest marks to the weakest: two bytes in the last place.
const FORMATS: [Format; 19] = [
    luks, xfs, ext, btrfs, swap, lvm, raid_1_1, raid_1_2, squashfs, erofs, f2fs, zfs, bluestore, bcache,
    iso9660, ntfs, exfat, talosmeta, vfat,
];

fn content(kind: &'static str, label: &[u8], uuid: String) -> Content {
    let end = label.iter().position(|byte| *byte == 0).unwrap_or(label.len());
    let label = String::from_utf8_lossy(label.get(..end).unwrap_or_default());
    Content { kind, label: label.trim_end().to_owned(), uuid }
}

fn plain(kind: &'static str) -> Content {
    content(kind, b"", String::new())
}

fn uuid(bytes: &[u8], at: usize) -> String {
    array(bytes, at)
        .map(Guid::from_bytes)
        .filter(|uuid| !uuid.is_nil())
        .map_or_else(String::new, |uuid| uuid.to_string())
}

fn marked(head: &[u8], at: usize, mark: &[u8]) -> Option<()> {
    (head.get(at..at.checked_add(mark.len())?)? == mark).then_some(())
}

fn luks(head: &[u8]) -> Option<Content> {
    marked(head, 0, b"LUKS\xba\xbe")?;
    let label = if le16(head, 6) == Some(0x0200) { head.get(24..72)? } else { b"".as_slice() };
    Some(content("crypto_LUKS", label, text(head.get(168..208)?)))
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}

fn xfs(head: &[u8]) -> Option<Content> {
    marked(head, 0, b"XFSB")?;
    Some(content("xfs", head.get(108..120)?, uuid(head, 32)))
}

fn ext(head: &[u8]) -> Option<Content> {
    let superblock = head.get(1024..2048)?;
    marked(superblock, 56, &[0x53, 0xef])?;
    let (compatible, incompatible) = (le32(superblock, 92)?, le32(superblock, 96)?);
    // A journal alone; extents, 64 bits, flexible groups; otherwise by whether there is a journal.
    let kind = match () {
        () if incompatible & 0x8 != 0 => "jbd",
        () if incompatible & 0x2c0 != 0 => "ext4",
        () if compatible & 0x4 != 0 => "ext3",
        () => "ext2",
    };
    Some(content(kind, superblock.get(120..136)?, uuid(superblock, 104)))
}

fn btrfs(head: &[u8]) -> Option<Content> {
    let superblock = head.get(65536..65536 + 4096)?;
    marked(superblock, 64, b"_BHRfS_M")?;
    Some(content("btrfs", superblock.get(299..555)?, uuid(superblock, 32)))
}

fn swap(head: &[u8]) -> Option<Content> {
    let sizes = [4096, 8192, 16384, 65536];
    sizes.into_iter().find_map(|page| {
        marked(head, page - 10, b"SWAPSPACE2").or_else(|| marked(head, page - 10, b"SWAP-SPACE"))
    })?;
    Some(content("swap", head.get(1052..1068)?, uuid(head, 1036)))
}

fn lvm(head: &[u8]) -> Option<Content> {
    // In any of the first four sectors.
    let at = [0, 512, 1024, 1536].into_iter().find(|at| {
        marked(head, *at, b"LABELONE").is_some() && marked(head, at + 24, b"LVM2 001").is_some()
    })?;
    Some(content("LVM2_member", b"", text(head.get(at + 32..at + 64)?)))
}

fn raid(head: &[u8], at: usize) -> Option<Content> {
    marked(head, at, &0xa92b_4efc_u32.to_le_bytes())?;
    Some(content("linux_raid_member", head.get(at + 32..at + 64)?, uuid(head, at + 16)))
}

fn raid_1_1(head: &[u8]) -> Option<Content> {
    raid(head, 0)
}

fn raid_1_2(head: &[u8]) -> Option<Content> {
    raid(head, 4096)
}

fn squashfs(head: &[u8]) -> Option<Content> {
    marked(head, 0, b"hsqs").map(|()| plain("squashfs"))
}

fn erofs(head: &[u8]) -> Option<Content> {
    marked(head, 1024, &0xe0f5_e1e2_u32.to_le_bytes())?;
    Some(content("erofs", head.get(1024 + 64..1024 + 80)?, uuid(head, 1024 + 48)))
}

fn f2fs(head: &[u8]) -> Option<Content> {
    marked(head, 1024, &0xf2f5_2010_u32.to_le_bytes())?;
    Some(content("f2fs", b"", uuid(head, 1024 + 108)))
}

fn zfs(head: &[u8]) -> Option<Content> {
    // An uberblock of the first label, of either byte order; its ring begins at 128 KiB less one
    // label's half, so that the pool's name list ("name" after its header) is looked for instead.
    let list = head.get(16 << 10..128 << 10)?;
    marked(list, 0, &[1, 1, 0, 0]).or_else(|| marked(list, 0, &[1, 0, 0, 0]))?;
    let has =
        |word: &[u8]| list.get(..512).is_some_and(|start| start.windows(word.len()).any(|part| part == word));
    (has(b"version") && has(b"name")).then(|| plain("zfs_member"))
}

fn bluestore(head: &[u8]) -> Option<Content> {
    marked(head, 0, b"bluestore block device").map(|()| plain("ceph_bluestore"))
}

fn bcache(head: &[u8]) -> Option<Content> {
    const MARK: [u8; 16] =
        [0xc6, 0x85, 0x73, 0xf6, 0x4e, 0x1a, 0x45, 0xca, 0x82, 0x65, 0xf5, 0x7f, 0x48, 0xba, 0x6d, 0x81];
    marked(head, 4096 + 24, &MARK)?;
    Some(content("bcache", b"", uuid(head, 4096 + 40)))
}

fn iso9660(head: &[u8]) -> Option<Content> {
    marked(head, 32769, b"CD001")?;
    Some(content("iso9660", head.get(32768 + 40..32768 + 72)?, String::new()))
}

fn ntfs(head: &[u8]) -> Option<Content> {
    marked(head, 3, b"NTFS    ").map(|()| plain("ntfs"))
}

fn exfat(head: &[u8]) -> Option<Content> {
    marked(head, 3, b"EXFAT   ").map(|()| plain("exfat"))
}

fn talosmeta(head: &[u8]) -> Option<Content> {
    marked(head, 0, &crate::meta::MAGIC.to_be_bytes()).map(|()| plain("talosmeta"))
}

fn vfat(head: &[u8]) -> Option<Content> {
    marked(head, 510, &[0x55, 0xaa])?;
    let (label, serial) = if marked(head, 82, b"FAT32   ").is_some() {
        (head.get(71..82)?, le32(head, 67)?)
    } else if marked(head, 54, b"FAT").is_some() {
        (head.get(43..54)?, le32(head, 39)?)
    } else {
        return None;
    };
    let label = if label == b"NO NAME    " { b"".as_slice() } else { label };
    Some(content("vfat", label, format!("{:04X}-{:04X}", serial >> 16, serial & 0xffff)))
}

/// RAID members of the old formats, and ZFS, have marks at the end.
fn at_the_end(from: &dyn ReadAt) -> io::Result<Option<Content>> {
    let size = from.size();
    let aligned = size / (64 << 10) * (64 << 10);
    let places = [
        aligned.checked_sub(64 << 10),
        // Version 1.0: at least 8 KiB before the end, at a multiple of 4 KiB.
        size.checked_sub(8 << 10).map(|at| at / 4096 * 4096),
    ];
    for at in places.into_iter().flatten() {
        let mark = read(from, at, 64)?;
        if le32(&mark, 0) == Some(0xa92b_4efc) {
            return Ok(Some(plain("linux_raid_member")));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(marks: &[(usize, &[u8])]) -> Option<Content> {
        let mut bytes = vec![0; 256 << 10];
        for (at, mark) in marks {
            bytes[*at..at + mark.len()].copy_from_slice(mark);
        }
        detect(&bytes).unwrap()
    }

    #[test]
    fn formats_are_told_by_their_marks() {
        type Marks = &'static [(usize, &'static [u8])];
        let table: [(&str, Marks); 12] = [
            ("crypto_LUKS", &[(0, b"LUKS\xba\xbe\x00\x02")]),
            ("xfs labelled \"BOOT\"", &[(0, b"XFSB"), (108, b"BOOT")]),
            ("ext4 labelled \"root\"", &[(1080, &[0x53, 0xef]), (1024 + 96, &[0x42]), (1144, b"root")]),
            ("ext2", &[(1080, &[0x53, 0xef])]),
            ("btrfs", &[(65600, b"_BHRfS_M")]),
            ("swap", &[(4086, b"SWAPSPACE2")]),
            ("LVM2_member", &[(512, b"LABELONE"), (536, b"LVM2 001")]),
            ("linux_raid_member", &[(4096, &[0xfc, 0x4e, 0x2b, 0xa9])]),
            ("linux_raid_member", &[((256 - 64) << 10, &[0xfc, 0x4e, 0x2b, 0xa9])]),
            ("iso9660 labelled \"TALOS\"", &[(32769, b"CD001"), (32808, b"TALOS   ")]),
            ("talosmeta", &[(0, &[0x5a, 0x4b, 0x3c, 0x2d])]),
            (
                "vfat labelled \"EFI\" (1234-ABCD)",
                &[
                    (510, &[0x55, 0xaa]),
                    (82, b"FAT32   "),
                    (71, b"EFI        "),
                    (67, &[0xcd, 0xab, 0x34, 0x12]),
                ],
            ),
        ];
        for (expected, marks) in table {
            assert_eq!(with(marks).map(|content| content.to_string()).as_deref(), Some(expected));
        }
        assert_eq!(with(&[]), None);
    }

    #[test]
    fn small_and_empty_things_are_nothing() {
        assert_eq!(detect(&Vec::new()).unwrap(), None);
        assert_eq!(detect(&vec![0; 100]).unwrap(), None);
    }
}
