//! Copies of etcd's data: a database file followed by its SHA-256.

mod bolt;
mod crc;

use std::collections::HashSet;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use prost::Message;
use sha2::{Digest, Sha256};

pub use bolt::BoltError;
use bolt::Database;
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

/// A snapshot that nothing can be recovered from.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It is no database.
    #[error("invalid database")]
    Database(#[from] BoltError),
    /// It has no hash.
    #[error(
        "it has no hash at its end, as a database that was copied from a member's disk: if it is one, use --recover-skip-hash-check"
    )]
    NoHash,
    /// The hash is of something else.
    #[error("it is damaged: its sha256 is {found}, it has to be {wanted}")]
    Damaged {
        /// What it is.
        found: String,
        /// What came with it.
        wanted: String,
    },
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
    /// Keys that clients have written and not deleted.
    pub keys: u64,
    /// Bytes of the database.
    pub size: u64,
}

impl fmt::Display for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hash, revision, keys, size } = self;
        write!(f, "hash {hash:08x}, revision {revision}, total keys {keys}, total size {size}")
    }
}

/// What is stored for each revision of a key, as far as counting needs it.
#[derive(Clone, PartialEq, Message)]
struct KeyValue {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
}

/// Bytes of a revision: two numbers with a sign between them; a letter behind them marks a deletion.
const REVISION: usize = 17;

/// Reads a snapshot.
///
/// # Errors
/// If it is no database.
pub fn inspect(path: &Path) -> Result<Info, BoltError> {
    let database = Database::open(File::open(path)?)?;
    let (mut hash, mut revision, mut keys) = (Crc32c::default(), 0, HashSet::new());
    for (name, bucket) in database.buckets()? {
        hash.update(&name);
        let is_keys = name == KEYS;
        database.each(&bucket, &mut |key, value| {
            hash.update(key);
            hash.update(value);
            // A key is its revision: the main number, in eight bytes, comes first.
            let (true, Some(main)) = (is_keys, key.first_chunk()) else { return };
            revision = u64::from_be_bytes(*main);
            let Ok(stored) = KeyValue::decode(value) else { return };
            match key.get(REVISION..) {
                Some([b't', ..]) => keys.remove(&stored.key),
                _ => keys.insert(stored.key),
            };
        })?;
    }
    Ok(Info { hash: hash.value(), revision, keys: keys.len() as u64, size: database.size() })
}

/// Reads a snapshot that is to be recovered from, and checks its hash unless there is none to be checked.
///
/// # Errors
/// If it is no database, or is damaged.
pub fn check(path: &Path, skip_hash: bool) -> Result<Info, Unusable> {
    let info = inspect(path)?;
    if skip_hash {
        return Ok(info);
    }
    let mut file = File::open(path).map_err(BoltError::from)?;
    let size = file.metadata().map_err(BoltError::from)?.len();
    if size % BLOCK != TRAILER as u64 {
        return Err(Unusable::NoHash);
    }
    let (found, wanted) = hashes(&mut file, size - TRAILER as u64).map_err(BoltError::from)?;
    match found == wanted {
        true => Ok(info),
        false => Err(Unusable::Damaged { found: hex(&found), wanted: hex(&wanted) }),
    }
}

/// The hash of the first bytes, and what comes behind them.
fn hashes(file: &mut File, database: u64) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let (mut hash, mut chunk) = (Sha256::new(), vec![0; 64 << 10]);
    let mut rest = Read::by_ref(file).take(database);
    loop {
        match rest.read(&mut chunk)? {
            0 => break,
            length => hash.update(chunk.get(..length).unwrap_or_default()),
        }
    }
    let mut wanted = Vec::new();
    file.read_to_end(&mut wanted)?;
    Ok((hash.finalize().to_vec(), wanted))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
            let told = crate::failure::text(&check(&path, true).unwrap_err().into());
            assert!(told.starts_with("invalid database: "), "{told}");
            assert_eq!(told.matches("beginning").count().max(1), 1, "{told}");
        }
    }

    #[test]
    fn what_is_in_a_snapshot_is_told_on_one_line() {
        let info = Info { hash: 0xc25f_d181, revision: 4193, keys: 1287, size: 3_035_136 };
        assert_eq!(info.to_string(), "hash c25fd181, revision 4193, total keys 1287, total size 3035136");
    }

    fn stored(key: &str) -> Vec<u8> {
        KeyValue { key: key.into() }.encode_to_vec()
    }

    fn revision(main: u64, deletion: bool) -> Vec<u8> {
        let end: &[u8] = if deletion { b"t" } else { b"" };
        [&main.to_be_bytes()[..], b"_", &0u64.to_be_bytes(), end].concat()
    }

    #[test]
    fn keys_are_counted_once_whatever_their_revisions_and_not_when_they_were_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let entries = [
            (revision(2, false), stored("a")),
            (revision(3, false), stored("b")),
            (revision(4, false), stored("a")),
            (revision(5, true), stored("b")),
            (revision(6, false), stored("c")),
        ];
        std::fs::write(&path, bolt::database_of(&entries)).unwrap();
        let info = inspect(&path).unwrap();
        assert_eq!((info.keys, info.revision), (2, 6));
    }

    #[test]
    fn only_what_is_whole_can_be_recovered_from() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let database = bolt::database_of(&[(revision(2, false), stored("a"))]);
        let put = |hash: &[u8]| std::fs::write(&path, [&database, hash].concat()).unwrap();
        put(&Sha256::digest(&database));
        assert_eq!(check(&path, false).unwrap().keys, 1);
        put(&[0; TRAILER]);
        assert!(matches!(check(&path, false), Err(Unusable::Damaged { .. })));
        put(&[]);
        assert!(matches!(check(&path, false), Err(Unusable::NoHash)));
        assert_eq!(check(&path, true).unwrap().keys, 1);
    }
}
