//! A mounted file system: files replaced as a whole, and listed.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

const DEEPEST: usize = 8;
const MOST_FILES: usize = 4096;

/// The paths of all files below `root`.
pub(crate) fn list(root: &Path) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    walk(root, "", 0, &mut paths)?;
    Ok(paths)
}

fn walk(dir: &Path, prefix: &str, depth: usize, paths: &mut Vec<String>) -> Result<()> {
    let failed = |error| Error::io(format_args!("list {}", dir.display()), error);
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().map_err(failed)?;
        if depth >= DEEPEST || paths.len() >= MOST_FILES {
            return Err(Error::Io("BOOT has too many files or folders".to_owned()));
        }
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), depth + 1, paths)?;
        } else if kind.is_file() {
            paths.push(path);
        }
    }
    Ok(())
}

/// Writes a file beside its place, and puts it there when it is whole and on the disk.
pub(crate) fn write(root: &Path, path: &str, content: &mut dyn Read) -> Result<()> {
    let place = root.join(path);
    let neighbour = PathBuf::from(format!("{}{}", place.display(), disk::NEIGHBOUR));
    let folder = place.parent().unwrap_or(root).to_owned();
    let written = (|| {
        fs::create_dir_all(&folder)?;
        let mut file = File::create(&neighbour)?;
        std::io::copy(content, &mut file)?;
        file.sync_all()?;
        fs::rename(&neighbour, &place)
    })();
    written.map_err(|error| Error::io(format_args!("write {path} to BOOT"), error))?;
    sys::fs::sync_dir(&folder)?;
    sys::fs::sync_dir(root)?;
    Ok(())
}

/// Gives a file another name.
pub(crate) fn rename(root: &Path, from: &str, to: &str) -> Result<()> {
    let renamed = fs::rename(root.join(from), root.join(to));
    renamed.map_err(|error| Error::io(format_args!("rename {from} of BOOT"), error))?;
    Ok(sys::fs::sync_dir(root)?)
}

/// Removes a file; one that is not there is no error.
pub(crate) fn remove(root: &Path, path: &str) -> Result<()> {
    match fs::remove_file(root.join(path)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io(format_args!("remove {path} from BOOT"), error))
        }
        _ => Ok(sys::fs::sync_dir(root.join(path).parent().unwrap_or(root))?),
    }
}

/// Bytes that are free.
pub(crate) fn free(root: &Path) -> Result<u64> {
    Ok(sys::statfs::usage(root)?.available)
}
