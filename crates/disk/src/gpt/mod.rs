//! The GUID partition table: what it says, how it is read, and in which order it is written so that
//! a loss of power at any moment leaves one copy of the old or the new one.
//!
//! Own code, though there are crates: they do their reading and writing themselves, in an order and
//! without the barriers that make a change survive; here a table becomes a list of [`Write`]s.

mod codec;
#[cfg(test)]
mod tests;

use std::io;

use crate::bytes::{Extent, ReadAt, read};
use crate::guid::Guid;

pub use codec::MOST_PARTITIONS;

/// A partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Its place in the table, from 1: the number in the kernel's name of it.
    pub number: u32,
    /// What it is for.
    pub kind: Guid,
    /// Its identifier.
    pub guid: Guid,
    /// The first of its sectors.
    pub first: u64,
    /// The last of its sectors.
    pub last: u64,
    /// Attribute bits; see [`LEGACY_BIOS_BOOTABLE`].
    pub attributes: u64,
    /// Its name, at most 36 characters of UTF-16.
    pub label: String,
}

/// The attribute of a partition that a BIOS may boot from.
pub const LEGACY_BIOS_BOOTABLE: u64 = 1 << 2;

/// A partition table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Bytes of a sector: 512 or 4096.
    pub sector_size: u32,
    /// Sectors of the disk.
    pub sectors: u64,
    /// The disk's identifier.
    pub guid: Guid,
    /// The partitions, by number.
    pub partitions: Vec<Partition>,
}

impl Table {
    /// The partition with a label.
    pub fn find(&self, label: &str) -> Option<&Partition> {
        self.partitions.iter().find(|partition| partition.label == label)
    }

    /// Where a partition lies.
    pub fn extent(&self, partition: &Partition) -> Extent {
        let size = u64::from(self.sector_size);
        let sectors = partition.last.saturating_sub(partition.first).saturating_add(1);
        Extent { offset: partition.first.saturating_mul(size), length: sectors.saturating_mul(size) }
    }

    /// Where the partition with a label lies.
    pub fn extent_of(&self, label: &str) -> Option<Extent> {
        self.find(label).map(|partition| self.extent(partition))
    }

    /// The table without some partitions; the others keep their numbers.
    pub fn without(&self, labels: &[&str]) -> Self {
        let mut table = self.clone();
        table.partitions.retain(|partition| !labels.contains(&partition.label.as_str()));
        table
    }

    /// What is written where, in this order, each one on the disk before the next begins: the mark
    /// for tools that know no GPT, the copy at the end, then the one at the beginning. Whichever is
    /// half-written, the other one is whole.
    ///
    /// # Errors
    /// When the table does not fit the disk or contradicts itself.
    pub fn writes(&self) -> Result<Vec<Write>, GptError> {
        codec::encode(self)
    }
}

/// Bytes that go to a place on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// Bytes before the place.
    pub offset: u64,
    /// What goes there.
    pub bytes: Vec<u8>,
}

/// A table that was read, and which of its copies are whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What the better copy says: the first one if it is whole.
    pub table: Table,
    /// Whether the copy at the beginning is whole.
    pub primary: bool,
    /// Whether the copy at the end is whole and says the same.
    pub backup: bool,
}

impl Found {
    /// Whether nothing needs to be repaired.
    pub fn whole(&self) -> bool {
        self.primary && self.backup
    }
}

/// Why there is no table to be had.
#[derive(Debug, thiserror::Error)]
pub enum GptError {
    /// The disk could not be read.
    #[error("the partition table cannot be read: {0}")]
    Read(#[from] io::Error),
    /// A copy is there and damaged, and the other one is no better.
    #[error("the partition table is damaged in both copies: {0}")]
    Damaged(String),
    /// The table cannot be written as it is.
    #[error("the partition table cannot be written: {0}")]
    Unfit(String),
}

/// Reads the table of a disk; none if it has none.
///
/// # Errors
/// When the disk cannot be read, or both copies are damaged.
pub fn load(disk: &dyn ReadAt, sector_size: u32) -> Result<Option<Found>, GptError> {
    if !matches!(sector_size, 512 | 1024 | 2048 | 4096) {
        return Err(GptError::Damaged(format!("sectors of {sector_size} bytes are not supported")));
    }
    let size = u64::from(sector_size);
    let sectors = disk.size() / size;
    // Less has no room for two copies of a table.
    if sectors < 6 {
        return Ok(None);
    }
    let at = |lba: u64| codec::decode(disk, sector_size, sectors, lba);
    let primary = at(1)?;
    // An image that was written to a larger disk has its copy where the smaller one ended.
    let elsewhere = primary.as_ref().ok().map(|copy| copy.alternate).filter(|lba| *lba < sectors);
    let last = elsewhere.unwrap_or(sectors - 1);
    let backup = at(last)?;
    Ok(match (primary, backup) {
        (Ok(primary), backup) => {
            let same = backup.is_ok_and(|backup| backup.table == primary.table);
            // A copy that is not at the end will not be found without the first one.
            Some(Found { table: primary.table, primary: true, backup: same && last == sectors - 1 })
        }
        (Err(_), Ok(backup)) => Some(Found { table: backup.table, primary: false, backup: true }),
        (Err(codec::Flaw::None), Err(codec::Flaw::None)) => None,
        (Err(first), Err(second)) => {
            return Err(GptError::Damaged(format!("at the beginning {first}; at the end {second}")));
        }
    })
}

/// The number of partitions in a DOS partition table, if the disk has one that is not merely the
/// mark of a GPT.
///
/// # Errors
/// When the disk cannot be read.
pub fn dos_partitions(disk: &dyn ReadAt) -> io::Result<Option<usize>> {
    if disk.size() < 512 {
        return Ok(None);
    }
    let sector = read(disk, 0, 512)?;
    if sector.get(510..512) != Some(&[0x55, 0xaa]) {
        return Ok(None);
    }
    let entries: Vec<&[u8]> = sector.get(446..510).unwrap_or_default().chunks_exact(16).collect();
    // The boot sector of a file system ends in the same mark: entries of a table have 0x80 or 0.
    if entries.iter().any(|entry| entry.first().is_some_and(|active| active & 0x7f != 0)) {
        return Ok(None);
    }
    let kinds: Vec<u8> = entries.iter().filter_map(|entry| entry.get(4).copied()).collect();
    let used = kinds.iter().filter(|kind| **kind != 0).count();
    Ok((used > 0 && !kinds.contains(&0xee)).then_some(used))
}
