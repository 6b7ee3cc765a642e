//! Variables of the firmware.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use crate::{Context, Result};

/// Reads and writes variables of the firmware. Values are bytes; their attributes are always those
/// of a variable that outlives the power and is there at boot and at run time.
pub trait EfiVarsPort: Send + Sync {
    /// A value; none if the variable is not set.
    fn get(&self, vendor: &str, name: &str) -> Result<Option<Vec<u8>>>;
    /// Sets a value.
    fn set(&self, vendor: &str, name: &str, value: &[u8]) -> Result<()>;
    /// Removes a variable; one that is not set is no error.
    fn remove(&self, vendor: &str, name: &str) -> Result<()>;
}

/// Non-volatile, at boot, at run time.
const ATTRIBUTES: u32 = 7;
/// `FS_IMMUTABLE_FL`: what the kernel protects variables with against `rm -r`.
const IMMUTABLE: libc::c_long = 0x10;

mod ioctl {
    nix::ioctl_read!(flags, b'f', 1, libc::c_long);
    nix::ioctl_write_ptr!(set_flags, b'f', 2, libc::c_long);
}

/// The variables of this machine, through efivarfs.
#[derive(Debug, Clone)]
pub struct EfiVars {
    root: PathBuf,
}

impl EfiVars {
    /// Those below `root`, normally `/sys/firmware/efi/efivars`; none if the machine was not
    /// started by UEFI, or efivarfs is not mounted.
    pub fn at(root: &Path) -> Option<Self> {
        let any = std::fs::read_dir(root).ok()?.next().is_some();
        any.then(|| Self { root: root.to_owned() })
    }

    fn path(&self, vendor: &str, name: &str) -> PathBuf {
        self.root.join(format!("{name}-{vendor}"))
    }
}

/// Takes the protection of a variable away, where the file system has such a thing.
fn unprotect(path: &Path) {
    let Ok(file) = File::open(path) else { return };
    let mut flags: libc::c_long = 0;
    // SAFETY: the descriptor is open; the kernel writes and reads one number through the pointers.
    unsafe {
        if ioctl::flags(file.as_raw_fd(), &raw mut flags).is_ok() && flags & IMMUTABLE != 0 {
            flags &= !IMMUTABLE;
            _ = ioctl::set_flags(file.as_raw_fd(), &raw const flags);
        }
    }
}

impl EfiVarsPort for EfiVars {
    fn get(&self, vendor: &str, name: &str) -> Result<Option<Vec<u8>>> {
        match std::fs::read(self.path(vendor, name)) {
            Ok(bytes) => Ok(Some(bytes.get(4..).unwrap_or_default().to_vec())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).context(|| format!("read the EFI variable {name}")),
        }
    }

    fn set(&self, vendor: &str, name: &str, value: &[u8]) -> Result<()> {
        let path = self.path(vendor, name);
        unprotect(&path);
        let action = || format!("set the EFI variable {name}");
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(false).open(&path).context(action)?;
        // One call: each is a transaction of the firmware.
        let bytes = [&ATTRIBUTES.to_le_bytes(), value].concat();
        file.write_all(&bytes).context(action)
    }

    fn remove(&self, vendor: &str, name: &str) -> Result<()> {
        let path = self.path(vendor, name);
        unprotect(&path);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).context(|| format!("remove the EFI variable {name}"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_a_file_that_begins_with_its_attributes() {
        let dir = tempfile::tempdir().unwrap();
        assert!(EfiVars::at(dir.path()).is_none(), "an empty folder is no efivarfs");
        std::fs::write(dir.path().join("SecureBoot-x"), "").unwrap();
        let variables = EfiVars::at(dir.path()).unwrap();
        variables.set("x", "A", b"b").unwrap();
        assert_eq!(std::fs::read(dir.path().join("A-x")).unwrap(), [7, 0, 0, 0, b'b']);
        assert_eq!(variables.get("x", "A").unwrap().as_deref(), Some(b"b".as_slice()));
        variables.remove("x", "A").unwrap();
        variables.remove("x", "A").unwrap();
        assert_eq!(variables.get("x", "A").unwrap(), None);
    }
}
