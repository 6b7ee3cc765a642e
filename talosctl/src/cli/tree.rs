//! Every command with its names and arguments.

use clap::{Args, Parser, Subcommand};

use super::booleans::Booleans;
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

// A command that connects to nodes.
#[expect(missing_docs, reason = "clap would tell it as what each command does")]
#[derive(Debug, Args)]
pub struct RemoteArgs<T: Args> {
    #[command(flatten)]
    pub global: Global,
    #[command(flatten)]
    pub args: T,
}

// Several commands of one noun that connect to nodes.
#[expect(missing_docs, reason = "clap would tell it as what each command does")]
#[derive(Debug, Args)]
pub struct RemoteCommands<T: Subcommand> {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: T,
}

// Several commands of one noun that connect to no node, or find it themselves.
#[expect(missing_docs, reason = "clap would tell it as what each command does")]
#[derive(Debug, Args)]
pub struct Commands<T: Subcommand> {
    #[command(subcommand)]
    pub command: T,
}

/// A command that connects to nodes.
pub type Remote<T> = Booleans<RemoteArgs<T>>;
/// Several commands of one noun that connect to nodes.
pub type RemoteTree<T> = Booleans<RemoteCommands<T>>;
/// Several commands of one noun that connect to no node, or find it themselves.
pub type Tree<T> = Booleans<Commands<T>>;

