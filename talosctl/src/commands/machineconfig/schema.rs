//! `talosctl machineconfig schema`.

use std::path::PathBuf;

use config::schema::json_schema;

use crate::files::{self, Output, PUBLIC};

/// Print the JSON Schema of the configuration language, for editors
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  talosctl machineconfig schema -o config.schema.json")]
pub struct Args {
    /// Where to write it; - is standard output
    #[arg(short, long, default_value = "-", value_name = "FILE")]
    output: PathBuf,
    /// Replace a file that exists
    #[arg(short, long)]
    force: bool,
}

/// Runs it.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(&json_schema())? + "\n";
    files::write(&[Output::new(&args.output, PUBLIC, text)], args.force)
}
