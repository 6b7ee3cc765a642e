//! `talosctl inject`: additions to manifests of Kubernetes.

mod service_account;

use std::path::PathBuf;

use crate::files;
use crate::output::print;
use crate::roles;

/// Add to manifests of Kubernetes
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Give workloads access to the API of the machines
    ///
    /// Each workload gets a ServiceAccount of talos.dev, and its containers a client configuration in
    /// /var/run/secrets/talos.dev. The machines must allow the roles and the namespace.
    #[command(
        name = "serviceaccount",
        visible_alias = "tsa",
        after_help = "Examples:
  talosctl inject serviceaccount -f deployment.yaml --roles os:reader | kubectl apply -f -
  kustomize build . | talosctl inject serviceaccount -f -"
    )]
    ServiceAccount {
        /// The manifests; `-` is standard input
        #[arg(short, long, value_name = "FILE")]
        file: PathBuf,
        /// What they may do
        #[arg(short, long, value_delimiter = ',', default_value = "os:reader", value_name = "ROLE", value_parser = roles::parse)]
        roles: Vec<String>,
    },
}

/// Runs it.
pub fn run(command: &Command) -> anyhow::Result<()> {
    let Command::ServiceAccount { file, roles } = command;
    let (name, text) = files::read(file)?;
    let injected = service_account::inject(&text, roles);
    print(&injected.map_err(|error| anyhow::Error::from(error).context(name))?)
}
