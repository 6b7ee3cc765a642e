//! One copy of a partition table as bytes (UEFI specification 2.10, 5.2 and 5.3).

use std::fmt;
use std::io;

use super::{GptError, Partition, Table, Write};
use crate::bytes::{ReadAt, array, le32, le64, put, read};
use crate::guid::Guid;

/// Partitions that a table made here has room for; every other system makes as many.
pub const MOST_PARTITIONS: u32 = 128;
/// Bytes of an entry.
const ENTRY: u32 = 128;
/// Bytes of a header.
const HEADER: usize = 92;
/// Bytes of entries that are read at most: 32 times of what is usual.
const MOST_ENTRY_BYTES: u64 = 512 << 10;

/// A copy that is whole.
pub(super) struct Copy {
    pub table: Table,
    /// The sector of the other copy's header.
    pub alternate: u64,
}

/// Why a copy is no table.
pub(super) enum Flaw {
    /// Nothing there looks like one.
    None,
    Damaged(String),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("there is none"),
            Self::Damaged(why) => f.write_str(why),
        }
    }
}

fn damaged<T>(why: impl Into<String>) -> Result<T, Flaw> {
    Err(Flaw::Damaged(why.into()))
}

/// Reads the copy whose header is in sector `lba`. The outer error is the disk's.
pub(super) fn decode(
    disk: &dyn ReadAt,
    sector_size: u32,
    sectors: u64,
    lba: u64,
) -> io::Result<Result<Copy, Flaw>> {
    let size = u64::from(sector_size);
    let header = read(disk, lba.saturating_mul(size), sector_size as usize)?;
    let fields = match header_fields(&header, sectors, lba, sector_size) {
        Ok(fields) => fields,
        Err(flaw) => return Ok(Err(flaw)),
    };
    let bytes = u64::from(fields.count) * u64::from(fields.entry_size);
    let entries = read(disk, fields.entries.saturating_mul(size), bytes as usize)?;
    if crc32fast::hash(&entries) != fields.entries_crc {
        return Ok(damaged("the checksum of its entries is wrong"));
    }
    Ok(partitions(&entries, &fields).map(|partitions| Copy {
        table: Table { sector_size, sectors, guid: fields.guid, partitions },
        alternate: fields.alternate,
    }))
}

/// A header that is whole.
struct Fields {
    alternate: u64,
    first_usable: u64,
    last_usable: u64,
    guid: Guid,
    entries: u64,
    count: u32,
    entry_size: u32,
    entries_crc: u32,
}

fn header_fields(header: &[u8], sectors: u64, lba: u64, sector_size: u32) -> Result<Fields, Flaw> {
    if header.get(..8) != Some(b"EFI PART") {
        return Err(Flaw::None);
    }
    let short = || Flaw::Damaged("its header is cut off".to_owned());
    let length = le32(header, 12).ok_or_else(short)? as usize;
    if length < HEADER || length > header.len() {
        return damaged(format!("its header claims {length} bytes"));
    }
    let mut summed = header.get(..length).ok_or_else(short)?.to_vec();
    put(&mut summed, 16, &[0; 4]);
    if le32(header, 16) != Some(crc32fast::hash(&summed)) {
        return damaged("the checksum of its header is wrong");
    }
    let number = |at: usize| le64(header, at).ok_or_else(short);
    if number(24)? != lba {
        return damaged(format!("its header says that it lies in sector {}", number(24)?));
    }
    let fields = Fields {
        alternate: number(32)?,
        first_usable: number(40)?,
        last_usable: number(48)?,
        guid: array(header, 56).map(Guid::from_bytes_le).ok_or_else(short)?,
        entries: number(72)?,
        count: le32(header, 80).ok_or_else(short)?,
        entry_size: le32(header, 84).ok_or_else(short)?,
        entries_crc: le32(header, 88).ok_or_else(short)?,
    };
    if fields.entry_size < ENTRY
        || !(fields.entry_size / ENTRY).is_power_of_two()
        || !fields.entry_size.is_multiple_of(ENTRY)
    {
        return damaged(format!("its entries claim {} bytes each", fields.entry_size));
    }
    let bytes = u64::from(fields.count) * u64::from(fields.entry_size);
    if bytes > MOST_ENTRY_BYTES {
        return damaged(format!("it claims {} partitions", fields.count));
    }
    let taken = bytes.div_ceil(u64::from(sector_size));
    if fields.entries.checked_add(taken).is_none_or(|end| end > sectors) {
        return damaged("its entries lie beyond the end of the disk");
    }
    if fields.first_usable > fields.last_usable || fields.last_usable >= sectors {
        return damaged("its usable sectors lie beyond the end of the disk");
    }
    Ok(fields)
}

fn partitions(entries: &[u8], fields: &Fields) -> Result<Vec<Partition>, Flaw> {
    let mut partitions = Vec::new();
    for (number, entry) in (1..).zip(entries.chunks_exact(fields.entry_size as usize)) {
        let partition = (|| {
            Some(Partition {
                number,
                kind: Guid::from_bytes_le(array(entry, 0)?),
                guid: Guid::from_bytes_le(array(entry, 16)?),
                first: le64(entry, 32)?,
                last: le64(entry, 40)?,
                attributes: le64(entry, 48)?,
                label: label(entry.get(56..128)?),
            })
        })();
        let Some(partition) = partition else { return damaged("an entry is cut off") };
        if partition.kind.is_nil() {
            continue;
        }
        let inside = partition.first >= fields.first_usable
            && partition.first <= partition.last
            && partition.last <= fields.last_usable;
        if !inside {
            return damaged(format!("partition {number} lies outside of the usable sectors"));
        }
        partitions.push(partition);
    }
    if let Some((left, right)) = overlap(&partitions) {
        return damaged(format!("partitions {left} and {right} overlap"));
    }
    Ok(partitions)
}

