//! Generates the committed Rust from the .proto files.

mod containerd;
mod etcd;
mod grpc;
mod secrets;
mod ttrpc;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use prost_types::FileDescriptorSet;

/// First lines of every generated file.
const HEADER: &str = "// Generated from proto/; change the .proto files and run `cargo xtask codegen`.\n\n";

/// Generated text by path relative to the root of the workspace.
pub type Generated = BTreeMap<PathBuf, String>;

/// Writes everything that is generated; files that nothing generates any more are removed.
pub fn run(root: &Path) -> Result<()> {
    let generated = generate(root)?;
    let folders: std::collections::BTreeSet<_> = generated.keys().filter_map(|p| p.parent()).collect();
    for folder in folders {
        let folder = root.join(folder);
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("clearing {}", folder.display()))?;
        }
        fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    }
    for (path, text) in &generated {
        fs::write(root.join(path), text).with_context(|| format!("writing {}", path.display()))?;
    }
    println!("{} files written", generated.len());
    Ok(())
}

/// Everything that `run` would write.
pub fn generate(root: &Path) -> Result<Generated> {
    let mut generated = grpc::generate(&descriptors(&root.join("proto"))?)?;
    generated.extend(ttrpc::generate(&root.join("proto"))?);
    generated.extend(containerd::generate(root)?);
    generated.extend(etcd::generate(root)?);
    Ok(generated)
}

/// The descriptors of all our gRPC files and of what they import.
pub fn descriptors(proto: &Path) -> Result<FileDescriptorSet> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(proto).sort_by_file_name() {
        let entry = entry.context("listing the .proto files")?;
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "proto") {
            let name = path.strip_prefix(proto)?.to_string_lossy().into_owned();
            if !ttrpc::FILES.contains(&name.as_str()) {
                files.push(path.to_path_buf());
            }
        }
    }
    protox::compile(files, [proto]).context("compiling the .proto files")
}
