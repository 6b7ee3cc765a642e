//! Replaces a file that may be the user's own arrangement: links are followed, mode and owner stay.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

/// Links in a row that are followed, as many as the kernel does.
const LINKS: usize = 40;

/// The file that a path means: where its symbolic links lead, whether that is there or not.
///
/// # Errors
/// If they lead nowhere, or in a circle.
pub fn target(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(link) => path = path.parent().unwrap_or(Path::new("")).join(link),
            // It is no link, or not there.
            Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NotFound) => {
                return Ok(path);
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("its symbolic links lead in a circle"))
}

/// Puts `content` into a file. After a crash at any moment it has the old content or the new, where that is
/// possible: a file with several names, one that is mounted, or one whose folder cannot be written keeps its
/// place and is overwritten. `mode` is that of a new file; one that is there keeps its own, and its owner.
///
/// # Errors
/// If it cannot be written; also when it is there and may not be.
pub fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let path = target(path)?;
    let there = match OpenOptions::new().write(true).open(&path) {
        Ok(file) => Some((file.metadata()?, file)),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let Some((metadata, file)) = there else { return put_in_place(&path, content, mode, None) };
    if !metadata.is_file() || metadata.nlink() > 1 {
        return overwrite(file, &metadata, content);
    }
    match put_in_place(&path, content, metadata.permissions().mode() & 0o7777, Some(&metadata)) {
        Err(error) if keeps_its_place(error.kind()) => overwrite(file, &metadata, content),
        done => done,
    }
}

/// Whether no other file can take the place of this one, though it can be written.
fn keeps_its_place(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::ResourceBusy)
}

fn overwrite(mut file: File, metadata: &Metadata, content: &[u8]) -> io::Result<()> {
    if !metadata.is_file() {
        // Pipes and devices have no length.
        return file.write_all(content);
    }
    file.set_len(0)?;
    file.write_all(content)?;
    file.sync_all()
}

fn put_in_place(path: &Path, content: &[u8], mode: u32, like: Option<&Metadata>) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().ok_or(io::Error::other("it is not a file name"))?);
    name.push(format!(".{}.tmp", std::process::id()));
    let neighbour = folder.join(name);
    let placed = fill(&neighbour, content, mode, like).and_then(|()| fs::rename(&neighbour, path));
    placed.inspect_err(|_| drop(fs::remove_file(&neighbour)))?;
    File::open(folder)?.sync_all()
}

fn fill(path: &Path, content: &[u8], mode: u32, like: Option<&Metadata>) -> io::Result<()> {
    // What a run that was killed left may stand there.
    drop(fs::remove_file(path));
    // Nobody else reads it before it has its owner.
    let first = if like.is_some() { mode & 0o600 } else { mode };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(first).open(path)?;
    if let Some(like) = like {
        let made = file.metadata()?;
        if (made.uid(), made.gid()) != (like.uid(), like.gid()) {
            chown(path, Some(like.uid()), Some(like.gid()))?;
        }
        file.set_permissions(fs::Permissions::from_mode(mode))?;
    }
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn links_stay_and_what_they_lead_to_changes() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("dotfiles")).unwrap();
        fs::write(at("dotfiles/real"), "old").unwrap();
        symlink("dotfiles/hop", at("link")).unwrap();
        symlink("real", at("dotfiles/hop")).unwrap();
        replace(&at("link"), b"new", 0o600).unwrap();
        assert!(at("link").is_symlink() && at("dotfiles/hop").is_symlink());
        assert_eq!(fs::read(at("dotfiles/real")).unwrap(), b"new");
        assert_eq!(fs::read_dir(at("dotfiles")).unwrap().count(), 2);
    }

    #[test]
    fn a_link_to_nothing_yet_is_followed_and_one_in_a_circle_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        symlink(at("later"), at("link")).unwrap();
        replace(&at("link"), b"new", 0o640).unwrap();
        assert!(at("link").is_symlink());
        assert_eq!((fs::read(at("later")).unwrap(), mode(&at("later"))), (b"new".to_vec(), 0o640));
        symlink("b", at("a")).unwrap();
        symlink("a", at("b")).unwrap();
        assert!(replace(&at("a"), b"", 0o600).unwrap_err().to_string().contains("circle"));
    }

    #[test]
    fn the_mode_of_a_file_that_is_there_stays_and_a_new_one_gets_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        for kept in [0o640, 0o644, 0o600, 0o664] {
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(kept)).unwrap();
            replace(&path, b"new", 0o600).unwrap();
            assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"new".to_vec(), kept));
        }
        replace(&dir.path().join("new"), b"new", 0o600).unwrap();
        assert_eq!(mode(&dir.path().join("new")), 0o600);
    }

    #[test]
    fn the_owner_stays_when_an_administrator_writes() {
        if !sys::process::is_root() {
            eprintln!("SKIPPED: needs root");
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        fs::write(&path, "old").unwrap();
        chown(&path, Some(1000), Some(1000)).unwrap();
        replace(&path, b"new", 0o600).unwrap();
        let found = path.metadata().unwrap();
        assert_eq!((found.uid(), found.gid()), (1000, 1000));
    }

    #[test]
    fn all_names_of_a_file_get_the_change() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (dir.path().join("one"), dir.path().join("two"));
        fs::write(&one, "a longer text").unwrap();
        fs::hard_link(&one, &two).unwrap();
        replace(&one, b"new", 0o600).unwrap();
        assert_eq!(fs::read(&two).unwrap(), b"new");
    }

    #[test]
    fn what_is_left_of_a_run_that_was_killed_is_in_nobodys_way() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        fs::write(dir.path().join(format!(".config.{}.tmp", std::process::id())), "half").unwrap();
        replace(&path, b"new", 0o600).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
