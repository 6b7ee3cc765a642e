//! The two file systems that the installer writes into, by one name.

use std::io::Read;

use disk::bytes::Extent;
use disk::facts::{FileFact, Files, Volume};
use disk::step::Target;
use sha2::{Digest as _, Sha256};
use sys::xfs::MountedPort;

use crate::fat::Fat;
use crate::port::Machine;
use crate::{Error, Result, folder};

/// One of them, open.
pub(crate) enum Open<'a> {
    /// The firmware's.
    Fat(Box<Fat<'a>>),
    /// GRUB's.
    Folder(Box<dyn MountedPort>),
}

impl<'a> Open<'a> {
    /// Opens one.
    pub fn new(machine: &Machine<'a>, target: Target, extent: Extent, read_only: bool) -> Result<Self> {
        Ok(match target {
            Target::Efi => Self::Fat(Box::new(Fat::open(machine.disk, extent)?)),
            Target::Boot => {
                Self::Folder(machine.xfs.mount(machine.path, extent.offset, extent.length, read_only)?)
            }
        })
    }

    /// Writes a file so that its path has the whole of it or what it had before.
    pub fn write(&self, path: &str, content: &mut dyn Read) -> Result<()> {
        match self {
            Self::Fat(fat) => fat.write(path, content),
            Self::Folder(mounted) => folder::write(mounted.root(), path, content),
        }
    }

    /// Gives a file another name.
    pub fn rename(&self, from: &str, to: &str) -> Result<()> {
        match self {
            Self::Fat(fat) => fat.rename(from, to),
            Self::Folder(mounted) => folder::rename(mounted.root(), from, to),
        }
    }

    /// Removes a file.
    pub fn remove(&self, path: &str) -> Result<()> {
        match self {
            Self::Fat(fat) => fat.remove(path),
            Self::Folder(mounted) => folder::remove(mounted.root(), path),
        }
    }

    /// All files with their content's digests, and what is free.
    pub fn facts(&self) -> Result<Volume> {
        let (paths, free) = match self {
            Self::Fat(fat) => (fat.list()?, fat.free()?),
            Self::Folder(mounted) => (folder::list(mounted.root())?, folder::free(mounted.root())?),
        };
        let mut files = Files::new();
        for path in paths {
            let fact = match self {
                Self::Fat(fat) => fact(&mut fat.read(&path)?, &path)?,
                Self::Folder(mounted) => {
                    let file = std::fs::File::open(mounted.root().join(&path));
                    fact(
                        &mut file.map_err(|error| Error::io(format_args!("read {path} of BOOT"), error))?,
                        &path,
                    )?
                }
            };
            files.insert(path, fact);
        }
        Ok(Volume::Files { files, free })
    }

    /// Everything is on the disk afterwards.
    pub fn close(self) -> Result<()> {
        match self {
            Self::Fat(fat) => fat.close(),
            Self::Folder(mounted) => Ok(mounted.close()?),
        }
    }
}

/// What a plan has to know of a file.
pub(crate) fn fact(content: &mut dyn Read, path: &str) -> Result<FileFact> {
    let failed = |error| Error::io(format_args!("read {path}"), error);
    let mut start = Vec::new();
    content.take(FileFact::LONGEST_TEXT as u64 + 1).read_to_end(&mut start).map_err(failed)?;
    if start.len() <= FileFact::LONGEST_TEXT {
        return Ok(FileFact::of(&start));
    }
    let mut hash = Sha256::new_with_prefix(&start);
    let mut size = start.len() as u64;
    let mut buffer = vec![0; 256 << 10];
    loop {
        match content.read(&mut buffer).map_err(failed)? {
            0 => break,
            length => {
                hash.update(buffer.get(..length).unwrap_or_default());
                size += length as u64;
            }
        }
    }
    Ok(FileFact { size, digest: disk::facts::Digest(hash.finalize().into()), text: None })
}
