//! `talosctl config context`.

use crate::credentials;
use crate::global::Global;

/// Make a context the current one
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl config context home")]
pub struct Args {
    /// Its name
    name: String,
}

/// Runs it.
pub fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let mut file = credentials::open(global)?;
    file.config.select(Some(&args.name))?;
    file.config.context = args.name;
    file.save()
}
