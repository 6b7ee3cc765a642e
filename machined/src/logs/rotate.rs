//! A log file of bounded size: what is full becomes `.1`, of which there is one. Pods may write the folder: a link
//! in the place of the file would have us write elsewhere, so it is refused.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Size at which a file is put aside, bytes (contract os.md 7.4).
pub(super) const LIMIT: u64 = 5 * 1024 * 1024;
/// Readable by root and its group only (contract os.md 7.4).
const MODE: u32 = 0o640;

/// Writes to `<path>`, and begins anew when that is full.
#[derive(Debug)]
pub(super) struct RotatingFile {
    path: PathBuf,
    file: File,
    size: u64,
    limit: u64,
}

impl RotatingFile {
    /// Opens a file for appending.
    pub fn open(path: &Path, limit: u64) -> io::Result<Self> {
        let file = sys::nofollow::append(path, MODE)?;
        let size = file.metadata()?.len();
        Ok(Self { path: path.to_path_buf(), file, size, limit })
    }

    /// Appends all of `bytes`, or nothing that counts: a torn write is taken back.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.size > 0 && self.size + bytes.len() as u64 > self.limit {
            self.rotate()?;
        }
        match self.file.write_all(bytes) {
            Ok(()) => {
                self.size += bytes.len() as u64;
                Ok(())
            }
            Err(error) => {
                let _ = self.file.set_len(self.size);
                Err(error)
            }
        }
    }

    fn rotate(&mut self) -> io::Result<()> {
        let mut aside = self.path.clone().into_os_string();
        aside.push(".1");
        std::fs::rename(&self.path, &aside)?;
        *self = Self::open(&self.path, self.limit)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_link_or_a_pipe_in_the_place_of_a_log_is_neither_written_nor_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("config.yaml"), "mine").unwrap();
        std::os::unix::fs::symlink(at("config.yaml"), at("apid.log")).unwrap();
        nix::unistd::mkfifo(&at("etcd.log"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        for name in ["apid.log", "etcd.log"] {
            assert!(RotatingFile::open(&at(name), 10).is_err(), "{name}");
        }
        assert_eq!(fs::read_to_string(at("config.yaml")).unwrap(), "mine");
    }

    #[test]
    fn a_full_file_is_put_aside_once_and_reopened_files_are_appended_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let aside = folder.path().join("x.log.1");
        let mut file = RotatingFile::open(&path, 10).unwrap();
        file.append(b"aaaa").unwrap();
        drop(file);
        let mut file = RotatingFile::open(&path, 10).unwrap();
        file.append(b"bbbb").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"aaaabbbb");
        file.append(b"cccc").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"cccc");
        assert_eq!(fs::read(&aside).unwrap(), b"aaaabbbb");
        file.append(b"dddddddddddd").unwrap();
        assert_eq!(fs::read(&aside).unwrap(), b"cccc");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
