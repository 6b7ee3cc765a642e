//! Writes small files where others may hold them open or have them bind-mounted.

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use anyhow::Context;

/// uid and gid of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner(pub u32);

/// Makes `path` hold `contents`; true when it did not before.
///
/// An existing file keeps its inode, for containers may have bind-mounted it: they would go on to see the
/// old contents of one that was renamed away.
pub fn write(path: &Path, contents: &[u8], mode: u32, owner: Option<Owner>) -> anyhow::Result<bool> {
    let fail = || format!("cannot write {}", path.display());
    let known = fs::read(path).is_ok_and(|known| known == contents);
    if !known && let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(fail)?;
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(mode)
        .open(path)
        .with_context(fail)?;
    if let Some(Owner(id)) = owner {
        fchown(&file, Some(id), Some(id)).with_context(fail)?;
    }
    file.set_permissions(Permissions::from_mode(mode)).with_context(fail)?;
    if known {
        return Ok(false);
    }
    file.write_all(contents).with_context(fail)?;
    file.set_len(contents.len() as u64).with_context(fail)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_file_changes_in_place_and_gets_its_mode() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        assert!(write(&path, b"long text", 0o644, None).unwrap());
        let inode = fs::metadata(&path).unwrap().ino();
        assert!(write(&path, b"short", 0o600, None).unwrap());
        assert!(!write(&path, b"short", 0o600, None).unwrap());
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!((metadata.ino(), metadata.mode() & 0o777), (inode, 0o600));
        assert_eq!(fs::read(&path).unwrap(), b"short");
    }
}
