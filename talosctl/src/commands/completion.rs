//! `talosctl completion`.

use clap::CommandFactory;

use crate::cli::tree::Cli;
use crate::output::print_bytes;

/// Shells that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

/// Print the completion of this program's commands for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  source <(talosctl completion bash)
  talosctl completion fish > ~/.config/fish/completions/talosctl.fish")]
pub struct Args {
    /// bash, zsh, fish or powershell
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs it.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let shell = match args.shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
        Shell::Powershell => clap_complete::Shell::PowerShell,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "talosctl", &mut script);
    print_bytes(&script)
}
