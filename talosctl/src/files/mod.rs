//! Files that commands write for the user: never over others unasked, never half.

mod replace;

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::output::{note, print_bytes};

pub use replace::{replace, target};

/// Mode of files without secrets, and of configurations (contract os.md 1.7).
pub const PUBLIC: u32 = 0o644;
/// Mode of keys and bundles of secrets.
pub const SECRET: u32 = 0o600;

/// A file to write.
pub struct Output {
    /// Where; `-` is standard output.
    pub path: PathBuf,
    /// With which mode, the umask apart.
    pub mode: u32,
    /// What.
    pub content: Vec<u8>,
}

impl Output {
    /// A file to write.
    pub fn new(path: impl Into<PathBuf>, mode: u32, content: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), mode, content: content.into() }
    }
}

/// Whether a path stands for standard input or output.
pub fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// The longest text that is read, bytes: far more than any configuration has, and less than memory.
const LONGEST: u64 = 256 << 20;

/// Reads a file, or standard input for `-`. Returns the name to use in messages with it.
///
/// # Errors
/// If it cannot be read, or has no end that is near.
pub fn read(path: &Path) -> anyhow::Result<(String, Vec<u8>)> {
    if is_standard(path) {
        let text = read_all(std::io::stdin().lock()).context("cannot read standard input")?;
        return Ok(("<stdin>".to_owned(), text));
    }
    let text = std::fs::File::open(path).map_err(anyhow::Error::from).and_then(read_all);
    Ok((
        path.to_string_lossy().into_owned(),
        text.with_context(|| format!("cannot read {}", path.display()))?,
    ))
}

fn read_all(source: impl Read) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    source.take(LONGEST + 1).read_to_end(&mut text)?;
    anyhow::ensure!(text.len() as u64 <= LONGEST, "it is longer than {} MiB", LONGEST >> 20);
    Ok(text)
}

/// Fails if a file is there and may not be replaced: asked before work whose result would be lost.
///
/// # Errors
/// With the name of the file.
pub fn ensure_free(path: &Path, force: bool) -> anyhow::Result<()> {
    let taken = !force && !is_standard(path) && path.symlink_metadata().is_ok() && !is_device(path);
    anyhow::ensure!(
        !taken,
        "{} exists already: use --force to replace it, or name another place",
        path.display()
    );
    Ok(())
}

/// Writes files, all or none of those that are in the way, and says what was made.
///
/// # Errors
/// If one exists and `force` is not set, or cannot be written.
pub fn write(outputs: &[Output], force: bool) -> anyhow::Result<()> {
    write_quietly(outputs, force)?;
    for output in outputs.iter().filter(|output| !is_standard(&output.path)) {
        note(&format!("Created {}", output.path.display()));
    }
    Ok(())
}

/// The same without a word.
///
/// # Errors
/// As [`write`].
pub fn write_quietly(outputs: &[Output], force: bool) -> anyhow::Result<()> {
    for output in outputs {
        ensure_free(&output.path, force)?;
    }
    for output in outputs {
        match is_standard(&output.path) {
            true => print_bytes(&output.content)?,
            false => put(output, force).with_context(|| format!("cannot write {}", output.path.display()))?,
        }
    }
    Ok(())
}

/// Pipes and devices are written to, not replaced.
fn is_device(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir())
}

fn put(output: &Output, force: bool) -> std::io::Result<()> {
    let path = &output.path;
    if is_device(path) {
        return OpenOptions::new().write(true).open(path)?.write_all(&output.content);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    match force {
        true => replace(path, &output.content, output.mode),
        false => fill(path, output),
    }
}

/// Writes a file that is not there yet; what cannot be written in full is removed again.
fn fill(path: &Path, output: &Output) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(output.mode).open(path)?;
    file.write_all(&output.content).inspect_err(|_| drop(std::fs::remove_file(path)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn nothing_is_written_when_one_of_the_files_exists() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("new/a"), dir.path().join("b"));
        std::fs::write(&b, "mine").unwrap();
        let outputs = [Output::new(&a, SECRET, "a"), Output::new(&b, SECRET, "b")];
        let error = write(&outputs, false).unwrap_err().to_string();
        assert!(error.contains("exists already") && error.contains("--force"), "{error}");
        assert!(!a.exists());
        write(&outputs, true).unwrap();
        assert_eq!(std::fs::read_to_string(&b).unwrap(), "b");
        assert_eq!(a.metadata().unwrap().permissions().mode() & 0o777, SECRET);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn devices_are_written_to_and_stay() {
        write(&[Output::new("/dev/null", PUBLIC, "x")], false).unwrap();
        assert!(Path::new("/dev/null").metadata().unwrap().permissions().mode() & 0o666 == 0o666);
    }
}
