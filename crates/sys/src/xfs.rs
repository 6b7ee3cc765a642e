//! XFS file systems in a stretch of a disk: making one, and looking into one.

use std::path::{Path, PathBuf};
use std::process::Command;

use nix::mount::{MntFlags, MsFlags};

use crate::loop_device::LoopDevice;
use crate::mount::{MountPort, MountSpec, Mounts, data_only};
use crate::{Context, Error, Result};

/// How often a busy mount is looked at again, and the pause between two looks: two seconds in all.
const BUSY_TRIES: u32 = 40;
const BUSY_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// A mounted file system; dropping it unmounts.
pub trait MountedPort {
    /// Where its root is.
    fn root(&self) -> &Path;
    /// Writes everything to the disk and unmounts.
    fn close(self: Box<Self>) -> Result<()>;
}

/// Makes and mounts file systems that need no partition device: the kernel's idea of the partition
/// table may be older than the disk's.
pub trait XfsPort: Send + Sync {
    /// Makes an empty file system in `length` bytes of `disk` from `offset`.
    fn format(&self, disk: &Path, offset: u64, length: u64, label: &str) -> Result<()>;
    /// Mounts it where nobody else sees it.
    fn mount(&self, disk: &Path, offset: u64, length: u64, read_only: bool) -> Result<Box<dyn MountedPort>>;
}

/// The kernel's XFS, and `mkfs.xfs`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Xfs;

/// Options that every kernel and every boot loader of today can read.
const OPTIONS: [&str; 6] = ["-m", "crc=1,bigtime=0,inobtcount=0", "-i", "nrext64=0", "-n", "ftype=1"];

impl XfsPort for Xfs {
    fn format(&self, disk: &Path, offset: u64, length: u64, label: &str) -> Result<()> {
        let action = || format!("make the file system {label}");
        let device = LoopDevice::attach(disk, offset, length, false)?;
        let run = |options: &[&str]| {
            Command::new("mkfs.xfs").args(["-q", "-f", "-L", label]).args(options).arg(device.path()).output()
        };
        let mut output = run(&OPTIONS).context(action)?;
        if !output.status.success() {
            // An older program knows less to switch off.
            output = run(&OPTIONS[4..]).context(action)?;
        }
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Error::other(action(), format!("mkfs.xfs: {}", said.trim())));
        }
        Ok(())
    }

    fn mount(&self, disk: &Path, offset: u64, length: u64, read_only: bool) -> Result<Box<dyn MountedPort>> {
        let device = LoopDevice::attach(disk, offset, length, read_only)?;
        let root = PathBuf::from(format!("/run/.disk-{}-{offset}", std::process::id()));
        crate::fs::create_dir(&root, 0o700)?;
        let flags = data_only() | if read_only { MsFlags::MS_RDONLY } else { MsFlags::empty() };
        let mut spec = MountSpec::new("xfs", &root, flags).source(device.path());
        // One that was not unmounted: its log is not replayed when nothing may be written. Two disks
        // may carry the same image, and with it the same identifier.
        spec = spec.data(if read_only { "nouuid,norecovery" } else { "nouuid" });
        if let Err(error) = Mounts.mount(&spec) {
            _ = std::fs::remove_dir(&root);
            return Err(error);
        }
        Ok(Box::new(Mounted { root, _device: device, open: true }))
    }
}

struct Mounted {
    root: PathBuf,
    _device: LoopDevice,
    open: bool,
}

impl Mounted {
    fn unmount(&mut self) -> Result<()> {
        if std::mem::take(&mut self.open) {
            unmount_soon(&self.root)?;
            std::fs::remove_dir(&self.root).context(|| format!("remove {}", self.root.display()))?;
        }
        Ok(())
    }
}

/// A process that is being started holds its parent's files until it runs its program: a moment later the mount
/// is not busy any more.
fn unmount_soon(root: &Path) -> Result<()> {
    for _ in 0..BUSY_TRIES {
        match Mounts.unmount(root, MntFlags::empty()) {
            Err(error) if error.errno() == Some(nix::errno::Errno::EBUSY) => std::thread::sleep(BUSY_PAUSE),
            other => return other,
        }
    }
    Mounts.unmount(root, MntFlags::empty())
}

impl MountedPort for Mounted {
    fn root(&self) -> &Path {
        &self.root
    }

    fn close(mut self: Box<Self>) -> Result<()> {
        self.unmount()
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Err(error) = self.unmount() {
            tracing::warn!("{error}");
        }
    }
}
