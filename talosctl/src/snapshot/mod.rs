//! Copies of etcd's data: a database file followed by its SHA-256.

mod bolt;
mod crc;

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use bolt::{BoltError, Database};
use crc::Crc32c;

/// Bytes of the hash behind the database.
const TRAILER: usize = 32;

/// Blocks that a database file consists of, in bytes: what is beyond is the trailer (etcd's own tools tell
/// by it whether there is one).
const BLOCK: u64 = 512;

/// Bucket of the keys that clients write.
const KEYS: &[u8] = b"key";

/// A snapshot that cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// It has no hash.
    #[error("the snapshot is not whole: {0} bytes came, without the hash at the end; take it again")]
    Cut(u64),
    /// The hash is of something else.
    #[error("the snapshot is damaged: its sha256 is {found}, it has to be {wanted}; take it again")]
    Damaged {
        /// What it is.
        found: String,
        /// What came with it.
        wanted: String,
    },
    /// It cannot be written.
    #[error("cannot write the snapshot: {0}")]
    Write(#[from] io::Error),
}

/// Writes a snapshot, the hash included, and checks it.
pub struct Writer {
    file: File,
    hash: Sha256,
    /// The last bytes, which may be the hash.
    tail: Vec<u8>,
    size: u64,
}

impl Writer {
    /// Begins a file that only its owner may read; what was there is replaced.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        Ok(Self { file, hash: Sha256::new(), tail: Vec::with_capacity(2 * TRAILER), size: 0 })
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.size += bytes.len() as u64;
        self.tail.extend_from_slice(bytes);
        let known = self.tail.len().saturating_sub(TRAILER);
        self.hash.update(self.tail.drain(..known).as_slice());
        Ok(())
    }

    /// Checks the hash and makes sure that all is on disk. Returns the size in bytes.
    ///
    /// # Errors
    /// If the snapshot is cut or damaged.
    pub fn finish(self) -> Result<u64, SnapshotError> {
        if self.size % BLOCK != TRAILER as u64 {
            return Err(SnapshotError::Cut(self.size));
        }
        let found = self.hash.finalize();
        if found.as_slice() != self.tail.as_slice() {
            let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect();
            return Err(SnapshotError::Damaged { found: hex(&found), wanted: hex(&self.tail) });
        }
        self.file.sync_all()?;
        Ok(self.size)
    }
}

/// What is in a snapshot, as etcd's own tools count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    /// CRC-32C over all names and values.
    pub hash: u32,
    /// The last revision.
    pub revision: u64,
    /// Entries in all buckets.
    pub keys: u64,
    /// Bytes of the database.
    pub size: u64,
}

/// Reads a snapshot.
///
/// # Errors
/// If it is no database.
pub fn inspect(path: &Path) -> Result<Info, BoltError> {
    let database = Database::open(File::open(path)?)?;
    let (mut hash, mut revision, mut keys) = (Crc32c::default(), 0, 0);
    for (name, bucket) in database.buckets()? {
        hash.update(&name);
        let is_keys = name == KEYS;
        database.each(&bucket, &mut |key, value| {
            hash.update(key);
            hash.update(value);
            keys += 1;
            // A key is its revision: the main number, in eight bytes, comes first.
            if let (true, Some(main)) = (is_keys, key.first_chunk()) {
                revision = u64::from_be_bytes(*main);
            }
        })?;
    }
    Ok(Info { hash: hash.value(), revision, keys, size: database.size() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(chunks: &[&[u8]]) -> Result<u64, SnapshotError> {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(&dir.path().join("s")).unwrap();
        chunks.iter().for_each(|chunk| writer.push(chunk).unwrap());
        writer.finish()
    }

    #[test]
    fn a_snapshot_is_kept_only_with_its_own_hash() {
        let data = [7u8; 1024];
        let hash = Sha256::digest(data);
        assert_eq!(write(&[&data[..1000], &data[1000..], &hash[..5], &hash[5..]]).unwrap(), 1056);
        let mut wrong = data;
        wrong[3] = 0;
        assert!(matches!(write(&[&wrong, &hash]), Err(SnapshotError::Damaged { .. })));
        assert!(matches!(write(&[&data]), Err(SnapshotError::Cut(1024))));
        assert!(matches!(write(&[&data, &hash[..20]]), Err(SnapshotError::Cut(_))));
        assert!(matches!(write(&[]), Err(SnapshotError::Cut(0))));
    }

    #[test]
    fn what_is_no_database_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        for content in [vec![], vec![0; 100], vec![1; 70_000]] {
            std::fs::write(&path, content).unwrap();
            assert!(inspect(&path).is_err());
        }
    }
}
