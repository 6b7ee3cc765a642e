//! The tables of the contract: `proto/contract.tsv`, what clients may rely on over the wire, and
//! `crates/config/contract.tsv`, what configuration may say.

pub mod additions;
pub mod config;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use prost::Message;
use prost_types::FileDescriptorSet;

pub use table::{Table, table};

/// The committed table, relative to the root of the workspace.
const PATH: &str = "proto/contract.tsv";

/// How our messages differ from the committed table.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Lines of the contract that our messages lack.
    pub missing: Vec<String>,
    /// Lines that our messages have more than the contract, and that [`additions`] does not list.
    pub unknown: Vec<String>,
    /// Lines that [`additions`] lists, and our messages have no more.
    pub gone: Vec<String>,
}

/// Compares our messages with the committed table.
pub fn compare(root: &Path) -> Result<Differences> {
    let ours = table(&crate::codegen::descriptors(&root.join("proto"))?);
    let contract = committed(root)?;
    let known: Table = additions::ADDITIONS.iter().map(|line| (*line).to_owned()).collect();
    let more: Table = ours.difference(&contract).cloned().collect();
    Ok(Differences {
        missing: contract.difference(&ours).cloned().collect(),
        unknown: more.difference(&known).cloned().collect(),
        gone: known.difference(&more).cloned().collect(),
    })
}

/// Says how our messages differ from the committed table, and where another one comes from; whether they agree.
pub fn check(root: &Path) -> Result<bool> {
    let differences = compare(root)?;
    let Differences { missing, unknown, gone } = &differences;
    for (what, lines) in [("missing from proto/", missing), ("unknown", unknown), ("gone", gone)] {
        lines.iter().for_each(|line| println!("{what}: {line}"));
    }
    println!(
        "{} lines of {PATH} compared, {} differ. {} is compared by `cargo test -p config --test contract`.",
        committed(root)?.len(),
        missing.len() + unknown.len() + gone.len(),
        config::PATH,
    );
    println!(
        "For another level of the API name the folder of its descriptor sets and schema: docs/contract."
    );
    Ok(differences == Differences::default())
}

/// Writes the tables from the published descriptor sets (`*.binpb`) and schema in a folder.
pub fn run(root: &Path, folder: &Path) -> Result<()> {
    let mut contract = Table::new();
    for path in descriptor_sets(folder)? {
        let bytes = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        let set = FileDescriptorSet::decode(bytes.as_slice())
            .with_context(|| format!("{} is not a set of descriptors", path.display()))?;
        contract.extend(table(&set));
    }
    let text: String = contract.iter().map(|line| format!("{line}\n")).collect();
    fs::write(root.join(PATH), text).with_context(|| format!("writing {PATH}"))?;
    println!("{} lines written to {PATH}", contract.len());
    config::run(root, folder)
}

fn descriptor_sets(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| {
        format!("listing {}: pass the folder of the published descriptors", folder.display())
    })?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "binpb"));
    paths.sort();
    anyhow::ensure!(!paths.is_empty(), "{} holds no *.binpb", folder.display());
    Ok(paths)
}

/// The committed table.
pub fn committed(root: &Path) -> Result<Table> {
    let text = fs::read_to_string(root.join(PATH)).with_context(|| format!("reading {PATH}"))?;
    Ok(text.lines().map(str::to_owned).collect())
}
