//! `cargo xtask <task>`: chores of this repository that are not part of any program.

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
}

fn main() -> anyhow::Result<()> {
    let root = xtask::root();
    match Cli::parse().task {
        Task::Codegen => xtask::codegen::run(&root),
    }
}
