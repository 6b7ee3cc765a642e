//! The firmware's file system, in a stretch of a disk: no mount, no kernel module, no other
//! program, so that what ships is what is tested. The one place that knows the crate behind it.

use std::io::{self, Read, Seek, SeekFrom, Write};

use disk::bytes::Extent;
use fatfs::{Dir, FileSystem, FormatVolumeOptions, FsOptions};
use sys::disk::DiskPort;

use crate::{Error, Result};

/// A stretch of a disk as a file.
struct Range<'a> {
    disk: &'a dyn DiskPort,
    extent: Extent,
    at: u64,
    /// What was read last, with where it begins: tables are read number by number.
    near: Option<(u64, Vec<u8>)>,
}

/// Bytes that are read at once for smaller reads.
const NEAR: u64 = 16 << 10;

impl Range<'_> {
    fn part(&self, length: usize) -> usize {
        usize::try_from(self.extent.length.saturating_sub(self.at)).unwrap_or(usize::MAX).min(length)
    }
}

impl Read for Range<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let part = self.part(buffer.len());
        if part == 0 {
            return Ok(0);
        }
        let start = self.at / NEAR * NEAR;
        let within = (self.at - start) as usize;
        let near = (self.extent.length - start).min(NEAR) as usize;
        if within + part > near {
            let buffer = buffer.get_mut(..part).unwrap_or_default();
            self.disk.read_at(self.extent.offset + self.at, buffer).map_err(io::Error::other)?;
        } else {
            if self.near.as_ref().is_none_or(|(at, _)| *at != start) {
                let mut block = vec![0; near];
                self.disk.read_at(self.extent.offset + start, &mut block).map_err(io::Error::other)?;
                self.near = Some((start, block));
            }
            let block = self.near.as_ref().map(|(_, block)| block.as_slice()).unwrap_or_default();
            let source = block.get(within..within + part).unwrap_or_default();
            buffer.iter_mut().zip(source).for_each(|(byte, from)| *byte = *from);
        }
        self.at += part as u64;
        Ok(part)
    }
}

impl Write for Range<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let part = self.part(bytes.len());
        let bytes = bytes.get(..part).unwrap_or_default();
        self.near = None;
        self.disk.write_at(self.extent.offset + self.at, bytes).map_err(io::Error::other)?;
        self.at += part as u64;
        Ok(part)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Range<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (from, by) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::Current(by) => (self.at, by),
            SeekFrom::End(by) => (self.extent.length, by),
        };
        self.at = from.checked_add_signed(by).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// Makes an empty file system with a label of at most 11 characters.
///
/// # Errors
/// When the disk cannot be written.
pub fn format(disk: &dyn DiskPort, extent: Extent, label: &str, id: u32) -> Result<()> {
    let sector = u64::from(disk.sector_size());
    let mut name = [b' '; 11];
    name.iter_mut().zip(label.bytes()).for_each(|(byte, from)| *byte = from);
    let sectors = u32::try_from(extent.length / sector).unwrap_or(u32::MAX);
    let options = FormatVolumeOptions::new()
        .volume_label(name)
        .volume_id(id)
        .bytes_per_sector(u16::try_from(sector).unwrap_or(512))
        .total_sectors(sectors);
    let range = Range { disk, extent, at: 0, near: None };
    fatfs::format_volume(range, options).map_err(|error| Error::io("make a vfat file system", error))?;
    disk.sync()?;
    Ok(())
}

/// The file system.
pub struct Fat<'a> {
    disk: &'a dyn DiskPort,
    extent: Extent,
    files: FileSystem<Range<'a>>,
}

/// Folders within each other, and files in all, that are looked at.
const DEEPEST: usize = 8;
const MOST_FILES: usize = 4096;

