//! The tree of commands, and what surrounds running one: errors, exit status, Ctrl-C.

mod booleans;
mod help;
mod hint;
mod hoist;
pub mod tree;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use clap::error::{ContextKind, ErrorKind};
use futures::FutureExt;

use crate::complete;
use crate::failure::{Told, Usage, text};
use crate::interrupt::{self, Interrupt};
use crate::output::{note, print};
pub use booleans::is_boolean;
pub use help::whole;
use tree::Cli;

/// First argument of the process that hosts a local cluster: not for people.
const CLUSTER_HOST: &str = "cluster-host";

/// Runs the program. Exit status is 0 or 1 only; errors are told once, on standard error (contract api.md
/// 8.1).
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    if args.get(1).is_some_and(|a| a == CLUSTER_HOST) {
        return provision::local::host_main(args.into_iter().skip(2));
    }
    if let Some(answered) = complete::run(&args) {
        return answered;
    }
    let args = hoist::hoist(args);
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return misused(&error, &args),
    };
    let result = match cli.command.is_offline() {
        // It never waits, so it needs nothing to wait with, and Ctrl-C may simply kill it.
        true => Box::pin(tree::dispatch(cli.command)).now_or_never().unwrap_or_else(unended),
        false => connected(cli.command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&error, &args);
            ExitCode::FAILURE
        }
    }
}

/// For a command that waits although it should not.
fn unended() -> anyhow::Result<()> {
    anyhow::bail!("the command did not end: please report this")
}

/// Runs a command that talks to somebody, until it ends or Ctrl-C is pressed.
fn connected(command: tree::Command) -> anyhow::Result<()> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    let interrupt = Interrupt::listen();
    let mut pressed = interrupt.clone();
    let result = runtime.block_on(interrupt::scope(interrupt, async {
        tokio::select! {
            // The command first: it may have its own way to end.
            biased;
            result = Box::pin(tree::dispatch(command)) => result,
            () = pressed.pressed() => Err(anyhow::anyhow!("interrupted")),
        }
    }));
    runtime.shutdown_background();
    result
}

fn tell(error: &anyhow::Error, args: &[OsString]) {
    if error.is::<Told>() {
        return;
    }
    let text = text(error);
    note(&text);
    if let Some(hint) = hint::hint(&text) {
        note(&format!("hint: {hint}"));
    }
    if error.is::<Usage>() {
        note(&format!("\n{}", help::usage(args)));
    }
}

/// What the arguments were that cannot be understood, or the help that was asked for.
fn misused(error: &clap::Error, args: &[OsString]) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayVersion => {
            let _ = error.print();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelp => {
            let _ = print(&help::asked_for(args));
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand
            if args.len() < 2 =>
        {
            let _ = print(&help::overview());
            ExitCode::SUCCESS
        }
        ErrorKind::InvalidSubcommand => {
            let name = error.get(ContextKind::InvalidSubcommand).map(ToString::to_string).unwrap_or_default();
            note(&help::unknown(&name, args));
            ExitCode::FAILURE
        }
        _ => {
            let text = error.to_string();
            let reason = text.split("\n\nUsage:").next().unwrap_or(&text);
            let reason = reason.strip_prefix("error: ").unwrap_or(reason);
            let reason = reason.split("\n\nFor more information").next().unwrap_or(reason);
            note(&format!("{}\n\n{}", reason.trim_end(), help::usage(args)));
            ExitCode::FAILURE
        }
    }
}
