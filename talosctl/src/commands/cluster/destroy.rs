//! `talosctl cluster destroy`.

use provision::local;

use crate::credentials;
use crate::global::Global;

/// Remove a cluster and everything that it made
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of the cluster
    #[arg(long, default_value = "talos-default")]
    name: String,
    /// Do not ask, and go on where something is in the way
    #[arg(short, long)]
    force: bool,
}

/// Runs it.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let progress = |event: local::Event| {
        if let local::Event::Cluster(text) = event {
            eprintln!("{text}");
        }
    };
    local::destroy(&local::clusters_dir()?, &args.name, &progress).await?;
    let mut file = credentials::open(&Global::default())?;
    if file.config.contexts.shift_remove(&args.name).is_some() {
        if file.config.context == args.name {
            file.config.context = file.config.contexts.keys().next().cloned().unwrap_or_default();
        }
        file.save()?;
    }
    Ok(())
}