impl<'a> Fat<'a> {
    /// Opens it.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(disk: &'a dyn DiskPort, extent: Extent) -> Result<Self> {
        let options = FsOptions::new().update_accessed_date(false);
        let files = FileSystem::new(Range { disk, extent, at: 0, near: None }, options);
        let files = files.map_err(|error| Error::io("open the file system of EFI", error))?;
        Ok(Self { disk, extent, files })
    }

    /// Bytes that are free.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn free(&self) -> Result<u64> {
        let stats = self.files.stats().map_err(|error| Error::io("count the free space of EFI", error))?;
        Ok(u64::from(stats.free_clusters()) * u64::from(stats.cluster_size()))
    }

    /// The paths of all files.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn list(&self) -> Result<Vec<String>> {
        let mut paths = Vec::new();
        walk(&self.files.root_dir(), "", 0, &mut paths)
            .map_err(|error| Error::io("list the files of EFI", error))?;
        Ok(paths)
    }

    /// Opens a file.
    ///
    /// # Errors
    /// When it is not there.
    pub fn read(&self, path: &str) -> Result<impl Read + '_> {
        self.files
            .root_dir()
            .open_file(path)
            .map_err(|error| Error::io(format_args!("read {path} of EFI"), error))
    }

    /// Writes a file beside its place, and puts it there when it is whole.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn write(&self, path: &str, content: &mut dyn Read) -> Result<()> {
        let root = self.files.root_dir();
        let neighbour = format!("{path}{}", disk::NEIGHBOUR);
        self.folders(path)?;
        let written = (|| {
            remove(&root, &neighbour)?;
            let mut file = root.create_file(&neighbour)?;
            copy(content, &mut file)?;
            file.flush()
        })();
        written.map_err(|error| Error::io(format_args!("write {path} to EFI"), error))?;
        self.disk.sync()?;
        let placed = remove(&root, path).and_then(|()| root.rename(&neighbour, &root, path));
        placed.map_err(|error| Error::io(format_args!("put {path} in place in EFI"), error))?;
        self.disk.sync()?;
        Ok(())
    }

    /// Makes the folders of a path that are not there.
    fn folders(&self, path: &str) -> Result<()> {
        let root = self.files.root_dir();
        let mut made = false;
        for (at, _) in path.match_indices('/') {
            let folder = path.get(..at).unwrap_or_default();
            if root.open_dir(folder).is_err() {
                let failed = |error| Error::io(format_args!("make the folder {folder} in EFI"), error);
                root.create_dir(folder).map_err(failed)?;
                made = true;
            }
        }
        // What is kept of the last read may differ in the four entries that this moves; they name
        // nothing that is looked for, and the next write forgets it.
        if made { crate::fat_folders::straighten(self.disk, self.extent) } else { Ok(()) }
    }

    /// Gives a file another name.
    ///
    /// # Errors
    /// When it is not there, or cannot be written.
    pub fn rename(&self, from: &str, to: &str) -> Result<()> {
        let root = self.files.root_dir();
        let renamed = root.rename(from, &root, to);
        renamed.map_err(|error| Error::io(format_args!("rename {from} of EFI"), error))?;
        self.disk.sync()?;
        Ok(())
    }

    /// Removes a file; one that is not there is no error.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn remove(&self, path: &str) -> Result<()> {
        remove(&self.files.root_dir(), path)
            .map_err(|error| Error::io(format_args!("remove {path} from EFI"), error))?;
        self.disk.sync()?;
        Ok(())
    }

    /// Writes what the file system keeps in memory: how much of it is free.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn close(self) -> Result<()> {
        self.files.unmount().map_err(|error| Error::io("close the file system of EFI", error))?;
        self.disk.sync()?;
        Ok(())
    }
}

/// In pieces that are larger than what a file system allocates at once.
fn copy(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<()> {
    let mut buffer = vec![0; 256 << 10];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            length => to.write_all(buffer.get(..length).unwrap_or_default())?,
        }
    }
}

fn remove(root: &Dir<'_, Range<'_>>, path: &str) -> io::Result<()> {
    match root.remove(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn walk(dir: &Dir<'_, Range<'_>>, prefix: &str, depth: usize, paths: &mut Vec<String>) -> io::Result<()> {
    for entry in dir.iter() {
        let entry = entry?;
        let name = entry.file_name();
        if name == "." || name == ".." {
            continue;
        }
        if depth >= DEEPEST || paths.len() >= MOST_FILES {
            return Err(io::Error::other("it has too many files or folders"));
        }
        let path = format!("{prefix}{name}");
        if entry.is_dir() {
            walk(&entry.to_dir(), &format!("{path}/"), depth + 1, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENT: Extent = Extent { offset: 1 << 20, length: 100 << 20 };

    #[test]
    fn files_are_written_replaced_renamed_and_removed() {
        for sector in [512, 4096] {
            let disk = sys::fakes::Disk::new(128 << 20, sector);
            format(&disk, EXTENT, "EFI", 7).unwrap();
            let fat = Fat::open(&disk, EXTENT).unwrap();
            let before = fat.free().unwrap();
            for content in [vec![1; 3 << 20], vec![2; 5000]] {
                fat.write("EFI/Linux/Talos-v1.14.0-alpha+1.efi", &mut content.as_slice()).unwrap();
                let mut read = Vec::new();
                fat.read("efi/linux/talos-V1.14.0-alpha+1.efi").unwrap().read_to_end(&mut read).unwrap();
                assert_eq!(read, content);
            }
            fat.rename("EFI/Linux/Talos-v1.14.0-alpha+1.efi", "EFI/Linux/x.efi").unwrap();
            assert_eq!(fat.list().unwrap(), ["EFI/Linux/x.efi"]);
            fat.remove("EFI/Linux/x.efi").unwrap();
            fat.remove("EFI/Linux/x.efi").unwrap();
            assert!(before - fat.free().unwrap() < 64 << 10, "only folders are left");
            fat.close().unwrap();
            let content = disk::content::detect(&disk::bytes::Within {
                whole: &crate::port::Bytes(&disk),
                extent: EXTENT,
            });
            assert_eq!(content.unwrap().unwrap().to_string(), "vfat labelled \"EFI\" (0000-0007)");
        }
    }

    #[test]
    fn what_is_no_file_system_is_told() {
        let disk = sys::fakes::Disk::new(128 << 20, 512);
        assert!(Fat::open(&disk, EXTENT).is_err());
    }
}
