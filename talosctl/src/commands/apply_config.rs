//! `talosctl apply-config`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::ValueEnum;
use proto::machine::ApplyConfigurationRequest;
use proto::machine::apply_configuration_request::Mode as Wire;

use crate::global::{Global, Insecure};
use crate::node::Node;
use crate::session::Session;

/// How a configuration is applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// At once
    #[default]
    Auto,
    /// At once
    NoReboot,
    /// With the next boot
    Staged,
    /// At once, and back again unless it is applied for good within the timeout
    Try,
}

impl Mode {
    /// The mode on the wire.
    pub fn wire(self) -> Wire {
        match self {
            Mode::Auto => Wire::Auto,
            Mode::NoReboot => Wire::NoReboot,
            Mode::Staged => Wire::Staged,
            Mode::Try => Wire::Try,
        }
    }
}

/// Apply a machine configuration
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The configuration
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// When it takes effect
    #[arg(short, long, value_enum, default_value_t)]
    mode: Mode,
    /// Say what would change, change nothing
    #[arg(long)]
    dry_run: bool,
    /// With --mode try: how long before it is reverted, seconds
    #[arg(long, default_value = "60", value_parser = parse_seconds)]
    timeout: Duration,
    #[command(flatten)]
    insecure: Insecure,
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let digits = text.strip_suffix('s').unwrap_or(text);
    if let Some(minutes) = text.strip_suffix('m').and_then(|m| m.parse::<u64>().ok()) {
        return Ok(Duration::from_secs(minutes * 60));
    }
    digits
        .parse()
        .map(Duration::from_secs)
        .map_err(|_| format!("{text:?} is not a duration such as 60s or 2m"))
}

/// Runs it.
pub async fn run(global: &Global, args: Args) -> anyhow::Result<()> {
    let data = std::fs::read(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let session = Session::open_for(global, &args.insecure)?;
    let request = ApplyConfigurationRequest {
        data,
        mode: args.mode.wire() as i32,
        dry_run: args.dry_run,
        try_mode_timeout: (args.mode == Mode::Try).then(|| proto::convert::duration(args.timeout)),
    };
    session
        .each("error applying new configuration", async |node: Node| {
            let request = request.clone();
            {
                let answer = node.machine().apply_configuration(node.request(request)).await?.into_inner();
                for message in answer.messages {
                    for warning in message.warnings {
                        eprintln!("WARNING: {warning}");
                    }
                    eprintln!("{}", message.mode_details);
                }
                Ok(())
            }
        })
        .await
}
