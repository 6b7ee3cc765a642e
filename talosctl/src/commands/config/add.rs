//! `talosctl config add`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use config::talosconfig::Context;

use crate::credentials;
use crate::failure::usage;
use crate::global::Global;

/// Add a context
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl config add home --ca ca.crt --crt admin.crt --key admin.key")]
pub struct Args {
    /// Its name
    // Named apart from the flag --context, which every command has.
    #[arg(id = "name", value_name = "CONTEXT")]
    context: String,
    /// File of the accepted authorities
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// File of the client certificate
    #[arg(long, value_name = "FILE")]
    crt: Option<PathBuf>,
    /// File of its key
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// Runs it.
pub fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    if args.crt.is_some() != args.key.is_some() {
        return Err(usage("flags --crt and --key have to be given together"));
    }
    let read = |path: Option<&Path>| {
        let Some(path) = path else { return Ok(String::new()) };
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        anyhow::Ok(STANDARD.encode(bytes))
    };
    let context = Context {
        ca: read(args.ca.as_deref())?,
        crt: read(args.crt.as_deref())?,
        key: read(args.key.as_deref())?,
        ..Context::default()
    };
    let mut file = credentials::open(global)?;
    anyhow::ensure!(
        !file.config.contexts.contains_key(&args.context),
        "context {:?} exists already: remove it with `talosctl config remove {}`",
        args.context,
        args.context
    );
    file.config.contexts.insert(args.context, context);
    file.save()
}
