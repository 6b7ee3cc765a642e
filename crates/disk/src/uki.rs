//! The outside of a unified kernel image: enough of its PE headers to tell a truncated file, a
//! foreign one and one for another architecture, and to take its parts out.

use std::fmt;
use std::io;

use crate::bytes::{Extent, ReadAt, le16, le32, read};

/// An architecture that the system runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arch {
    /// x86-64.
    Amd64,
    /// AArch64.
    Arm64,
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        })
    }
}

/// Why a file is no usable image.
#[derive(Debug, thiserror::Error)]
pub enum UkiError {
    /// It could not be read.
    #[error("it cannot be read: {0}")]
    Read(#[from] io::Error),
    /// It is something else.
    #[error("it is no program for UEFI: {0}")]
    Foreign(&'static str),
    /// Its end is missing.
    #[error("it is truncated: section {section:?} ends at byte {end}, the file has {size}")]
    Truncated {
        /// The section that is not whole.
        section: String,
        /// Where it ends.
        end: u64,
        /// Bytes of the file.
        size: u64,
    },
    /// It is for machines of another kind.
    #[error("it is for another architecture (machine {0:#06x})")]
    Machine(u16),
}

/// A program for UEFI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uki {
    /// What it runs on.
    pub arch: Arch,
    /// Its sections in their order: name and place in the file.
    pub sections: Vec<(String, Extent)>,
}

impl Uki {
    /// Reads the headers of a file.
    ///
    /// # Errors
    /// When it is no program for UEFI, for a machine that the system does not run on, or truncated.
    pub fn parse(file: &dyn ReadAt) -> Result<Self, UkiError> {
        let cut = UkiError::Foreign("it ends within its headers");
        let size = file.size();
        if size < 64 {
            return Err(cut);
        }
        let dos = read(file, 0, 64)?;
        if dos.get(..2) != Some(b"MZ") {
            return Err(UkiError::Foreign("it does not begin with MZ"));
        }
        let at = u64::from(le32(&dos, 60).unwrap_or(0));
        if at.saturating_add(24) > size {
            return Err(cut);
        }
        let coff = read(file, at, 24)?;
        if coff.get(..4) != Some(b"PE\0\0") {
            return Err(UkiError::Foreign("it has no PE header"));
        }
        let arch = match le16(&coff, 4).unwrap_or(0) {
            0x8664 => Arch::Amd64,
            0xaa64 => Arch::Arm64,
            other => return Err(UkiError::Machine(other)),
        };
        let count = usize::from(le16(&coff, 6).unwrap_or(0));
        let optional = u64::from(le16(&coff, 20).unwrap_or(0));
        let table_at = at + 24 + optional;
        if table_at.saturating_add(count as u64 * 40) > size {
            return Err(cut);
        }
        let table = read(file, table_at, count * 40)?;
        let mut sections = Vec::new();
        for header in table.chunks_exact(40) {
            let name = header.get(..8).unwrap_or_default();
            let end = name.iter().position(|byte| *byte == 0).unwrap_or(8);
            let name = String::from_utf8_lossy(name.get(..end).unwrap_or_default()).into_owned();
            let number = |at: usize| u64::from(le32(header, at).unwrap_or(0));
            // On disk a section is padded: what counts is the smaller of its two sizes.
            let (virtual_size, raw, offset) = (number(8), number(16), number(20));
            if offset.saturating_add(raw) > size {
                return Err(UkiError::Truncated { section: name, end: offset.saturating_add(raw), size });
            }
            let length = if virtual_size == 0 { raw } else { raw.min(virtual_size) };
            sections.push((name, Extent { offset, length }));
        }
        Ok(Self { arch, sections })
    }

    /// Where a section lies in the file; the first one of several with the name.
    pub fn section(&self, name: &str) -> Option<Extent> {
        self.sections.iter().find(|(known, _)| known == name).map(|(_, extent)| *extent)
    }

    /// Whether it holds a kernel with its first file system.
    pub fn is_kernel(&self) -> bool {
        self.section(".linux").is_some() && self.section(".initrd").is_some()
    }
}

/// An image with these sections, for tests and fakes.
pub fn sample(machine: u16, sections: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; 64];
    bytes.splice(..2, *b"MZ");
    bytes.splice(60..64, 64_u32.to_le_bytes());
    bytes.extend(b"PE\0\0");
    bytes.extend(machine.to_le_bytes());
    bytes.extend((sections.len() as u16).to_le_bytes());
    bytes.extend([0; 16]);
    let mut offset = (bytes.len() + sections.len() * 40) as u32;
    for (name, content) in sections {
        let mut header = [0_u8; 40];
        header.iter_mut().zip(name.bytes().take(8)).for_each(|(byte, from)| *byte = from);
        let length = content.len() as u32;
        for (at, number) in [(8, length), (16, length), (20, offset)] {
            crate::bytes::put(&mut header, at, &number.to_le_bytes());
        }
        bytes.extend(header);
        offset += length;
    }
    sections.iter().for_each(|(_, content)| bytes.extend(*content));
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_sections_of_an_image_are_found() {
        let image = sample(0x8664, &[(".cmdline", b"a=b"), (".linux", b"kernel"), (".initrd", b"files")]);
        let uki = Uki::parse(&image).unwrap();
        assert!(uki.is_kernel() && uki.arch == Arch::Amd64);
        let extent = uki.section(".linux").unwrap();
        assert_eq!(&image[extent.offset as usize..extent.end() as usize], b"kernel");
    }

    #[test]
    fn foreign_and_truncated_files_are_told_apart() {
        let image = sample(0x8664, &[(".linux", b"kernel")]);
        let error = |bytes: &[u8]| Uki::parse(&bytes.to_vec()).unwrap_err().to_string();
        assert_eq!(error(b"#!/bin/sh"), "it is no program for UEFI: it ends within its headers");
        assert_eq!(error(&[0; 100]), "it is no program for UEFI: it does not begin with MZ");
        assert_eq!(
            error(&image[..image.len() - 1]),
            "it is truncated: section \".linux\" ends at byte 134, the file has 133"
        );
        assert_eq!(error(&sample(0x14c, &[])), "it is for another architecture (machine 0x014c)");
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_image_or_an_error(mut bytes in prop::collection::vec(any::<u8>(), 0..600), marked in any::<bool>()) {
            if marked && bytes.len() > 100 {
                bytes[..2].copy_from_slice(b"MZ");
                bytes[60..64].copy_from_slice(&64_u32.to_le_bytes());
                bytes[64..70].copy_from_slice(b"PE\0\0\x64\x86");
            }
            let _ = Uki::parse(&bytes);
        }
    }
}
