//! What the installer works on, and disks as the pure code reads them.

use std::io;
use std::path::Path;

use disk::bytes::ReadAt;
use sys::disk::DiskPort;
use sys::efivars::EfiVarsPort;
use sys::xfs::XfsPort;

/// A machine with the disk that is looked at or changed.
#[derive(Clone, Copy)]
pub struct Machine<'a> {
    /// The disk's device node, or its image.
    pub path: &'a Path,
    /// The disk.
    pub disk: &'a dyn DiskPort,
    /// Makes and mounts GRUB's file system.
    pub xfs: &'a dyn XfsPort,
    /// The firmware's variables; none on a machine without UEFI, or for an image.
    pub variables: Option<&'a dyn EfiVarsPort>,
    /// What GRUB booted, as the kernel's arguments say.
    pub booted_slot: Option<&'a str>,
}

/// A disk that can be read.
pub(crate) struct Bytes<'a>(pub &'a dyn DiskPort);

impl ReadAt for Bytes<'_> {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.0.read_at(offset, buffer).map_err(io::Error::other)
    }
}
