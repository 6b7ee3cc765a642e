//! `cargo xtask <task>`: chores of this repository that are not part of any program.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Chores of this repository")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Generate Rust from the .proto files into proto/src/gen and crates/supervisor/src/gen.
    Codegen,
    /// Compare our messages with the committed table of the contract; with a folder, write the tables anew.
    Contract {
        /// Folder with the published descriptor sets (*.binpb) and config.schema.json of a level of the API.
        folder: Option<PathBuf>,
    },
    /// Write docs/compatibility.md from the table of effects.
    Compatibility {
        /// Only say whether it is up to date.
        #[arg(long)]
        check: bool,
    },
    /// Check the rules of the house that a compiler does not know.
    Tidy,
    /// Build the components, the container images and the root image of a node into _out.
    Image(xtask::image::Options),
}

fn main() -> anyhow::Result<ExitCode> {
    let root = xtask::root();
    match Cli::parse().task {
        Task::Codegen => xtask::codegen::run(&root)?,
        Task::Contract { folder: Some(folder) } => xtask::contract::run(&root, &folder)?,
        Task::Contract { folder: None } if !xtask::contract::check(&root)? => return Ok(ExitCode::FAILURE),
        Task::Contract { folder: None } => {}
        Task::Compatibility { check } if !xtask::compatibility::run(&root, check)? => {
            return Ok(ExitCode::FAILURE);
        }
        Task::Compatibility { .. } => {}
        Task::Tidy if !xtask::tidy::run(&root)? => return Ok(ExitCode::FAILURE),
        Task::Tidy => {}
        Task::Image(options) => xtask::image::run(&root, &options)?,
    }
    Ok(ExitCode::SUCCESS)
}
