//! Every command with its names and arguments.

use clap::{Args, Parser, Subcommand};

use crate::commands as c;
use crate::global::Global;

/// Manages machines that run Talos, and the clusters that they form.
#[derive(Debug, Parser)]
#[command(
    name = "talosctl",
    version = crate::commands::version::TAG,
    disable_help_subcommand = true,
    // Scripts put their own flags behind common ones: the last one counts.
    args_override_self = true,
    infer_long_args = false
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// A command that connects to nodes. Each names itself in [`Command`].
#[derive(Debug, Args)]
pub struct Remote<T: Args> {
    #[command(flatten)]
    pub global: Global,
    #[command(flatten)]
    pub args: T,
}

/// Several commands of one noun that connect to nodes.
#[derive(Debug, Args)]
pub struct RemoteTree<T: Subcommand> {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: T,
}

/// The commands.
#[derive(Debug, Subcommand)]
#[allow(missing_docs, clippy::large_enum_variant)]
pub enum Command {
    /// Give a node a machine configuration.
    #[command(alias = "apply")]
    ApplyConfig(Remote<c::apply_config::Args>),
    /// Start the etcd cluster on the first control plane, or recover it from a snapshot.
    Bootstrap(Remote<c::bootstrap::Args>),
    /// Show the control groups of a node and what they use.
    #[command(visible_alias = "cg")]
    Cgroups(Remote<c::cgroups::Args>),
    /// Manage clusters on this machine.
    #[command(subcommand)]
    Cluster(c::cluster::Command),
    /// Print the completion of this program's commands for a shell.
    Completion(c::completion::Args),
    /// Manage the client configuration: contexts, endpoints, nodes.
    Config(RemoteTree<c::config::Command>),
    /// List containers.
    #[command(visible_alias = "c")]
    Containers(Remote<c::containers::Args>),
    /// Copy files and folders from a node.
    #[command(visible_alias = "cp")]
    Copy(Remote<c::copy::Args>),
    /// Show the kernel log.
    Dmesg(Remote<c::dmesg::Args>),
    /// Edit a machine configuration in your editor and apply it.
    Edit(Remote<c::edit::Args>),
    /// Manage etcd: members, snapshots, alarms, leadership.
    Etcd(RemoteTree<c::etcd::Command>),
    /// Follow the events of a node.
    Events(Remote<c::events::Args>),
    /// Generate secrets, configurations, keys and certificates.
    Gen(c::generate::Args),
    /// Show resources of a node.
    #[command(visible_alias = "g")]
    Get(Remote<c::get::Args>),
    /// Check that a cluster is healthy.
    Health(Remote<c::health::Args>),
    /// List, pull and remove container images of a node.
    #[command(visible_alias = "images")]
    Image(Remote<c::image::Args>),
    /// Add to manifests of Kubernetes.
    #[command(subcommand)]
    Inject(c::inject::Command),
    /// Show how the controllers of a node depend on each other.
    Inspect(RemoteTree<c::inspect::Command>),
    /// Fetch the kubeconfig of the administrator.
    Kubeconfig(Remote<c::kubeconfig::Args>),
    /// List files of a node.
    #[command(visible_alias = "ls")]
    List(Remote<c::list::Args>),
    /// Show the log of a service or container.
    Logs(Remote<c::logs::Args>),
    /// Work on machine configurations.
    #[command(subcommand, visible_alias = "mc")]
    Machineconfig(c::machineconfig::Command),
    /// Show memory use.
    #[command(visible_aliases = ["m", "free"])]
    Memory(Remote<c::memory::Args>),
    /// Write and delete keys of the META partition.
    Meta(Remote<c::meta::Args>),
    /// List mounts.
    #[command(visible_alias = "mount")]
    Mounts(Remote<c::mounts::Args>),
    /// List connections and listening sockets.
    #[command(visible_alias = "ss")]
    Netstat(Remote<c::netstat::Args>),
    /// Patch a machine configuration on nodes.
    Patch(Remote<c::patch::Args>),
    /// List processes.
    #[command(visible_aliases = ["p", "ps"])]
    Processes(Remote<c::processes::Args>),
    /// Print a file of a node.
    #[command(visible_alias = "cat")]
    Read(Remote<c::read::Args>),
    /// Reboot nodes.
    Reboot(Remote<c::reboot::Args>),
    /// Wipe nodes and leave the cluster.
    Reset(Remote<c::reset::Args>),
    /// Restart a container.
    Restart(Remote<c::restart::Args>),
    /// Boot the previous installation.
    Rollback(Remote<c::rollback::Args>),
    /// Show services, start, stop and restart them.
    #[command(visible_alias = "services")]
    Service(Remote<c::service::Args>),
    /// Turn nodes off.
    Shutdown(Remote<c::shutdown::Args>),
    /// Show processor and memory use of containers.
    Stats(Remote<c::stats::Args>),
    /// Collect what helps to find a problem into one archive.
    Support(Remote<c::support::Args>),
    /// Show the time of nodes, compared to a time server.
    Time(Remote<c::time::Args>),
    /// Install another version of the operating system.
    Upgrade(Remote<c::upgrade::Args>),
    /// Show how much space files take.
    #[command(visible_alias = "du")]
    Usage(Remote<c::usage::Args>),
    /// Validate machine configurations.
    Validate(c::validate::Args),
    /// Show versions of this program and of nodes.
    Version(Remote<c::version::Args>),
    /// Wipe block devices.
    Wipe(Remote<c::wipe::Args>),
    #[command(hide = true)]
    Disks(c::replaced::Args),
    #[command(hide = true)]
    Interfaces(c::replaced::Args),
    #[command(hide = true, alias = "route")]
    Routes(c::replaced::Args),
    #[command(hide = true)]
    Crashdump(c::replaced::Args),
}

