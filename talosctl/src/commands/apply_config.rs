//! `talosctl apply-config`.

use std::path::PathBuf;

use config::origin::Origins;

use crate::applying::{self, Offer, Options, Target};
use crate::files;
use crate::global::{Global, Insecure};
use crate::patches;
use crate::session::Session;

/// Apply a machine configuration to nodes
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A configuration that seems meant for another machine is refused: --allow says which of \
    the signs is all right.

Examples:
  talosctl apply-config -n 10.5.0.2 -f controlplane.yaml --dry-run
  talosctl apply-config -n 10.5.0.2 -f controlplane.yaml -p @node-1.yaml
  talosctl apply-config -n 10.5.0.3 -f worker.yaml --insecure
  talosctl apply-config -n 10.5.0.2 -f controlplane.yaml --mode try --timeout 2m"
)]
pub struct Args {
    /// The configuration; - is standard input
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Patch it before: @file, folder or text
    #[arg(short = 'p', long, value_name = "PATCH", allow_hyphen_values = true)]
    config_patch: Vec<String>,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    insecure: Insecure,
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let patches = patches::load(&args.config_patch)?;
    let (name, text) = files::read(&args.file)?;
    let base = patches::decode_for_node(&name, &text)?;
    let (config, origins) = match patches.is_empty() {
        true => (base.clone(), Origins::of(&base)),
        false => {
            let patched = patches::apply(&base, &patches)?;
            (patched.config, patched.origins)
        }
    };
    let session = Session::open_for(global, &args.insecure)?;
    let offer = |_: &Target| Ok(Offer { config: config.clone(), origins: origins.clone() });
    applying::apply(&session, &args.options, offer).await
}
