//! Stamps: what a thing was made from, so that it is not made twice.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

/// Collects inputs into one digest.
pub struct Inputs(Sha256);

impl Inputs {
    /// No inputs yet.
    pub fn new() -> Self {
        Self(Sha256::new())
    }

    /// A value.
    pub fn text(mut self, text: &str) -> Self {
        self.0.update(text.len().to_le_bytes());
        self.0.update(text);
        self
    }

    /// The contents of a file, or of every file below a folder.
    pub fn tree(mut self, path: &Path) -> Result<Self> {
        for entry in WalkDir::new(path).sort_by_file_name() {
            let entry = entry?;
            if entry.file_type().is_file() {
                let content = std::fs::read(entry.path())
                    .with_context(|| format!("read {}", entry.path().display()))?;
                self = self.text(&entry.path().to_string_lossy());
                self.0.update(content.len().to_le_bytes());
                self.0.update(&content);
            }
        }
        Ok(self)
    }

    /// A big file: its size and time of change stand for its contents.
    pub fn identity(self, path: &Path) -> Result<Self> {
        let meta = std::fs::metadata(path).with_context(|| format!("look at {}", path.display()))?;
        let changed = meta.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        Ok(self.text(&format!("{} {} {changed}", path.display(), meta.len())))
    }

    /// The digest in hex.
    pub fn finish(self) -> String {
        hex::encode(self.0.finalize())
    }
}

/// The stamp file of one thing.
pub struct Stamp {
    path: PathBuf,
    value: String,
}

impl Stamp {
    /// The stamp `name` in `folder`, for these inputs.
    pub fn new(folder: &Path, name: &str, inputs: Inputs) -> Self {
        Self { path: folder.join(format!("{name}.stamp")), value: inputs.finish() }
    }

    /// Whether the thing was made from just these inputs.
    pub fn holds(&self) -> bool {
        std::fs::read_to_string(&self.path).is_ok_and(|found| found == self.value)
    }

    /// Takes the promise back while the thing is being made.
    pub fn clear(&self) -> Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("remove {}", self.path.display()))
            }
            _ => Ok(()),
        }
    }

    /// Says that the thing is made.
    pub fn set(&self) -> Result<()> {
        std::fs::write(&self.path, &self.value).with_context(|| format!("write {}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_holds_only_for_the_inputs_it_was_set_for() {
        let folder = tempfile::tempdir().unwrap();
        let stamp = |text: &str| Stamp::new(folder.path(), "thing", Inputs::new().text(text));
        assert!(!stamp("a").holds());
        stamp("a").set().unwrap();
        assert!(stamp("a").holds());
        assert!(!stamp("b").holds());
        stamp("a").clear().unwrap();
        assert!(!stamp("a").holds());
    }

    #[test]
    fn two_texts_are_not_one_longer_text() {
        let two = Inputs::new().text("a").text("b").finish();
        assert_ne!(two, Inputs::new().text("ab").finish());
    }
}
