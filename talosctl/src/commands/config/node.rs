//! `talosctl config node`.

use crate::credentials;
use crate::global::Global;

/// Set the nodes that commands are about unless others are named
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl config node 10.5.0.2 10.5.0.3")]
pub struct Args {
    /// Names or addresses; none clears the list
    // Named apart from the flag --nodes, which every command has.
    #[arg(id = "addresses", value_name = "NODE")]
    nodes: Vec<String>,
}

/// Runs it.
pub fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let mut file = credentials::open(global)?;
    super::selected_mut(&mut file, global)?.nodes = args.nodes;
    file.save()
}