/// Two partitions that share a sector.
fn overlap(partitions: &[Partition]) -> Option<(u32, u32)> {
    let mut sorted: Vec<&Partition> = partitions.iter().collect();
    sorted.sort_by_key(|partition| partition.first);
    sorted.windows(2).find_map(|pair| match pair {
        [left, right] if left.last >= right.first => Some((left.number, right.number)),
        _ => None,
    })
}

fn label(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .filter_map(|pair| array(pair, 0).map(u16::from_le_bytes))
        .take_while(|unit| *unit != 0)
        .collect();
    String::from_utf16_lossy(&units)
}

/// What is written where, in order; see [`Table::writes`].
pub(super) fn encode(table: &Table) -> Result<Vec<Write>, GptError> {
    let unfit = |why: String| GptError::Unfit(why);
    let size = u64::from(table.sector_size);
    if !matches!(table.sector_size, 512 | 1024 | 2048 | 4096) {
        return Err(unfit(format!("sectors of {} bytes are not supported", table.sector_size)));
    }
    let entry_sectors = u64::from(MOST_PARTITIONS * ENTRY).div_ceil(size);
    let (first_usable, last) = (2 + entry_sectors, table.sectors.saturating_sub(1));
    let last_usable = last.saturating_sub(1 + entry_sectors);
    if first_usable > last_usable {
        return Err(unfit("the disk is too small for one".to_owned()));
    }
    let mut entries = vec![0; (MOST_PARTITIONS * ENTRY) as usize];
    for partition in &table.partitions {
        let name = &partition.label;
        if partition.number == 0 || partition.number > MOST_PARTITIONS {
            return Err(unfit(format!("partition {name:?} has the number {}", partition.number)));
        }
        if partition.first < first_usable || partition.first > partition.last || partition.last > last_usable
        {
            return Err(unfit(format!("partition {name:?} lies outside of the disk")));
        }
        let at = ((partition.number - 1) * ENTRY) as usize;
        if array::<16>(&entries, at).is_none_or(|kind| kind != [0; 16]) {
            return Err(unfit(format!("two partitions have the number {}", partition.number)));
        }
        put(&mut entries, at, &entry(partition)?);
    }
    if let Some((left, right)) = overlap(&table.partitions) {
        return Err(unfit(format!("partitions {left} and {right} overlap")));
    }
    let crc = crc32fast::hash(&entries);
    let header = |own: u64, other: u64, entries_at: u64| {
        let mut header = vec![0; table.sector_size as usize];
        put(&mut header, 0, b"EFI PART");
        put(&mut header, 8, &0x0001_0000_u32.to_le_bytes());
        put(&mut header, 12, &(HEADER as u32).to_le_bytes());
        for (at, number) in [(24, own), (32, other), (40, first_usable), (48, last_usable), (72, entries_at)]
        {
            put(&mut header, at, &number.to_le_bytes());
        }
        put(&mut header, 56, &table.guid.to_bytes_le());
        for (at, number) in [(80, MOST_PARTITIONS), (84, ENTRY), (88, crc)] {
            put(&mut header, at, &number.to_le_bytes());
        }
        let sum = crc32fast::hash(header.get(..HEADER).unwrap_or_default());
        put(&mut header, 16, &sum.to_le_bytes());
        header
    };
    let backup_entries = last_usable + 1;
    let mut backup = entries.clone();
    backup.resize((entry_sectors * size) as usize, 0);
    backup.extend(header(last, 1, backup_entries));
    Ok(vec![
        Write { offset: 446, bytes: protective(table.sectors) },
        Write { offset: backup_entries * size, bytes: backup },
        Write { offset: 2 * size, bytes: entries },
        Write { offset: size, bytes: header(1, last, 2) },
    ])
}

fn entry(partition: &Partition) -> Result<[u8; ENTRY as usize], GptError> {
    let mut entry = [0; ENTRY as usize];
    put(&mut entry, 0, &partition.kind.to_bytes_le());
    put(&mut entry, 16, &partition.guid.to_bytes_le());
    put(&mut entry, 32, &partition.first.to_le_bytes());
    put(&mut entry, 40, &partition.last.to_le_bytes());
    put(&mut entry, 48, &partition.attributes.to_le_bytes());
    let units: Vec<u8> = partition.label.encode_utf16().flat_map(u16::to_le_bytes).collect();
    if units.len() > 72 {
        let why = format!("the label {:?} is longer than 36 characters", partition.label);
        return Err(GptError::Unfit(why));
    }
    put(&mut entry, 56, &units);
    Ok(entry)
}

/// The partition entries and the mark of a DOS table with one partition over the whole disk.
fn protective(sectors: u64) -> Vec<u8> {
    let mut bytes = vec![0; 66];
    // Status, first sector as cylinder, head and sector, kind, and the last one as large as it goes.
    put(&mut bytes, 0, &[0x00, 0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff]);
    put(&mut bytes, 8, &1_u32.to_le_bytes());
    let length = u32::try_from(sectors.saturating_sub(1)).unwrap_or(u32::MAX);
    put(&mut bytes, 12, &length.to_le_bytes());
    put(&mut bytes, 64, &[0x55, 0xaa]);
    bytes
}
