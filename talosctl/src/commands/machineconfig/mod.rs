//! `talosctl machineconfig`: machine configurations as files (contract api.md 8.6).

mod patch;
mod schema;

use crate::commands::generate;

/// Work on machine configurations
#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one, while a command runs")]
pub enum Command {
    #[command(visible_alias = "generate")]
    Gen(Gen),
    Patch(patch::Args),
    Schema(schema::Args),
}

/// Generate the configurations of a cluster
#[derive(Debug, clap::Args)]
pub struct Gen {
    #[command(flatten)]
    args: generate::config::Args,
    /// Replace files that exist
    #[arg(short, long)]
    force: bool,
}

/// Runs it.
pub fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Gen(gen_args) => generate::config::run(gen_args.args, gen_args.force),
        Command::Patch(args) => patch::run(&args),
        Command::Schema(args) => schema::run(&args),
    }
}
