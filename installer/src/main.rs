//! installer: writes Talos to a disk, and keeps it there.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use installer::cli::Cli;

fn main() -> ExitCode {
    let mut out = std::io::stdout();
    // Whoever reads the lines may be gone; the work goes on.
    let result = Cli::parse().run(&mut |line| _ = writeln!(out, "{line}"));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            for line in error.to_string().lines() {
                eprintln!("error: {line}");
            }
            ExitCode::from(error.exit_code())
        }
    }
}
