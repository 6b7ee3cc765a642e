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
    /// Write the tables of the contract from the published descriptors and schema.
    Contract {
        /// Folder with the published descriptor sets (*.binpb) and schema; relative to the root of the workspace.
        #[arg(default_value = xtask::contract::DESCRIPTORS)]
        folder: PathBuf,
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
        Task::Contract { folder } => xtask::contract::run(&root, &root.join(folder))?,
        Task::Tidy if !xtask::tidy::run(&root)? => return Ok(ExitCode::FAILURE),
        Task::Tidy => {}
        Task::Image(options) => xtask::image::run(&root, &options)?,
    }
    Ok(ExitCode::SUCCESS)
}
