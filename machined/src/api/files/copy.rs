//! Copies a file or a tree as tar.gz.

use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use nix::sys::stat::{FileStat, SFlag, major, minor};
use proto::common::Data;
use sys::tree::{self, Entry, Visit};
use tonic::Status;

use super::read::CHUNK;
use super::{Sink, Walk, file_error, plain, walk};
use crate::blocking::Pool;

/// Bytes read of a file in /proc or /sys that says its size is 0 (contract api.md 5.8).
const PSEUDO_FILE_LIMIT: u64 = 4096;

/// Bytes of the error that names what was skipped.
const SKIPPED: usize = 16 * 1024;

/// Handles `Copy`.
pub async fn copy(pool: &Pool, root: &str) -> Result<Walk<Data>, Status> {
    let root = Path::new(root).to_path_buf();
    if !root.is_absolute() {
        return Err(plain(format!(
            "cannot copy {:?}: the path has to be absolute",
            root.display().to_string()
        )));
    }
    let there = move || match std::fs::symlink_metadata(&root) {
        Ok(_) => Ok(root),
        Err(error) => Err(plain(file_error("lstat", &root, &error))),
    };
    let work = |root: PathBuf, sink: &Sink<Data>| {
        let tar = tar::Builder::new(GzEncoder::new(Chunks { sink, buffer: Vec::new() }, Compression::fast()));
        let mut archive = Archive { tar, root: &root, unreadable: String::new(), broken: None };
        archive.tar.follow_symlinks(false);
        let _ = tree::walk(&root, &mut archive);
        let ended = match archive.broken {
            Some(error) => Err(error),
            None => {
                archive.tar.into_inner().and_then(GzEncoder::finish).and_then(|mut chunks| chunks.flush())
            }
        };
        match ended {
            Err(error) => sink.fail(plain(format!("cannot copy {}: {error}", root.display()))),
            Ok(()) if !archive.unreadable.is_empty() => {
                sink.fail(plain(format!("skipped what cannot be read: {}", archive.unreadable)));
            }
            Ok(()) => {}
        }
        Ok(())
    };
    walk(pool, there, work).await
}

struct Archive<'a> {
    tar: tar::Builder<GzEncoder<Chunks<'a>>>,
    root: &'a Path,
    /// What was skipped, and why.
    unreadable: String,
    /// Why the archive cannot be written any further.
    broken: Option<io::Error>,
}

