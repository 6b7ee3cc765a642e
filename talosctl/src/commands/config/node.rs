//! `talosctl config node`.

use crate::credentials;
use crate::global::Global;

/// Set the nodes that commands are about unless others are named
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Names or addresses; none clears the list
    nodes: Vec<String>,
}

/// Runs it.
pub fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let mut file = credentials::open(global)?;
    super::selected_mut(&mut file, global)?.nodes = args.nodes;
    file.save()
}
