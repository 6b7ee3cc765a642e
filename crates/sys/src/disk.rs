//! Disks and images as bytes: reading, writing, wiping, and telling the kernel about partitions.

use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{FallocateFlags, fallocate};

use crate::{Context, Error, Result};

/// A disk, or what stands for one.
pub trait DiskPort: Send + Sync {
    /// Its size in bytes.
    fn size(&self) -> u64;
    /// Bytes of a sector.
    fn sector_size(&self) -> u32;
    /// Fills `buffer` from `offset`.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()>;
    /// Writes all of `bytes` at `offset`; on the disk only after [`DiskPort::sync`].
    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()>;
    /// Makes a stretch read as zeros.
    fn zero(&self, offset: u64, length: u64) -> Result<()>;
    /// Tells the disk that a stretch holds nothing of worth. What it reads as afterwards is open,
    /// and a disk that cannot be told is no error.
    fn discard(&self, offset: u64, length: u64);
    /// Waits until everything written is on the disk.
    fn sync(&self) -> Result<()>;
    /// Makes the kernel look at the partition table again.
    fn reread_table(&self) -> Result<()>;
}

mod ioctl {
    nix::ioctl_read!(size, 0x12, 114, u64);
    nix::ioctl_read_bad!(sector_size, libc::BLKSSZGET, libc::c_int);
    nix::ioctl_none!(reread_table, 0x12, 95);
    nix::ioctl_write_ptr_bad!(zero_out, nix::request_code_none!(0x12, 127), [u64; 2]);
    nix::ioctl_write_ptr_bad!(discard, nix::request_code_none!(0x12, 119), [u64; 2]);
}

/// A block device, or a file that holds an image.
#[derive(Debug)]
pub struct Disk {
    path: PathBuf,
    file: File,
    size: u64,
    sector_size: u32,
    block_device: bool,
}

impl Disk {
    /// Opens a disk to look at it.
    pub fn open(path: &Path) -> Result<Self> {
        Self::with(path, OpenOptions::new().read(true))
    }

    /// Opens a disk to change it. A block device of which something is mounted, or that is used
    /// otherwise, is refused.
    pub fn open_writable(path: &Path) -> Result<Self> {
        let block_device = std::fs::metadata(path).is_ok_and(|meta| meta.file_type().is_block_device());
        let flags = if block_device { libc::O_EXCL } else { 0 };
        Self::with(path, OpenOptions::new().read(true).write(true).custom_flags(flags))
    }

    fn with(path: &Path, options: &OpenOptions) -> Result<Self> {
        let action = || format!("open the disk {}", path.display());
        let file = options.open(path).context(action)?;
        let meta = file.metadata().context(action)?;
        let block_device = meta.file_type().is_block_device();
        if !block_device && !meta.is_file() {
            return Err(Error::other(action(), "it is neither a block device nor an image"));
        }
        let (mut size, mut sector_size) = (meta.len(), 512);
        if block_device {
            let mut sector: libc::c_int = 0;
            // SAFETY: the descriptor is open, and both pointers are to variables of the type that
            // the kernel writes for these requests.
            unsafe {
                ioctl::size(file.as_raw_fd(), &raw mut size).context(action)?;
                ioctl::sector_size(file.as_raw_fd(), &raw mut sector).context(action)?;
            }
            sector_size = u32::try_from(sector).unwrap_or(512);
        }
        Ok(Self { path: path.to_owned(), file, size, sector_size, block_device })
    }

    fn write_zeros(&self, offset: u64, length: u64) -> Result<()> {
        let zeros = vec![0; 1 << 20];
        let end = offset.saturating_add(length);
        let mut at = offset;
        while at < end {
            let part = usize::try_from(end - at).unwrap_or(usize::MAX).min(zeros.len());
            self.write_at(at, zeros.get(..part).unwrap_or_default())?;
            at += part as u64;
        }
        Ok(())
    }
}

impl DiskPort for Disk {
    fn size(&self) -> u64 {
        self.size
    }

    fn sector_size(&self) -> u32 {
        self.sector_size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let action = || format!("read byte {offset} of {}", self.path.display());
        self.file.read_exact_at(buffer, offset).context(action)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let action = || format!("write byte {offset} of {}", self.path.display());
        // A file would grow; a disk does not.
        if offset.saturating_add(bytes.len() as u64) > self.size {
            return Err(Error::other(action(), "it lies beyond the end"));
        }
        self.file.write_all_at(bytes, offset).context(action)
    }

    fn zero(&self, offset: u64, length: u64) -> Result<()> {
        let length = length.min(self.size.saturating_sub(offset));
        let done = if self.block_device {
            let range = [offset, length];
            // SAFETY: the descriptor is open, and the kernel reads two numbers from the pointer.
            unsafe { ioctl::zero_out(self.file.as_raw_fd(), &raw const range) }.is_ok()
        } else {
            let flags = FallocateFlags::FALLOC_FL_PUNCH_HOLE | FallocateFlags::FALLOC_FL_KEEP_SIZE;
            let (from, count) = (i64::try_from(offset), i64::try_from(length));
            matches!((from, count), (Ok(from), Ok(count)) if fallocate(&self.file, flags, from, count).is_ok())
        };
        if done { Ok(()) } else { self.write_zeros(offset, length) }
    }

    fn discard(&self, offset: u64, length: u64) {
        if self.block_device {
            let range = [offset, length.min(self.size.saturating_sub(offset))];
            // SAFETY: the descriptor is open, and the kernel reads two numbers from the pointer.
            _ = unsafe { ioctl::discard(self.file.as_raw_fd(), &raw const range) };
        }
    }

    fn sync(&self) -> Result<()> {
        self.file.sync_all().context(|| format!("sync {}", self.path.display()))
    }

    fn reread_table(&self) -> Result<()> {
        if !self.block_device {
            return Ok(());
        }
        // SAFETY: the descriptor is open, and the request takes no argument.
        match unsafe { ioctl::reread_table(self.file.as_raw_fd()) } {
            // A device that has no partitions, a loop device for example.
            Ok(_) | Err(nix::errno::Errno::EINVAL) => Ok(()),
            Err(errno) => {
                Err(Error::new(format!("read the partitions of {} again", self.path.display()), errno))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_written_wiped_and_never_grows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("image");
        File::create(&path).unwrap().set_len(4 << 20).unwrap();
        let disk = Disk::open_writable(&path).unwrap();
        disk.write_at(1 << 20, &[7; 4096]).unwrap();
        disk.zero((1 << 20) + 512, 512).unwrap();
        let mut read = [1; 1536];
        disk.read_at(1 << 20, &mut read).unwrap();
        assert!(read[..512].iter().chain(&read[1024..]).all(|byte| *byte == 7));
        assert!(read[512..1024].iter().all(|byte| *byte == 0));
        assert!(disk.write_at((4 << 20) - 1, &[1, 2]).is_err());
        assert!(disk.read_at(4 << 20, &mut read).is_err());
        disk.sync().unwrap();
        disk.reread_table().unwrap();
        assert_eq!((disk.size(), disk.sector_size()), (4 << 20, 512));
    }

    #[test]
    fn what_is_no_disk_is_refused() {
        let error = Disk::open(Path::new("/dev/null")).unwrap_err().to_string();
        assert_eq!(error, "open the disk /dev/null: it is neither a block device nor an image");
    }
}
