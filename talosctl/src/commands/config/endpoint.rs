//! `talosctl config endpoint`.

use crate::connect;
use crate::credentials;
use crate::global::Global;

/// Set where the API is
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl config endpoint 10.5.0.2 10.5.0.3")]
pub struct Args {
    /// Hosts or addresses, with or without a port
    // Named apart from the flag --endpoints, which every command has.
    #[arg(id = "addresses", required = true, value_name = "ENDPOINT")]
    endpoints: Vec<String>,
}

/// Runs it.
pub fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    connect::targets(&args.endpoints)?;
    let mut file = credentials::open(global)?;
    super::selected_mut(&mut file, global)?.endpoints = args.endpoints;
    file.save()
}