/// The commands; each is described where its arguments are. Those are made when it is named: all of them
/// would be a third of the time that a short command takes.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
#[allow(clippy::large_enum_variant, reason = "there is one, while a command runs")]
pub enum Command {
    #[command(alias = "apply")]
    ApplyConfig(Remote<c::apply_config::Args>),
    Bootstrap(Remote<c::bootstrap::Args>),
    #[command(visible_alias = "cg")]
    Cgroups(Remote<c::cgroups::Args>),
    Cluster(Tree<c::cluster::Command>),
    Completion(c::completion::Args),
    Config(RemoteTree<c::config::Command>),
    #[command(visible_alias = "c")]
    Containers(Remote<c::containers::Args>),
    #[command(visible_alias = "cp")]
    Copy(Remote<c::copy::Args>),
    Dmesg(Remote<c::dmesg::Args>),
    Edit(Remote<c::edit::Args>),
    Etcd(RemoteTree<c::etcd::Command>),
    Events(Remote<c::events::Args>),
    Gen(Booleans<c::generate::Args>),
    #[command(visible_alias = "g")]
    Get(Remote<c::get::Args>),
    Health(Remote<c::health::Args>),
    #[command(visible_alias = "images")]
    Image(Remote<c::image::Args>),
    Inject(Tree<c::inject::Command>),
    Inspect(RemoteTree<c::inspect::Command>),
    Kubeconfig(Remote<c::kubeconfig::Args>),
    #[command(visible_alias = "ls")]
    List(Remote<c::list::Args>),
    Logs(Remote<c::logs::Args>),
    #[command(visible_alias = "mc")]
    Machineconfig(Tree<c::machineconfig::Command>),
    #[command(visible_aliases = ["m", "free"])]
    Memory(Remote<c::memory::Args>),
    Meta(Remote<c::meta::Args>),
    #[command(visible_alias = "mount")]
    Mounts(Remote<c::mounts::Args>),
    #[command(visible_alias = "ss")]
    Netstat(Remote<c::netstat::Args>),
    Patch(Remote<c::patch::Args>),
    #[command(visible_aliases = ["p", "ps"])]
    Processes(Remote<c::processes::Args>),
    #[command(visible_alias = "cat")]
    Read(Remote<c::read::Args>),
    Reboot(Remote<c::reboot::Args>),
    Reset(Remote<c::reset::Args>),
    Restart(Remote<c::restart::Args>),
    Rollback(Remote<c::rollback::Args>),
    #[command(visible_alias = "services")]
    Service(Remote<c::service::Args>),
    Shutdown(Remote<c::shutdown::Args>),
    Stats(Remote<c::stats::Args>),
    Support(Remote<c::support::Args>),
    Time(Remote<c::time::Args>),
    Upgrade(Remote<c::upgrade::Args>),
    #[command(visible_alias = "du")]
    Usage(Remote<c::usage::Args>),
    Validate(Booleans<c::validate::Args>),
    Version(Remote<c::version::Args>),
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
        Command::ApplyConfig(r) => c::apply_config::run(&r.0.global, r.0.args).await,
        Command::Bootstrap(r) => c::bootstrap::run(&r.0.global, r.0.args).await,
        Command::Cgroups(r) => c::cgroups::run(&r.0.global, r.0.args).await,
        Command::Cluster(tree) => c::cluster::run(tree.0.command).await,
        Command::Completion(args) => c::completion::run(&args),
        Command::Config(r) => c::config::run(&r.0.global, r.0.command).await,
        Command::Containers(r) => c::containers::run(&r.0.global, r.0.args).await,
        Command::Copy(r) => c::copy::run(&r.0.global, r.0.args).await,
        Command::Dmesg(r) => c::dmesg::run(&r.0.global, r.0.args).await,
        Command::Edit(r) => c::edit::run(&r.0.global, r.0.args).await,
        Command::Etcd(r) => c::etcd::run(&r.0.global, r.0.command).await,
        Command::Events(r) => c::events::run(&r.0.global, r.0.args).await,
        Command::Gen(r) => c::generate::run(r.0),
        Command::Get(r) => c::get::run(&r.0.global, r.0.args).await,
        Command::Health(r) => c::health::run(&r.0.global, r.0.args).await,
        Command::Image(r) => c::image::run(&r.0.global, r.0.args).await,
        Command::Inject(tree) => c::inject::run(&tree.0.command),
        Command::Inspect(r) => c::inspect::run(&r.0.global, &r.0.command).await,
        Command::Kubeconfig(r) => c::kubeconfig::run(&r.0.global, r.0.args).await,
        Command::List(r) => c::list::run(&r.0.global, r.0.args).await,
        Command::Logs(r) => c::logs::run(&r.0.global, r.0.args).await,
        Command::Machineconfig(tree) => c::machineconfig::run(tree.0.command),
        Command::Memory(r) => c::memory::run(&r.0.global, r.0.args).await,
        Command::Meta(r) => c::meta::run(&r.0.global, r.0.args).await,
        Command::Mounts(r) => c::mounts::run(&r.0.global, r.0.args).await,
        Command::Netstat(r) => c::netstat::run(&r.0.global, r.0.args).await,
        Command::Patch(r) => c::patch::run(&r.0.global, r.0.args).await,
        Command::Processes(r) => c::processes::run(&r.0.global, r.0.args).await,
        Command::Read(r) => c::read::run(&r.0.global, r.0.args).await,
        Command::Reboot(r) => c::reboot::run(&r.0.global, r.0.args).await,
        Command::Reset(r) => c::reset::run(&r.0.global, r.0.args).await,
        Command::Restart(r) => c::restart::run(&r.0.global, r.0.args).await,
        Command::Rollback(r) => c::rollback::run(&r.0.global, r.0.args).await,
        Command::Service(r) => c::service::run(&r.0.global, r.0.args).await,
        Command::Shutdown(r) => c::shutdown::run(&r.0.global, r.0.args).await,
        Command::Stats(r) => c::stats::run(&r.0.global, r.0.args).await,
        Command::Support(r) => c::support::run(&r.0.global, r.0.args).await,
        Command::Time(r) => c::time::run(&r.0.global, r.0.args).await,
        Command::Upgrade(r) => c::upgrade::run(&r.0.global, r.0.args).await,
        Command::Usage(r) => c::usage::run(&r.0.global, r.0.args).await,
        Command::Validate(r) => c::validate::run(&r.0),
        Command::Version(r) => c::version::run(&r.0.global, r.0.args).await,
        Command::Wipe(r) => c::wipe::run(&r.0.global, r.0.args).await,
        Command::Disks(_) => c::replaced::run("disks", "get disks"),
        Command::Interfaces(_) => c::replaced::run("interfaces", "get links"),
        Command::Routes(_) => c::replaced::run("routes", "get routes"),
        Command::Crashdump(_) => c::replaced::run("crashdump", "support"),
    }
}
