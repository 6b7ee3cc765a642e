//! Keeps logs on disk as far as the disk lets it: what cannot be written stays in memory and is tried again.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::log::{Log, Reader, Tail};
use super::rotate::{LIMIT, RotatingFile};

/// How long written bytes may stay in memory only. The contract allows 15 s (os.md 7.4).
pub(super) const DELAY: Duration = Duration::from_secs(3);
/// How long a disk that refused is left alone.
pub(super) const BACKOFF: Duration = Duration::from_secs(15);

/// One log and its file.
#[derive(Debug)]
struct Entry {
    reader: Reader,
    path: PathBuf,
    file: Option<RotatingFile>,
}

impl Entry {
    /// Writes what is new. After a failure the same bytes are tried again, as long as the log remembers them.
    fn flush(&mut self) -> io::Result<()> {
        loop {
            let before = self.reader.position();
            let Some(piece) = self.reader.ready() else { return Ok(()) };
            let file = match &mut self.file {
                Some(file) => file,
                None => match RotatingFile::open(&self.path, LIMIT) {
                    Ok(file) => self.file.insert(file),
                    Err(error) => {
                        self.reader.rewind(before);
                        return Err(error);
                    }
                },
            };
            if let Err(error) = file.append(&piece) {
                self.reader.rewind(before);
                // Opened again next time: the file may have been removed, or the file system remounted.
                self.file = None;
                return Err(error);
            }
        }
    }
}

/// All logs that are kept in one folder.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    entries: BTreeMap<String, Entry>,
}

/// Result of writing everything that is new.
#[derive(Debug)]
pub(super) enum Flushed {
    /// All is on disk.
    All,
    /// The first failure; the others went on.
    Partly(io::Error),
}

impl Folder {
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf(), entries: BTreeMap::new() }
    }

    /// Keeps `log` as `<id>.log`, from its beginning on.
    pub fn add(&mut self, id: &str, log: &Log) {
        let path = self.path.join(format!("{id}.log"));
        self.entries.entry(id.to_owned()).or_insert_with(|| Entry {
            reader: log.reader(Tail::All),
            path,
            file: None,
        });
    }

    /// Writes what is new in all logs.
    pub fn flush(&mut self) -> Flushed {
        let mut first = None;
        for entry in self.entries.values_mut() {
            if let Err(error) = entry.flush() {
                first.get_or_insert(error);
            }
        }
        first.map_or(Flushed::All, Flushed::Partly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn logs_are_kept_from_their_beginning_and_only_new_bytes_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::default();
        log.line("before");
        let mut kept = Folder::new(folder.path());
        kept.add("apid", &log);
        assert!(matches!(kept.flush(), Flushed::All));
        log.line("after");
        assert!(matches!(kept.flush(), Flushed::All));
        assert!(matches!(kept.flush(), Flushed::All));
        assert_eq!(fs::read_to_string(folder.path().join("apid.log")).unwrap(), "before\nafter\n");
    }

    #[test]
    fn what_could_not_be_written_is_written_when_the_disk_is_back() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("log");
        let log = Log::default();
        let mut kept = Folder::new(&missing);
        kept.add("etcd", &log);
        log.line("one");
        assert!(matches!(kept.flush(), Flushed::Partly(_)));
        log.line("two");
        fs::create_dir(&missing).unwrap();
        assert!(matches!(kept.flush(), Flushed::All));
        assert_eq!(fs::read_to_string(missing.join("etcd.log")).unwrap(), "one\ntwo\n");
    }
}
