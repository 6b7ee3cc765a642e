//! `talosctl gen key`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use pki::{Algorithm, PrivateKey};

use crate::files::{self, Output, SECRET};

/// Generate an Ed25519 key
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl gen key --name admin")]
pub struct Args {
    /// Name of the file, without .key
    #[arg(long)]
    name: String,
}

/// Runs it.
pub fn run(args: &Args, force: bool) -> anyhow::Result<()> {
    let path = file(&args.name, "key")?;
    let key = PrivateKey::generate(Algorithm::Ed25519)?;
    files::write(&[Output::new(path, SECRET, key.to_pem()?.as_bytes())], force)
}

/// The file of a name.
pub(super) fn file(name: &str, extension: &str) -> anyhow::Result<PathBuf> {
    anyhow::ensure!(!name.is_empty() && !name.ends_with('/'), "{name:?} is no name for a file");
    Ok(PathBuf::from(format!("{name}.{extension}")))
}

/// Reads a PEM file as text.
pub(super) fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Reads a key.
pub(super) fn load(path: &Path) -> anyhow::Result<PrivateKey> {
    PrivateKey::from_pem(&read(path)?).with_context(|| format!("cannot use {}", path.display()))
}
