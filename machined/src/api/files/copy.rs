//! Copies a file or a tree as tar.gz.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::Path;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use proto::common::Data;
use tonic::Status;

use super::list::children;
use super::read::CHUNK;
use super::{Sink, Walk, file_error, plain, walk};

/// Bytes read of a file in /proc or /sys that says its size is 0 (contract api.md 5.8).
const PSEUDO_FILE_LIMIT: u64 = 4096;

/// Handles `Copy`.
pub fn copy(root: &str) -> Result<Walk<Data>, Status> {
    let root = Path::new(root).to_path_buf();
    if !root.is_absolute() {
        return Err(plain(format!(
            "cannot copy {:?}: the path has to be absolute",
            root.display().to_string()
        )));
    }
    let metadata = fs::symlink_metadata(&root).map_err(|e| plain(file_error("lstat", &root, &e)))?;
    Ok(walk(move |sink| {
        let mut archive = Archive {
            tar: tar::Builder::new(GzEncoder::new(Chunks { sink, buffer: Vec::new() }, Compression::fast())),
            unreadable: Vec::new(),
        };
        archive.tar.follow_symlinks(false);
        let written = if metadata.is_dir() {
            archive.tree(&root, Path::new(""))
        } else {
            archive.entry(&root, Path::new(root.file_name().unwrap_or_default()))
        };
        let ended = written.and_then(|()| archive.tar.into_inner()?.finish()?.flush());
        match ended {
            Err(error) => sink.fail(plain(format!("cannot copy {}: {error}", root.display()))),
            Ok(()) if !archive.unreadable.is_empty() => {
                sink.fail(plain(format!("skipped what cannot be read: {}", archive.unreadable.join("; "))));
            }
            Ok(()) => {}
        }
        Ok(())
    }))
}

struct Archive<'a> {
    tar: tar::Builder<GzEncoder<Chunks<'a>>>,
    unreadable: Vec<String>,
}

impl Archive<'_> {
    /// Everything below `folder`; the folder itself is left out at the root.
    fn tree(&mut self, folder: &Path, name: &Path) -> io::Result<()> {
        let entries = match children(folder) {
            Ok(entries) => entries,
            Err(error) => {
                self.skip(folder, &error);
                return Ok(());
            }
        };
        for path in entries {
            let Some(base) = path.file_name() else { continue };
            self.entry(&path, &name.join(base))?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: &Path) -> io::Result<()> {
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => {
                self.skip(path, &error);
                return Ok(());
            }
        };
        let mut header = tar::Header::new_gnu();
        header.set_metadata(&metadata);
        if metadata.is_dir() {
            header.set_size(0);
            // Folders end with a slash.
            self.tar.append_data(&mut header, name.join(""), io::empty())?;
            return self.tree(path, name);
        }
        if metadata.is_symlink() {
            return match fs::read_link(path) {
                Ok(target) => {
                    header.set_size(0);
                    self.tar.append_link(&mut header, name, target)
                }
                Err(error) => {
                    self.skip(path, &error);
                    Ok(())
                }
            };
        }
        if !metadata.is_file() {
            header.set_size(0);
            return self.tar.append_data(&mut header, name, io::empty());
        }
        match content(path, &metadata) {
            Ok((size, reader)) => {
                header.set_size(size);
                // A file may shrink meanwhile; the archive must not.
                self.tar.append_data(&mut header, name, reader.chain(io::repeat(0)).take(size))
            }
            Err(error) => {
                self.skip(path, &error);
                Ok(())
            }
        }
    }

    fn skip(&mut self, path: &Path, error: &io::Error) {
        self.unreadable.push(format!("{}: {error}", path.display()));
    }
}

fn content(path: &Path, metadata: &Metadata) -> io::Result<(u64, Box<dyn Read>)> {
    let file = File::open(path)?;
    let pseudo = metadata.len() == 0 && (path.starts_with("/proc") || path.starts_with("/sys"));
    if !pseudo {
        return Ok((metadata.len(), Box::new(file)));
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
    use tokio_stream::StreamExt;

    async fn unpack(root: &Path) -> Vec<(String, u64)> {
        let chunks: Vec<Data> = copy(root.to_str().unwrap()).unwrap().map(|d| d.unwrap()).collect().await;
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

    #[test]
    fn a_relative_path_is_refused() {
        assert!(copy("etc").is_err());
    }
}