impl Visit for Archive<'_> {
    fn entry(&mut self, entry: &Entry<'_>) -> ControlFlow<(), bool> {
        match self.add(entry) {
            Ok(()) => ControlFlow::Continue(true),
            Err(error) => {
                self.broken = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    fn leave(&mut self, _: &Path, _: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn failed(&mut self, path: &Path, _: usize, error: &io::Error) -> ControlFlow<()> {
        self.skip(path, error);
        ControlFlow::Continue(())
    }
}

impl Archive<'_> {
    fn add(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        let name = match entry.path.strip_prefix(self.root) {
            Ok(name) if !name.as_os_str().is_empty() => name,
            // A folder that is the root itself is left out, a file has its name.
            _ if entry.is_dir() => return Ok(()),
            _ => Path::new(entry.path.file_name().unwrap_or_default()),
        };
        let mut header = header(&entry.stat);
        if entry.is_dir() {
            // Folders end with a slash.
            return self.tar.append_data(&mut header, name.join(""), io::empty());
        }
        if entry.is(SFlag::S_IFLNK) {
            return match entry.link() {
                Ok(target) => self.tar.append_link(&mut header, name, target),
                Err(error) => {
                    self.skip(entry.path, &error);
                    Ok(())
                }
            };
        }
        if !entry.is(SFlag::S_IFREG) {
            return self.tar.append_data(&mut header, name, io::empty());
        }
        match content(entry) {
            Ok((size, reader)) => {
                header.set_size(size);
                // A file may shrink meanwhile; the archive must not.
                self.tar.append_data(&mut header, name, reader.chain(io::repeat(0)).take(size))
            }
            Err(error) => {
                self.skip(entry.path, &error);
                Ok(())
            }
        }
    }

    fn skip(&mut self, path: &Path, error: &io::Error) {
        if self.unreadable.len() > SKIPPED {
            return;
        }
        if !self.unreadable.is_empty() {
            self.unreadable.push_str("; ");
        }
        self.unreadable.push_str(&format!("{}: {error}", path.display()));
        if self.unreadable.len() > SKIPPED {
            self.unreadable.push_str("; and more");
        }
    }
}

/// What an archive says of a file, its size left at 0.
fn header(stat: &FileStat) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(0);
    header.set_mode(stat.st_mode & 0o7777);
    header.set_uid(stat.st_uid.into());
    header.set_gid(stat.st_gid.into());
    header.set_mtime(u64::try_from(stat.st_mtime).unwrap_or(0));
    let kind = tree::kind(stat.st_mode);
    header.set_entry_type(match kind {
        SFlag::S_IFDIR => tar::EntryType::Directory,
        SFlag::S_IFLNK => tar::EntryType::Symlink,
        SFlag::S_IFIFO => tar::EntryType::Fifo,
        SFlag::S_IFCHR => tar::EntryType::Char,
        SFlag::S_IFBLK => tar::EntryType::Block,
        _ => tar::EntryType::Regular,
    });
    if matches!(kind, SFlag::S_IFCHR | SFlag::S_IFBLK) {
        let number = |number: u64| u32::try_from(number).unwrap_or_default();
        // A header of this form has room for both.
        let _ = header.set_device_major(number(major(stat.st_rdev)));
        let _ = header.set_device_minor(number(minor(stat.st_rdev)));
    }
    header
}

fn content(entry: &Entry<'_>) -> io::Result<(u64, Box<dyn Read>)> {
    let file = entry.open()?;
    let size = u64::try_from(entry.stat.st_size).unwrap_or(0);
    let pseudo = size == 0 && (entry.path.starts_with("/proc") || entry.path.starts_with("/sys"));
    if !pseudo {
        return Ok((size, Box::new(file)));
    }
    let mut content = Vec::new();
    file.take(PSEUDO_FILE_LIMIT).read_to_end(&mut content)?;
    Ok((content.len() as u64, Box::new(io::Cursor::new(content))))
}

/// Writer that sends what it is given in messages.
struct Chunks<'a> {
    sink: &'a Sink<Data>,
    buffer: Vec<u8>,
}

impl Write for Chunks<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let bytes = Bytes::from(std::mem::take(&mut self.buffer));
        self.sink
            .send(Data { metadata: None, bytes })
            .map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the client is gone"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tokio_stream::StreamExt;

    async fn unpack(root: &Path) -> Vec<(String, u64)> {
        let copied = copy(&Pool::new("tests", 4), root.to_str().unwrap()).await.unwrap();
        let chunks: Vec<Data> = copied.map(|d| d.unwrap()).collect().await;
        let bytes: Vec<u8> = chunks.iter().flat_map(|d| d.bytes.to_vec()).collect();
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
        let entry = |e: io::Result<tar::Entry<'_, _>>| {
            let e = e.unwrap();
            (e.path().unwrap().to_string_lossy().into_owned(), e.size())
        };
        archive.entries().unwrap().map(entry).collect()
    }

    #[tokio::test]
    async fn a_tree_is_copied_without_its_root_and_folders_end_with_a_slash() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("b")).unwrap();
        fs::write(dir.path().join("b/c"), vec![1; 70_000]).unwrap();
        fs::write(dir.path().join("a"), "x").unwrap();
        let expected = [("a", 1), ("b/", 0), ("b/c", 70_000)].map(|(n, s)| (n.to_owned(), s));
        assert_eq!(unpack(dir.path()).await, expected);
        assert_eq!(unpack(&dir.path().join("a")).await, [("a".to_owned(), 1)]);
    }

    #[tokio::test]
    async fn files_of_proc_have_content_though_they_say_they_are_empty() {
        assert_eq!(unpack(Path::new("/proc/sys/kernel/random/boot_id")).await, [("boot_id".to_owned(), 37)]);
    }

    #[tokio::test]
    async fn a_relative_path_is_refused() {
        assert!(copy(&Pool::new("tests", 4), "etc").await.is_err());
    }
}
