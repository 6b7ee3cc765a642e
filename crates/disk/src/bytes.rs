//! Bytes of a disk: where they are, how they are read, and numbers in them.

use std::io;

/// A stretch of bytes on a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extent {
    /// Bytes before it.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u64,
}

impl Extent {
    /// The byte after its last one.
    pub fn end(self) -> u64 {
        self.offset.saturating_add(self.length)
    }
}

/// Something with bytes at offsets: a disk, an image, a file, memory.
pub trait ReadAt {
    /// Bytes that it has.
    fn size(&self) -> u64;
    /// Fills `buffer` from `offset`.
    ///
    /// # Errors
    /// When it cannot be read, or ends before `buffer` is full.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
}

impl ReadAt for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let end = start.checked_add(buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(self.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// A part of something that can be read, a partition for example. Offsets begin at its start.
pub struct Within<'a> {
    /// What it is a part of.
    pub whole: &'a dyn ReadAt,
    /// Where it lies in it.
    pub extent: Extent,
}

impl ReadAt for Within<'_> {
    fn size(&self) -> u64 {
        self.extent.length
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let end = offset.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| end > self.extent.length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.whole.read_at(self.extent.offset.saturating_add(offset), buffer)
    }
}

/// Reads `length` bytes from `offset`.
pub(crate) fn read(from: &dyn ReadAt, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; length];
    from.read_at(offset, &mut buffer)?;
    Ok(buffer)
}

/// `N` bytes from `at`.
pub(crate) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// A little-endian number at `at`.
pub(crate) fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

/// A little-endian number at `at`.
pub(crate) fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

/// A little-endian number at `at`.
pub(crate) fn le64(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}

/// Puts `part` at `at`; what does not fit is left out.
pub(crate) fn put(bytes: &mut [u8], at: usize, part: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at.saturating_add(part.len())) {
        place.copy_from_slice(part);
    }
}

/// A number of bytes as people read it: `100 MiB`, `1.5 GiB`.
pub fn human(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.into_iter().find(|(_, unit)| bytes >= *unit) {
        None => format!("{bytes} bytes"),
        Some((name, unit)) => {
            let tenths = bytes % unit * 10 / unit;
            let whole = bytes / unit;
            if tenths == 0 { format!("{whole} {name}") } else { format!("{whole}.{tenths} {name}") }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_cannot_be_read_beyond_its_end() {
        let whole = vec![1_u8, 2, 3, 4, 5];
        let part = Within { whole: &whole, extent: Extent { offset: 1, length: 3 } };
        assert_eq!(read(&part, 0, 3).unwrap(), [2, 3, 4]);
        assert!(read(&part, 1, 3).is_err() && read(&part, u64::MAX, 1).is_err());
    }

    #[test]
    fn sizes_are_written_with_one_digit_of_a_fraction() {
        assert_eq!(human(100 << 20), "100 MiB");
        assert_eq!(human((3 << 30) / 2), "1.5 GiB");
        assert_eq!(human(12), "12 bytes");
    }
}
