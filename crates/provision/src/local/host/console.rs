//! A node's console: what its init prints, kept in two files of bounded size.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;

use crate::local::error::{Error, Result};

/// Size at which the file becomes the old one, bytes (the same as of logs on nodes, os.md 7.4).
const LIMIT: u64 = 5 << 20;

/// The two files; clones write to the same.
#[derive(Clone)]
pub(super) struct Console(Arc<Mutex<Files>>);

struct Files {
    path: PathBuf,
    file: File,
    size: u64,
    limit: u64,
}

impl Console {
    /// Continues `path`.
    pub(super) fn open(path: &Path) -> Result<Self> {
        Self::with_limit(path, LIMIT)
    }

    fn with_limit(path: &Path, limit: u64) -> Result<Self> {
        let file = open(path)?;
        let size = file.metadata().map_err(Error::file("look at", path))?.len();
        Ok(Self(Arc::new(Mutex::new(Files { path: path.to_owned(), file, size, limit }))))
    }

    fn write(&self, bytes: &[u8]) {
        let mut files = sys::sync::lock(&self.0);
        // A full disk must not end a node: what cannot be written is lost.
        if files.file.write_all(bytes).is_ok() {
            files.size = files.size.saturating_add(bytes.len() as u64);
        }
        if files.size >= files.limit {
            let old = files.path.with_extension("log.1");
            if std::fs::rename(&files.path, old).is_ok()
                && let Ok(file) = open(&files.path)
            {
                files.file = file;
                files.size = 0;
            }
        }
    }

    /// Notes how a run ended.
    pub(super) fn end(&self, how: &str) {
        self.write(format!("--- node ended: {how} ---\n").as_bytes());
    }
}

fn open(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600).open(path).map_err(Error::file("open", path))
}

/// Copies a pipe to the console until its other end is closed.
pub(super) fn collect(console: &Console, pipe: Option<pipe::Receiver>) {
    let (Some(mut pipe), console) = (pipe, console.clone()) else { return };
    tokio::spawn(async move {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
            console.write(buffer.get(..count).unwrap_or_default());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_never_takes_more_than_two_files_of_its_limit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("console.log");
        let console = Console::with_limit(&path, 100).unwrap();
        for number in 0..100 {
            console.write(format!("line {number}\n").as_bytes());
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.len() < 120 && std::fs::metadata(dir.path().join("console.log.1")).unwrap().len() < 120);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
        drop(console);
        Console::with_limit(&path, 100).unwrap().end("exit status 0");
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("--- node ended: exit status 0 ---\n"));
    }
}
