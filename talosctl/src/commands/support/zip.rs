//! Writes a zip archive: deflated files, no larger than 4 GiB together.

use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

/// Date and time of every entry: 1980-01-01, the earliest that there is. The content says when it was made.
const MOMENT: (u16, u16) = (0, 0x21);

/// Version 2.0 of the format: deflate.
const NEEDED: u16 = 20;

/// Deflate.
const METHOD: u16 = 8;

/// Names are UTF-8.
const FLAGS: u16 = 1 << 11;

/// Made on a Unix; 0600 in the upper half of the attributes.
const MADE: u16 = 3 << 8 | NEEDED;
const ATTRIBUTES: u32 = 0o100_600 << 16;

/// An archive under way.
pub struct Zip<W> {
    out: W,
    at: u32,
    directory: Vec<u8>,
    count: u16,
}

fn too_large(_: std::num::TryFromIntError) -> io::Error {
    io::Error::other("the archive is too large for its format")
}

fn put16(to: &mut Vec<u8>, numbers: &[u16]) {
    numbers.iter().for_each(|number| to.extend_from_slice(&number.to_le_bytes()));
}

fn put32(to: &mut Vec<u8>, numbers: &[u32]) {
    numbers.iter().for_each(|number| to.extend_from_slice(&number.to_le_bytes()));
}

impl<W: Write> Zip<W> {
    /// Begins an archive.
    pub fn new(out: W) -> Self {
        Self { out, at: 0, directory: Vec::new(), count: 0 }
    }

    /// Adds a file.
    ///
    /// # Errors
    /// If it cannot be written, or the archive gets too large.
    pub fn add(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content)?;
        let deflated = encoder.finish()?;
        let mut crc = Crc::new();
        crc.update(content);
        let name_length = u16::try_from(name.len()).map_err(too_large)?;
        let mut common = Vec::new();
        put16(&mut common, &[NEEDED, FLAGS, METHOD, MOMENT.0, MOMENT.1]);
        let packed = u32::try_from(deflated.len()).map_err(too_large)?;
        put32(&mut common, &[crc.sum(), packed, u32::try_from(content.len()).map_err(too_large)?]);
        put16(&mut common, &[name_length, 0]);

        let mut local = b"PK\x03\x04".to_vec();
        local.extend_from_slice(&common);
        local.extend_from_slice(name.as_bytes());

        self.directory.extend_from_slice(b"PK\x01\x02");
        put16(&mut self.directory, &[MADE]);
        self.directory.extend_from_slice(&common);
        put16(&mut self.directory, &[0, 0, 0]);
        put32(&mut self.directory, &[ATTRIBUTES, self.at]);
        self.directory.extend_from_slice(name.as_bytes());

        self.out.write_all(&local)?;
        self.out.write_all(&deflated)?;
        let length = u32::try_from(local.len() + deflated.len()).map_err(too_large)?;
        let full = || io::Error::other("the archive is too large for its format");
        self.at = self.at.checked_add(length).ok_or_else(full)?;
        self.count = self.count.checked_add(1).ok_or_else(full)?;
        Ok(())
    }

    /// Ends the archive.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        let mut end = b"PK\x05\x06".to_vec();
        put16(&mut end, &[0, 0, self.count, self.count]);
        put32(&mut end, &[u32::try_from(self.directory.len()).map_err(too_large)?, self.at]);
        put16(&mut end, &[0]);
        self.out.write_all(&self.directory)?;
        self.out.write_all(&end)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn number(bytes: &[u8], at: usize) -> usize {
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
    }

    #[test]
    fn the_directory_at_the_end_finds_every_file() {
        let mut zip = Zip::new(Vec::new());
        let content = b"line\n".repeat(100);
        zip.add("a/one.log", &content).unwrap();
        zip.add("a/two.log", b"").unwrap();
        let bytes = zip.finish().unwrap();
        let end = bytes.len() - 22;
        assert_eq!((&bytes[end..end + 4], bytes[end + 10]), (&b"PK\x05\x06"[..], 2));
        let directory = number(&bytes, end + 16);
        assert_eq!(directory + number(&bytes, end + 12), end);
        assert_eq!(&bytes[directory..directory + 4], b"PK\x01\x02");
        let (packed, size, local) =
            (number(&bytes, directory + 20), number(&bytes, directory + 24), number(&bytes, directory + 42));
        assert_eq!((size, local), (500, 0));
        assert_eq!(&bytes[30..39], b"a/one.log");
        let mut read = Vec::new();
        flate2::read::DeflateDecoder::new(&bytes[39..39 + packed]).read_to_end(&mut read).unwrap();
        assert_eq!(read, content);
    }
}
