//! `talosctl image`: container images of nodes, and lists of what a cluster needs.

mod bundle;
mod list;
pub mod pull;
mod remove;

use proto::common::{ContainerDriver, ContainerdInstance, ContainerdNamespace};

use crate::global::Global;

/// Which of a node's stores of images is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Namespace {
    /// Images of pods
    Cri,
    /// Images of the system's own containers: etcd, kubelet, installers
    System,
    /// Images that are kept in memory only
    Inmem,
}

impl Namespace {
    /// As it is on the wire (contract api.md 8.5).
    pub fn wire(self) -> ContainerdInstance {
        let (driver, namespace) = match self {
            Namespace::Cri => (ContainerDriver::Cri, ContainerdNamespace::NsCri),
            Namespace::System => (ContainerDriver::Cri, ContainerdNamespace::NsSystem),
            Namespace::Inmem => (ContainerDriver::Containerd, ContainerdNamespace::NsSystem),
        };
        ContainerdInstance { driver: driver as i32, namespace: namespace as i32 }
    }
}

/// List, pull and remove container images of nodes
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which images: of pods, of the system, or in memory
    #[arg(long, global = true, value_enum, default_value_t = Namespace::Cri)]
    namespace: Namespace,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    #[command(visible_alias = "default")]
    K8sBundle(bundle::Args),
    #[command(visible_aliases = ["l", "ls"])]
    List(list::Args),
    #[command(visible_alias = "p")]
    Pull(pull::Args),
    #[command(visible_alias = "rm")]
    Remove(remove::Args),
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    match args.command {
        Command::K8sBundle(bundle) => bundle::run(&bundle),
        Command::List(_) => list::run(global, args.namespace).await,
        Command::Pull(pull) => pull::run(global, args.namespace, &pull).await,
        Command::Remove(remove) => remove::run(global, args.namespace, &remove).await,
    }
}
