//! File operations that survive a crash or a hostile neighbour.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::{Context, Error, Result};

/// Replaces `path` as a whole: after a crash at any moment it has the old content or the new.
/// `mode` is that of the new file. Writes a neighbour, syncs it, renames it, syncs the folder.
pub fn write_atomically(path: &Path, content: &[u8], mode: u32) -> Result<()> {
    let (dir, name) = match (path.parent(), path.file_name()) {
        (Some(dir), Some(name)) => (dir, name),
        _ => return Err(Error::other(format!("write {}", path.display()), "it is not a file name")),
    };
    let mut neighbour = std::ffi::OsString::from(".");
    neighbour.push(name);
    neighbour.push(".tmp");
    let temporary = dir.join(neighbour);
    let written = write_synced(&temporary, content, mode)
        .and_then(|()| fs::rename(&temporary, path).context(|| format!("put {} in place", path.display())));
    if written.is_err() {
        _ = fs::remove_file(&temporary);
    }
    written?;
    sync_dir(dir)
}

fn write_synced(path: &Path, content: &[u8], mode: u32) -> Result<()> {
    let action = || format!("write {}", path.display());
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(mode).custom_flags(libc::O_NOFOLLOW);
    let mut file = options.open(path).context(action)?;
    file.set_permissions(fs::Permissions::from_mode(mode)).context(action)?;
    file.write_all(content).context(action)?;
    file.sync_all().context(action)
}

/// Creates a character device node with exactly `mode`.
pub fn character_device(path: &Path, major: u32, minor: u32, mode: u32) -> Result<()> {
    device(path, nix::sys::stat::SFlag::S_IFCHR, major, minor, mode)
}

/// Creates a block device node with exactly `mode`.
pub fn block_device(path: &Path, major: u32, minor: u32, mode: u32) -> Result<()> {
    device(path, nix::sys::stat::SFlag::S_IFBLK, major, minor, mode)
}

fn device(path: &Path, kind: nix::sys::stat::SFlag, major: u32, minor: u32, mode: u32) -> Result<()> {
    use nix::sys::stat::{Mode, makedev, mknod};
    let action = || format!("create the device node {}", path.display());
    let device = makedev(u64::from(major), u64::from(minor));
    mknod(path, kind, Mode::from_bits_truncate(mode), device).context(action)?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).context(action)
}

/// Makes renames and removals in `dir` durable.
pub fn sync_dir(dir: &Path) -> Result<()> {
    // The folder of a bare file name.
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    File::open(dir).and_then(|dir| dir.sync_all()).context(|| format!("sync {}", dir.display()))
}

/// Creates `path` and its parents; the last one gets exactly `mode`, whatever the umask is.
pub fn create_dir(path: &Path, mode: u32) -> Result<()> {
    let action = || format!("create {}", path.display());
    fs::create_dir_all(path).context(action)?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).context(action)
}

/// Removes everything inside `dir` but not `dir` itself. A `dir` that does not exist is empty.
pub fn empty_dir(dir: &Path) -> Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other.context(|| format!("list {}", dir.display()))?,
    };
    for entry in entries {
        let entry = entry.context(|| format!("list {}", dir.display()))?;
        let path = entry.path();
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let removed = if is_dir { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.context(|| format!("remove {}", path.display()))?;
    }
    Ok(())
}

/// A lock file: whoever holds it is alive. Released when dropped or when the process ends.
#[derive(Debug)]
pub struct LockFile {
    _lock: nix::fcntl::Flock<File>,
}

impl LockFile {
    /// Takes the lock if nobody has it; `None` if somebody does.
    pub fn try_acquire(path: &Path) -> Result<Option<Self>> {
        Self::flock(path, nix::fcntl::FlockArg::LockExclusiveNonblock)
    }

    /// Waits for the lock.
    pub fn acquire(path: &Path) -> Result<Self> {
        let lock = Self::flock(path, nix::fcntl::FlockArg::LockExclusive)?;
        lock.ok_or_else(|| Error::other(format!("lock {}", path.display()), "the kernel refused to wait"))
    }

    fn flock(path: &Path, how: nix::fcntl::FlockArg) -> Result<Option<Self>> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(path).context(|| format!("open {}", path.display()))?;
        loop {
            match nix::fcntl::Flock::lock(file, how) {
                Ok(lock) => return Ok(Some(Self { _lock: lock })),
                Err((_, nix::errno::Errno::EWOULDBLOCK)) => return Ok(None),
                Err((back, nix::errno::Errno::EINTR)) => file = back,
                Err((_, errno)) => return Err(Error::new(format!("lock {}", path.display()), errno)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_has_the_new_content_and_mode_and_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.yaml");
        fs::write(&path, "old").unwrap();
        write_atomically(&path, b"new", 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::create_dir(dir.path().join(".file.tmp")).unwrap();
        fs::write(&path, "old").unwrap();
        assert!(write_atomically(&path, b"new", 0o600).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn a_lock_is_held_by_one_only_and_freed_with_its_holder() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let held = LockFile::try_acquire(&path).unwrap();
        assert!(held.is_some() && LockFile::try_acquire(&path).unwrap().is_none());
        drop(held);
        assert!(LockFile::try_acquire(&path).unwrap().is_some());
    }

    #[test]
    fn emptying_keeps_the_directory_itself() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        std::os::unix::fs::symlink("/", dir.path().join("link")).unwrap();
        empty_dir(dir.path()).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        empty_dir(&dir.path().join("none")).unwrap();
    }
}
