//! The tree of commands: what there is, and what runs it.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::commands;
use crate::global::Global;

/// Manages machines that run Talos, and the clusters that they form.
#[derive(Debug, Parser)]
#[command(name = "talosctl", version = concat!("v", env!("CARGO_PKG_VERSION")), disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(alias = "apply")]
    ApplyConfig(commands::apply_config::Args),
    Bootstrap(commands::bootstrap::Args),
    #[command(subcommand)]
    Cluster(commands::cluster::Command),
    Kubeconfig(commands::kubeconfig::Args),
    #[command(alias = "services")]
    Service(commands::service::Args),
    Version(commands::version::Args),
}

/// First argument of the process that hosts a local cluster: not for people.
const CLUSTER_HOST: &str = "cluster-host";

/// Runs the program; errors are told once, on standard error.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    if args.get(1).is_some_and(|a| a == CLUSTER_HOST) {
        return provision::local::host_main(args.into_iter().skip(2));
    }
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(async {
        tokio::select! {
            result = dispatch(cli) => result,
            _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
        }
    });
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Exit status is 0 or 1 only (contract api.md 8.1).
fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

async fn dispatch(cli: Cli) -> anyhow::Result<()> {
    let global = &cli.global;
    match cli.command {
        Command::ApplyConfig(args) => commands::apply_config::run(global, args).await,
        Command::Bootstrap(args) => commands::bootstrap::run(global, args).await,
        Command::Cluster(command) => commands::cluster::run(global, command).await,
        Command::Kubeconfig(args) => commands::kubeconfig::run(global, args).await,
        Command::Service(args) => commands::service::run(global, args).await,
        Command::Version(args) => commands::version::run(global, args).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_tree_of_commands_is_consistent() {
        Cli::command().debug_assert();
    }
}
