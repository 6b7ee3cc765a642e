//! Doubles of disks, their file systems and the firmware's variables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::lock;
use crate::disk::DiskPort;
use crate::efivars::EfiVarsPort;
use crate::xfs::{MountedPort, XfsPort};
use crate::{Context, Error, Result};

const CHUNK: u64 = 64 << 10;

/// A disk in memory, of which only what was written takes room. The power can be cut.
#[derive(Debug)]
pub struct Disk {
    size: u64,
    sector_size: u32,
    chunks: Mutex<BTreeMap<u64, Vec<u8>>>,
    /// Writes until the power is gone.
    left: Mutex<Option<u64>>,
    written: Mutex<u64>,
}

impl Disk {
    /// An empty disk.
    pub fn new(size: u64, sector_size: u32) -> Self {
        Self { size, sector_size, chunks: Mutex::default(), left: Mutex::new(None), written: Mutex::new(0) }
    }

    /// The same content, on a disk of its own that has its power.
    pub fn copy(&self) -> Self {
        let copy = Self::new(self.size, self.sector_size);
        lock(&copy.chunks).clone_from(&lock(&self.chunks));
        copy
    }

    /// After so many more writes every one fails, and leaves the disk as it is.
    pub fn cut_after(&self, writes: u64) {
        *lock(&self.left) = Some(writes);
    }

    /// Writes that were carried out.
    pub fn writes(&self) -> u64 {
        *lock(&self.written)
    }

    fn spend(&self) -> Result<()> {
        let mut left = lock(&self.left);
        match left.as_mut() {
            Some(0) => return Err(Error::other("write to the disk", "the power is gone")),
            Some(left) => *left -= 1,
            None => {}
        }
        *lock(&self.written) += 1;
        Ok(())
    }

    fn bounds(&self, offset: u64, length: usize) -> Result<()> {
        if offset.saturating_add(length as u64) > self.size {
            return Err(Error::other(format!("use byte {offset} of the disk"), "it lies beyond the end"));
        }
        Ok(())
    }

    /// Calls with each chunk of a stretch: its number, where the stretch begins in it, how much of
    /// it is meant, and how many bytes of the stretch came before.
    fn each(offset: u64, length: usize, mut with: impl FnMut(u64, usize, usize, usize)) {
        let mut done = 0;
        while done < length {
            let at = offset + done as u64;
            let within = (at % CHUNK) as usize;
            let part = (CHUNK as usize - within).min(length - done);
            with(at / CHUNK, within, part, done);
            done += part;
        }
    }
}

impl DiskPort for Disk {
    fn size(&self) -> u64 {
        self.size
    }

    fn sector_size(&self) -> u32 {
        self.sector_size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        self.bounds(offset, buffer.len())?;
        let chunks = lock(&self.chunks);
        let length = buffer.len();
        Self::each(offset, length, |number, within, part, done| {
            if let Some(target) = buffer.get_mut(done..done + part) {
                match chunks.get(&number).and_then(|chunk| chunk.get(within..within + part)) {
                    Some(source) => target.copy_from_slice(source),
                    None => target.fill(0),
                }
            }
        });
        Ok(())
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.bounds(offset, bytes.len())?;
        self.spend()?;
        let mut chunks = lock(&self.chunks);
        Self::each(offset, bytes.len(), |number, within, part, done| {
            let chunk = chunks.entry(number).or_insert_with(|| vec![0; CHUNK as usize]);
            if let (Some(target), Some(source)) =
                (chunk.get_mut(within..within + part), bytes.get(done..done + part))
            {
                target.copy_from_slice(source);
            }
        });
        Ok(())
    }

    fn zero(&self, offset: u64, length: u64) -> Result<()> {
        self.spend()?;
        let end = offset.saturating_add(length).min(self.size);
        let mut chunks = lock(&self.chunks);
        for (number, chunk) in chunks.range_mut(offset / CHUNK..=end / CHUNK) {
            let start = number * CHUNK;
            let from = offset.saturating_sub(start).min(CHUNK) as usize;
            let to = end.saturating_sub(start).min(CHUNK) as usize;
            if let Some(part) = chunk.get_mut(from..to) {
                part.fill(0);
            }
        }
        Ok(())
    }

    fn discard(&self, _offset: u64, _length: u64) {}

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn reread_table(&self) -> Result<()> {
        Ok(())
    }
}

/// File systems that are folders below one folder.
#[derive(Debug)]
pub struct Xfs {
    root: PathBuf,
}

impl Xfs {
    /// Keeps them below `root`.
    pub fn below(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    fn folder(&self, offset: u64) -> PathBuf {
        self.root.join(offset.to_string())
    }
}

impl XfsPort for Xfs {
    fn format(&self, _disk: &Path, offset: u64, _length: u64, _label: &str) -> Result<()> {
        let folder = self.folder(offset);
        crate::fs::create_dir(&folder, 0o700)?;
        crate::fs::empty_dir(&folder)
    }

    fn mount(
        &self,
        _disk: &Path,
        offset: u64,
        _length: u64,
        _read_only: bool,
    ) -> Result<Box<dyn MountedPort>> {
        let folder = self.folder(offset);
        std::fs::metadata(&folder).context(|| "mount the file system".to_owned())?;
        Ok(Box::new(Folder(folder)))
    }
}

struct Folder(PathBuf);

impl MountedPort for Folder {
    fn root(&self) -> &Path {
        &self.0
    }

    fn close(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

/// The variables of a firmware.
#[derive(Debug, Default)]
pub struct EfiVars {
    values: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl EfiVarsPort for EfiVars {
    fn get(&self, _vendor: &str, name: &str) -> Result<Option<Vec<u8>>> {
        Ok(lock(&self.values).get(name).cloned())
    }

    fn set(&self, _vendor: &str, name: &str, value: &[u8]) -> Result<()> {
        lock(&self.values).insert(name.to_owned(), value.to_vec());
        Ok(())
    }

    fn remove(&self, _vendor: &str, name: &str) -> Result<()> {
        lock(&self.values).remove(name);
        Ok(())
    }
}
