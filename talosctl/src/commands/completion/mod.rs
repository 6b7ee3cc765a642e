//! `talosctl completion`: scripts that let shells ask this program itself what may stand where the cursor is.

use crate::output::print;

/// Shells that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

/// Print the completion of this program's commands for a shell
///
/// Commands, flags and their values are completed, and what only the nodes or the client configuration know: types
/// and ids of resources, services, logs, containers, files of nodes, contexts.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  source <(talosctl completion bash)
  talosctl completion zsh > \"${fpath[1]}/_talosctl\"
  talosctl completion fish > ~/.config/fish/completions/talosctl.fish
  talosctl completion powershell | Out-String | Invoke-Expression")]
pub struct Args {
    /// bash, zsh, fish or powershell
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs it.
pub fn run(args: &Args) -> anyhow::Result<()> {
    print(match args.shell {
        Shell::Bash => include_str!("talosctl.bash"),
        Shell::Zsh => include_str!("talosctl.zsh"),
        Shell::Fish => include_str!("talosctl.fish"),
        Shell::Powershell => include_str!("talosctl.ps1"),
    })
}
