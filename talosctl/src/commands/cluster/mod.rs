//! `talosctl cluster`: clusters on this machine.

pub mod create;
mod destroy;
mod files;
mod logs;
mod show;

use std::path::PathBuf;

use provision::local;

/// Manage clusters on this machine
#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one, while a command runs")]
pub enum Command {
    Create(create::Args),
    Destroy(destroy::Args),
    Logs(logs::Args),
    Show(show::Args),
}

/// Which cluster, and where its state is.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    /// Name of the cluster
    #[arg(long, default_value = "talos-default", value_name = "NAME")]
    pub name: String,
    /// Folder of clusters, instead of ~/.talos/clusters
    #[arg(long = "state", value_name = "FOLDER")]
    pub state: Option<PathBuf>,
    /// A program on another machine that makes clusters there
    #[arg(long, hide = true)]
    remote_endpoint: Option<String>,
}

impl Place {
    /// Folder of clusters.
    ///
    /// # Errors
    /// If none is given and there is no home directory.
    pub fn root(&self) -> anyhow::Result<PathBuf> {
        anyhow::ensure!(
            self.remote_endpoint.is_none(),
            "flag --remote-endpoint: clusters can only be made on this machine yet"
        );
        match &self.state {
            Some(path) => Ok(path.clone()),
            None => Ok(local::clusters_dir()?),
        }
    }
}

/// Runs it.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Create(args) => create::run(args).await,
        Command::Destroy(args) => destroy::run(args).await,
        Command::Logs(args) => logs::run(args).await,
        Command::Show(args) => show::run(args),
    }
}
