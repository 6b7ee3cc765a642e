//! Loop devices: a stretch of a file or a disk as a block device of its own.

use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use crate::{Context, Error, Result};

mod ioctl {
    nix::ioctl_none_bad!(free, 0x4c82);
    nix::ioctl_write_ptr_bad!(configure, 0x4c0a, super::Config);
}

const READ_ONLY: u32 = 1;
/// The kernel takes the device apart when nobody has it open any more, whatever becomes of us.
const AUTOCLEAR: u32 = 4;

/// `struct loop_info64`.
#[repr(C)]
struct Info {
    device: u64,
    inode: u64,
    rdevice: u64,
    offset: u64,
    size_limit: u64,
    number: u32,
    encrypt_type: u32,
    encrypt_key_size: u32,
    flags: u32,
    file_name: [u8; 64],
    crypt_name: [u8; 64],
    encrypt_key: [u8; 32],
    init: [u64; 2],
}

/// `struct loop_config`.
#[repr(C)]
pub(crate) struct Config {
    fd: u32,
    block_size: u32,
    info: Info,
    reserved: [u64; 8],
}

/// A loop device; it is gone when this is dropped and nothing of it is mounted any more.
#[derive(Debug)]
pub struct LoopDevice {
    path: PathBuf,
    _device: File,
}

impl LoopDevice {
    /// Makes `length` bytes of `file` from `offset` a block device.
    pub fn attach(file: &Path, offset: u64, length: u64, read_only: bool) -> Result<Self> {
        let action = || format!("attach {} to a loop device", file.display());
        let backing = OpenOptions::new().read(true).write(!read_only).open(file).context(action)?;
        let control = OpenOptions::new().read(true).write(true).open("/dev/loop-control").context(action)?;
        // Another process may take the free device first: then there is another one.
        for _ in 0..64 {
            // SAFETY: the descriptor is open, and the request takes no argument.
            let number = unsafe { ioctl::free(control.as_raw_fd()) }.context(action)?;
            let path = PathBuf::from(format!("/dev/loop{number}"));
            if !path.exists() {
                crate::fs::block_device(&path, 7, u32::try_from(number).unwrap_or(0), 0o600)?;
            }
            let device = OpenOptions::new().read(true).write(!read_only).open(&path).context(action)?;
            let config = Config {
                fd: u32::try_from(backing.as_raw_fd()).unwrap_or(u32::MAX),
                block_size: 512,
                info: Info {
                    device: 0,
                    inode: 0,
                    rdevice: 0,
                    offset,
                    size_limit: length,
                    number: 0,
                    encrypt_type: 0,
                    encrypt_key_size: 0,
                    flags: AUTOCLEAR | if read_only { READ_ONLY } else { 0 },
                    file_name: [0; 64],
                    crypt_name: [0; 64],
                    encrypt_key: [0; 32],
                    init: [0; 2],
                },
                reserved: [0; 8],
            };
            // SAFETY: the descriptor is open, and the kernel reads a loop_config, whose layout
            // `Config` has, from the pointer.
            match unsafe { ioctl::configure(device.as_raw_fd(), &raw const config) } {
                Ok(_) => return Ok(Self { path, _device: device }),
                Err(nix::errno::Errno::EBUSY) => {}
                Err(errno) => return Err(Error::new(action(), errno)),
            }
        }
        Err(Error::other(action(), "every loop device is taken at once: try again"))
    }

    /// Its device node.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
