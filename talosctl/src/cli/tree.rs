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

// A command that connects to nodes.
#[expect(missing_docs, reason = "clap would tell it as what each command does")]
#[derive(Debug, Args)]
pub struct Remote<T: Args> {
    #[command(flatten)]
    pub global: Global,
    #[command(flatten)]
    pub args: T,
}

// Several commands of one noun that connect to nodes.
#[expect(missing_docs, reason = "clap would tell it as what each command does")]
#[derive(Debug, Args)]
pub struct RemoteTree<T: Subcommand> {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: T,
}

// Several commands of one noun that connect to no node, or find it themselves.
#[expect(missing_docs, reason = "clap would tell it as what each command does")]
#[derive(Debug, Args)]
pub struct Tree<T: Subcommand> {
    #[command(subcommand)]
    pub command: T,
}

/// The commands; each is described where its arguments are. Those are made when it is named: all of them
/// would be a third of the time that a short command takes.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
#[allow(missing_docs, clippy::large_enum_variant)]
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
    Gen(c::generate::Args),
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
    Validate(c::validate::Args),
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
        Command::ApplyConfig(r) => c::apply_config::run(&r.global, r.args).await,
        Command::Bootstrap(r) => c::bootstrap::run(&r.global, r.args).await,
        Command::Cgroups(r) => c::cgroups::run(&r.global, r.args).await,
        Command::Cluster(tree) => c::cluster::run(tree.command).await,
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
        Command::Inject(tree) => c::inject::run(&tree.command),
        Command::Inspect(r) => c::inspect::run(&r.global, &r.command).await,
        Command::Kubeconfig(r) => c::kubeconfig::run(&r.global, r.args).await,
        Command::List(r) => c::list::run(&r.global, r.args).await,
        Command::Logs(r) => c::logs::run(&r.global, r.args).await,
        Command::Machineconfig(tree) => c::machineconfig::run(tree.command),
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
