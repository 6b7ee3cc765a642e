//! What an inspection of a disk found: everything that a plan looks at, as plain data.

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::content::Content;
use crate::gpt::{Found, Table};
use crate::grub::BOOT_CODE;
use crate::layout::{self, label};
use crate::meta;
use crate::sdboot::Variables;

/// The SHA-256 of a file's content.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// That of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFact {
    /// Its size in bytes.
    pub size: u64,
    /// Its content's.
    pub digest: Digest,
    /// Its content, if it is short text: settings of a boot loader.
    pub text: Option<String>,
}

impl FileFact {
    /// Longer files are no settings.
    pub const LONGEST_TEXT: usize = 64 << 10;

    /// A file with this content.
    pub fn of(content: &[u8]) -> Self {
        let short = content.len() <= Self::LONGEST_TEXT;
        let text = short.then(|| std::str::from_utf8(content).ok().map(str::to_owned)).flatten();
        Self { size: content.len() as u64, digest: Digest::of(content), text }
    }
}

/// Files by their path from the root of a file system, without a leading slash.
pub type Files = BTreeMap<String, FileFact>;

/// The file at a path; case does not matter on the firmware's partition.
pub fn find<'a>(files: &'a Files, path: &str) -> Option<&'a FileFact> {
    files.iter().find(|(known, _)| known.eq_ignore_ascii_case(path)).map(|(_, file)| file)
}

/// The partition table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableFact {
    /// There is none.
    None,
    /// A table of DOS with so many partitions.
    Dos(usize),
    /// A GPT.
    Gpt(Found),
    /// A GPT of which no copy is whole, and why.
    Damaged(String),
}

/// A file system of the system's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Volume {
    /// There is none, or none that can be read.
    None,
    /// Its files, and how many bytes are free.
    Files {
        /// The files.
        files: Files,
        /// Bytes that are free.
        free: u64,
    },
}

impl Volume {
    /// Its files; none if it is not there.
    pub fn files(&self) -> Option<&Files> {
        match self {
            Self::None => None,
            Self::Files { files, .. } => Some(files),
        }
    }
}

/// What GRUB has outside of file systems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrubFacts {
    /// The first 440 bytes of the disk.
    pub boot_code: Vec<u8>,
    /// The content of the BIOS partition, if there is one.
    pub core: Option<Digest>,
}

/// A disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What users call it: `/dev/sda`.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Bytes of a sector.
    pub sector_size: u32,
    /// Its partition table.
    pub table: TableFact,
    /// What lies on the disk as a whole, outside of any partition.
    pub content: Option<Content>,
    /// What lies in each partition, by number.
    pub partitions: BTreeMap<u32, Content>,
    /// The firmware's file system.
    pub esp: Volume,
    /// GRUB's file system.
    pub boot: Volume,
    /// META.
    pub meta: Option<meta::Read>,
    /// GRUB's parts.
    pub grub: GrubFacts,
    /// Variables of this machine's firmware; none without UEFI.
    pub variables: Option<Variables>,
    /// What this machine was booted from: the name of a kernel image, or a slot of GRUB. None if it
    /// was something else, an installation medium for example.
    pub booted: Option<String>,
}

impl Facts {
    /// A disk with nothing on it.
    pub fn blank(name: impl Into<String>, size: u64, sector_size: u32) -> Self {
        Self {
            name: name.into(),
            size,
            sector_size,
            table: TableFact::None,
            content: None,
            partitions: BTreeMap::new(),
            esp: Volume::None,
            boot: Volume::None,
            meta: None,
            grub: GrubFacts { boot_code: vec![0; BOOT_CODE], core: None },
            variables: None,
            booted: None,
        }
    }

    /// The partition table, if it is a GPT.
    pub fn gpt(&self) -> Option<&Table> {
        match &self.table {
            TableFact::Gpt(found) => Some(&found.table),
            _ => None,
        }
    }

    /// Whether nothing at all is on the disk.
    pub fn is_blank(&self) -> bool {
        self.table == TableFact::None
            && self.content.is_none()
            && self.grub.boot_code.iter().all(|byte| *byte == 0)
    }

    /// Whether the system is installed: META is there (contract os.md 3.1).
    pub fn installed(&self) -> bool {
        let meta = self.gpt().and_then(|table| Some((table, table.find(label::META)?)));
        meta.is_some_and(|(table, partition)| {
            let fits = table.extent(partition).length == layout::META_SIZE;
            let content = self.partitions.get(&partition.number);
            fits && content.is_none_or(|content| content.kind == "talosmeta")
        })
    }
}