impl Command {
    /// Whether it works on files only and is done without ever waiting.
    pub fn is_offline(&self) -> bool {
        matches!(self, Self::Completion(_) | Self::Gen(_) | Self::Machineconfig(_) | Self::Validate(_))
    }
}

/// Runs a command.
pub async fn dispatch(command: Command) -> anyhow::Result<()> {
    match command {
        Command::ApplyConfig(r) => c::apply_config::run(&r.global, r.args).await,
        Command::Bootstrap(r) => c::bootstrap::run(&r.global, r.args).await,
        Command::Cgroups(r) => c::cgroups::run(&r.global, r.args).await,
        Command::Cluster(command) => c::cluster::run(command).await,
        Command::Completion(args) => c::completion::run(&args),
        Command::Config(r) => c::config::run(&r.global, r.command).await,
        Command::Containers(r) => c::containers::run(&r.global, r.args).await,
        Command::Copy(r) => c::copy::run(&r.global, r.args).await,
        Command::Dmesg(r) => c::dmesg::run(&r.global, r.args).await,
        Command::Edit(r) => c::edit::run(&r.global, r.args).await,
        Command::Etcd(r) => c::etcd::run(&r.global, r.command).await,
        Command::Events(r) => c::events::run(&r.global, r.args).await,
        Command::Gen(args) => c::generate::run(args),
        Command::Get(r) => c::get::run(&r.global, r.args).await,
        Command::Health(r) => c::health::run(&r.global, r.args).await,
        Command::Image(r) => c::image::run(&r.global, r.args).await,
        Command::Inject(command) => c::inject::run(&command),
        Command::Inspect(r) => c::inspect::run(&r.global, &r.command).await,
        Command::Kubeconfig(r) => c::kubeconfig::run(&r.global, r.args).await,
        Command::List(r) => c::list::run(&r.global, r.args).await,
        Command::Logs(r) => c::logs::run(&r.global, r.args).await,
        Command::Machineconfig(command) => c::machineconfig::run(command),
        Command::Memory(r) => c::memory::run(&r.global, r.args).await,
        Command::Meta(r) => c::meta::run(&r.global, r.args).await,
        Command::Mounts(r) => c::mounts::run(&r.global, r.args).await,
        Command::Netstat(r) => c::netstat::run(&r.global, r.args).await,
        Command::Patch(r) => c::patch::run(&r.global, r.args).await,
        Command::Processes(r) => c::processes::run(&r.global, r.args).await,
        Command::Read(r) => c::read::run(&r.global, r.args).await,
        Command::Reboot(r) => c::reboot::run(&r.global, r.args).await,
        Command::Reset(r) => c::reset::run(&r.global, r.args).await,
        Command::Restart(r) => c::restart::run(&r.global, r.args).await,
        Command::Rollback(r) => c::rollback::run(&r.global, r.args).await,
        Command::Service(r) => c::service::run(&r.global, r.args).await,
        Command::Shutdown(r) => c::shutdown::run(&r.global, r.args).await,
        Command::Stats(r) => c::stats::run(&r.global, r.args).await,
        Command::Support(r) => c::support::run(&r.global, r.args).await,
        Command::Time(r) => c::time::run(&r.global, r.args).await,
        Command::Upgrade(r) => c::upgrade::run(&r.global, r.args).await,
        Command::Usage(r) => c::usage::run(&r.global, r.args).await,
        Command::Validate(args) => c::validate::run(&args),
        Command::Version(r) => c::version::run(&r.global, r.args).await,
        Command::Wipe(r) => c::wipe::run(&r.global, r.args).await,
        Command::Disks(_) => c::replaced::run("disks", "get disks"),
        Command::Interfaces(_) => c::replaced::run("interfaces", "get links"),
        Command::Routes(_) => c::replaced::run("routes", "get routes"),
        Command::Crashdump(_) => c::replaced::run("crashdump", "support"),
    }
}
