//! Steps: what a plan consists of. Each can be carried out again, and between any two of them the
//! machine boots something.

use std::fmt;

use crate::bytes::{Extent, human};
use crate::facts::Digest;
use crate::gpt::Table;
use crate::meta::Meta;

/// A file system of the system's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The firmware's partition.
    Efi,
    /// GRUB's partition.
    Boot,
}

impl Target {
    /// The label of its partition.
    pub fn label(self) -> &'static str {
        match self {
            Self::Efi => crate::layout::label::EFI,
            Self::Boot => crate::layout::label::BOOT,
        }
    }
}

/// A file that comes with the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AssetName {
    /// The unified kernel image.
    Uki,
    /// systemd-boot.
    SdBoot,
    /// The kernel, for GRUB.
    Kernel,
    /// Its first file system, for GRUB.
    Initramfs,
}

/// A file that comes with the system, as it must be when it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Which one.
    pub name: AssetName,
    /// Its size in bytes.
    pub size: u64,
    /// Its content's.
    pub digest: Digest,
}

/// What a file gets as its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file that comes with the system.
    Asset(Asset),
    /// Text.
    Text(String),
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Takes everything off the disk: its marks at both ends and in every partition, or, if asked
    /// for, every byte.
    WipeDisk {
        /// Where the partitions of today lie, whose marks go too.
        partitions: Vec<Extent>,
        /// Whether every byte goes.
        every_byte: bool,
    },
    /// Takes everything out of a partition.
    WipePartition {
        /// Its label.
        label: String,
        /// Where it lies.
        extent: Extent,
    },
    /// Writes the partition table and makes the kernel read it.
    WriteTable(Table),
    /// Makes an empty file system.
    Format {
        /// Which.
        target: Target,
        /// Where its partition lies.
        extent: Extent,
    },
    /// Writes a file so that its path has the whole of it or what it had before.
    WriteFile {
        /// The file system.
        target: Target,
        /// The path in it.
        path: String,
        /// What it gets.
        source: Source,
    },
    /// Gives a file another name.
    RenameFile {
        /// The file system.
        target: Target,
        /// The path that it has.
        from: String,
        /// The path that it gets.
        to: String,
    },
    /// Removes a file.
    RemoveFile {
        /// The file system.
        target: Target,
        /// The path in it.
        path: String,
    },
    /// Writes GRUB's core into the BIOS partition.
    WriteCore {
        /// Where the partition lies.
        extent: Extent,
        /// All of its content.
        content: Vec<u8>,
    },
    /// Writes GRUB's code into the first sector: from now on a BIOS boots from the disk.
    WriteBootCode(Vec<u8>),
    /// Writes both copies of META.
    WriteMeta {
        /// Where it lies.
        extent: Extent,
        /// All of its values.
        meta: Meta,
    },
    /// Sets or removes a variable of the boot loader in the firmware.
    SetVariable {
        /// Its name.
        name: &'static str,
        /// What it says; nothing removes it.
        value: Option<String>,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WipeDisk { every_byte: true, .. } => f.write_str("erase every byte of the disk"),
            Self::WipeDisk { .. } => f.write_str("wipe the disk"),
            Self::WipePartition { label, extent } => write!(f, "wipe {label} ({})", human(extent.length)),
            Self::WriteTable(table) => {
                let labels: Vec<String> = table
                    .partitions
                    .iter()
                    .map(|partition| format!("{} {}", partition.label, human(table.extent(partition).length)))
                    .collect();
                write!(f, "write the partition table: {}", labels.join(", "))
            }
            Self::Format { target: Target::Efi, .. } => f.write_str("make a vfat file system in EFI"),
            Self::Format { target: Target::Boot, .. } => f.write_str("make an xfs file system in BOOT"),
            Self::WriteFile { target, path, source } => {
                let size = match source {
                    Source::Asset(asset) => asset.size,
                    Source::Text(text) => text.len() as u64,
                };
                write!(f, "write {path} to {} ({})", target.label(), human(size))
            }
            Self::RenameFile { target, from, to } => write!(f, "rename {from} in {} to {to}", target.label()),
            Self::RemoveFile { target, path } => write!(f, "remove {path} from {}", target.label()),
            Self::WriteCore { .. } => f.write_str("write GRUB's core to BIOS"),
            Self::WriteBootCode(_) => f.write_str("write GRUB's boot code to the first sector"),
            Self::WriteMeta { meta, .. } => {
                let keys: Vec<String> = meta.keys().map(|key| format!("{key:#04x}")).collect();
                let keys = if keys.is_empty() {
                    "no values".to_owned()
                } else {
                    format!("keys {}", keys.join(", "))
                };
                write!(f, "write META ({keys})")
            }
            Self::SetVariable { name, value: Some(value) } => {
                write!(f, "set the EFI variable {name} to {value}")
            }
            Self::SetVariable { name, value: None } => write!(f, "remove the EFI variable {name}"),
        }
    }
}
