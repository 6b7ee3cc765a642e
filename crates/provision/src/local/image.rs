//! The root image of a cluster: a hard-linked copy of its own, so that building the next image, which
//! replaces the directory, does not pull the ground from under a running cluster.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use super::error::{Error, Result};
use super::state::remove_tree;

/// Makes `target` a copy of `source` whose files are links to the same content. `false` if the two
/// are on different file systems: then the cluster uses the image where it is.
pub(crate) fn link(source: &Path, target: &Path) -> Result<bool> {
    remove_tree(target)?;
    match link_tree(source, target) {
        Err(Error::File { source: error, .. }) if error.kind() == ErrorKind::CrossesDevices => {
            remove_tree(target)?;
            Ok(false)
        }
        other => other.map(|()| true),
    }
}

fn link_tree(source: &Path, target: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let meta = fs::symlink_metadata(source).map_err(Error::file("look at", source))?;
    let failed = |error| Error::file("copy", source)(error);
    if meta.is_symlink() {
        let to = fs::read_link(source).map_err(failed)?;
        return symlink(to, target).map_err(failed);
    }
    if !meta.is_dir() {
        return fs::hard_link(source, target).map_err(failed);
    }
    fs::create_dir(target).map_err(failed)?;
    chown(target, Some(meta.uid()), Some(meta.gid())).map_err(failed)?;
    fs::set_permissions(target, fs::Permissions::from_mode(meta.mode() & 0o7777)).map_err(failed)?;
    for entry in fs::read_dir(source).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        link_tree(&entry.path(), &target.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn a_copy_shares_content_and_keeps_links_and_modes_when_the_image_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (source, target) = (dir.path().join("image"), dir.path().join("copy"));
        fs::create_dir_all(source.join("usr/bin")).unwrap();
        fs::create_dir(source.join("tmp")).unwrap();
        fs::set_permissions(source.join("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
        fs::write(source.join("usr/bin/init"), "x").unwrap();
        symlink("usr/bin", source.join("sbin")).unwrap();
        for _ in 0..2 {
            assert!(link(&source, &target).unwrap());
        }
        let inode = |path: &Path| fs::metadata(path).unwrap().ino();
        assert_eq!(inode(&target.join("sbin/init")), inode(&source.join("usr/bin/init")));
        assert_eq!(fs::metadata(target.join("tmp")).unwrap().mode() & 0o7777, 0o1777);
        fs::remove_dir_all(&source).unwrap();
        assert_eq!(fs::read(target.join("usr/bin/init")).unwrap(), b"x");
    }
}
