//! The files that rules look at.

use std::path::Path;

use anyhow::{Context, Result};

/// A text file of the repository.
#[derive(Clone, Debug)]
pub struct File {
    /// Relative to the root of the workspace, with `/`.
    pub path: String,
    pub text: String,
}

impl File {
    /// A file for tests of rules.
    #[cfg(test)]
    pub fn new(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    /// Whether this is Rust that people wrote.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs") && !self.path.contains("/src/gen/")
    }

    /// The name without folders.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Lines with their numbers, from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// Folders that hold nothing that people wrote.
const SKIPPED: [&str; 6] = [".git", "target", "_out", "proptest-regressions", "found", "artifacts"];

/// Every text file below the root, except what is generated or built.
pub fn files(root: &Path) -> Result<Vec<File>> {
    let mut files = Vec::new();
    let walk = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| !SKIPPED.contains(&entry.file_name().to_string_lossy().as_ref())) {
        let entry = entry.context("listing the files of the workspace")?;
        let path = entry.path().strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        let generated = path.contains("/src/gen/") || path.ends_with(".lock") || path.ends_with("go.sum");
        if !entry.file_type().is_file() || generated {
            continue;
        }
        // What is not text is not for rules about text.
        if let Ok(text) = std::fs::read_to_string(entry.path()) {
            files.push(File { path, text });
        }
    }
    Ok(files)
}
