//! `talosctl cluster`: clusters on this machine.

mod configuration;
mod create;
mod destroy;
mod show;

/// Manage clusters on this machine
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Create a cluster
    Create(create::Args),
    /// Remove a cluster and everything that it made
    Destroy(destroy::Args),
    /// Show a cluster
    Show(show::Args),
}

/// Runs it.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Create(args) => create::run(args).await,
        Command::Destroy(args) => destroy::run(args).await,
        Command::Show(args) => show::run(args),
    }
}
