//! The machine configuration on STATE: the active file, and numbered generations of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sys::fs::write_atomically;

/// Generations kept, so that a later feature can go back to one.
const GENERATIONS: usize = 10;

/// Access to the configuration files of a STATE folder.
#[derive(Debug, Clone)]
pub struct ConfigStore {
    folder: PathBuf,
}

/// What a boot finds.
#[derive(Debug)]
pub struct Stored {
    /// The configuration.
    pub bytes: Vec<u8>,
    /// Why it is not the active file's, in words.
    pub fallback: Option<String>,
}

impl ConfigStore {
    /// The files in `folder` (`/system/state` on a node).
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    fn active(&self) -> PathBuf {
        self.folder.join("config.yaml")
    }

    fn generations(&self) -> PathBuf {
        self.folder.join("generations")
    }

    /// The active configuration; `None` when there is none yet.
    pub fn load(&self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.active()) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The active configuration, or, when it is not `readable`, the newest generation that is.
    pub fn load_readable(
        &self,
        readable: impl Fn(&[u8]) -> Result<(), String>,
    ) -> io::Result<Option<Stored>> {
        let Some(bytes) = self.load()? else { return Ok(None) };
        let Err(problem) = readable(&bytes) else { return Ok(Some(Stored { bytes, fallback: None })) };
        let folder = self.generations();
        for number in numbers(&folder).unwrap_or_default().into_iter().rev() {
            let generation = fs::read(folder.join(format!("{number}.yaml"))).unwrap_or_default();
            if !generation.is_empty() && readable(&generation).is_ok() {
                let fallback = format!(
                    "the stored configuration cannot be read, generation {number} of it is used instead: {problem}"
                );
                return Ok(Some(Stored { bytes: generation, fallback: Some(fallback) }));
            }
        }
        Ok(Some(Stored { bytes, fallback: None }))
    }

    /// Stores `config` as the newest generation and then as the active file. Nothing changes on an error.
    /// Storing what is active already makes no new generation. Returns the generation's number.
    pub fn save(&self, config: &[u8]) -> io::Result<u64> {
        let folder = self.generations();
        if !folder.is_dir() {
            fs::create_dir_all(&folder)?;
        }
        let numbers = numbers(&folder)?;
        let last = numbers.last().copied().unwrap_or(0);
        if self.load()?.as_deref() == Some(config) && last > 0 {
            return Ok(last);
        }
        let number = last + 1;
        let generation = folder.join(format!("{number}.yaml"));
        write(&generation, config)?;
        if fs::read(&generation)? != config {
            let _ = fs::remove_file(&generation);
            return Err(io::Error::other("what was written does not read back the same: check the disk"));
        }
        if let Err(error) = write(&self.active(), config) {
            let _ = fs::remove_file(&generation);
            return Err(error);
        }
        let excess = (numbers.len() + 1).saturating_sub(GENERATIONS);
        for old in numbers.into_iter().take(excess) {
            let _ = fs::remove_file(folder.join(format!("{old}.yaml")));
        }
        Ok(number)
    }
}

fn write(path: &Path, config: &[u8]) -> io::Result<()> {
    write_atomically(path, config, 0o600).map_err(io::Error::other)
}

fn numbers(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers: Vec<u64> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".yaml")?.parse().ok())
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_a_generation_and_only_the_last_ten_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let store = ConfigStore::new(dir.path());
        assert_eq!(store.load().unwrap(), None);
        for i in 1..=13u64 {
            assert_eq!(store.save(format!("v{i}").as_bytes()).unwrap(), i);
        }
        assert_eq!(store.save(b"v13").unwrap(), 13, "the same again is no new generation");
        assert_eq!(store.load().unwrap().unwrap(), b"v13");
        assert_eq!(numbers(&dir.path().join("generations")).unwrap(), (4..=13).collect::<Vec<_>>());
    }

    #[test]
    fn a_failed_save_keeps_the_active_file_and_makes_no_generation() {
        let dir = tempfile::tempdir().unwrap();
        let store = ConfigStore::new(dir.path());
        store.save(b"good").unwrap();
        fs::create_dir(dir.path().join(".config.yaml.tmp")).unwrap();
        assert!(store.save(b"bad").is_err());
        assert_eq!(store.load().unwrap().unwrap(), b"good");
        assert_eq!(numbers(&dir.path().join("generations")).unwrap(), [1]);
    }
}
