//! `talosctl config merge`.

use std::path::PathBuf;

use anyhow::Context as _;
use config::talosconfig::Talosconfig;

use crate::credentials;
use crate::global::Global;
use crate::output::print;

/// Take over contexts of other client configurations
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl config merge ./talosconfig")]
pub struct Args {
    /// The files
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Runs it.
pub fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let mut file = credentials::open(global)?;
    for path in &args.files {
        let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let other = Talosconfig::parse(&text).with_context(|| format!("cannot use {}", path.display()))?;
        for (old, new) in file.config.merge(other) {
            print(&format!("renamed talosconfig context {old:?} -> {new:?}\n"))?;
        }
    }
    file.save()
}
