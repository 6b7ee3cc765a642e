//! `talosctl gen`: secrets, configurations, keys and certificates (contract api.md 8.6).

mod ca;
pub mod config;
mod crt;
mod csr;
mod key;
mod keypair;
pub mod secrets;

/// Generate secrets, configurations, keys and certificates
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Replace files that exist
    #[arg(short, long, global = true)]
    force: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one, while a command runs")]
enum Command {
    Ca(ca::Args),
    Config(config::Args),
    Crt(crt::Args),
    Csr(csr::Args),
    Key(key::Args),
    Keypair(keypair::Args),
    Secrets(secrets::Args),
}

/// Runs it.
pub fn run(args: Args) -> anyhow::Result<()> {
    let force = args.force;
    match args.command {
        Command::Ca(args) => ca::run(&args, force),
        Command::Config(args) => config::run(args, force),
        Command::Crt(args) => crt::run(&args, force),
        Command::Csr(args) => csr::run(&args, force),
        Command::Key(args) => key::run(&args, force),
        Command::Keypair(args) => keypair::run(&args, force),
        Command::Secrets(args) => secrets::run(&args, force),
    }
}

/// How long certificates are valid.
fn life(hours: u32) -> std::time::Duration {
    std::time::Duration::from_secs(u64::from(hours) * 3600)
}
