//! Messages and clients of etcd.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Generated;

const PROTO: &str = "crates/etcd/proto";
const OUT: &str = "crates/etcd/src/gen";
const HEADER: &str =
    "// Generated from crates/etcd/proto/; change the .proto files and run `cargo xtask codegen`.\n\n";

/// Messages that carry what others stored: printing it would print secrets of Kubernetes.
const SECRETS: [&str; 2] = [".mvccpb.KeyValue", ".etcdserverpb.PutRequest"];

/// Generates one file per protobuf package and the tree of modules.
pub fn generate(root: &Path) -> Result<Generated> {
    let descriptors = super::descriptors(&root.join(PROTO))?;
    let folder = tempfile::tempdir().context("creating a folder for the generator")?;
    tonic_prost_build::configure()
        .out_dir(folder.path())
        .include_file("mod.rs")
        .build_server(false)
        .emit_rerun_if_changed(false)
        .skip_debug(SECRETS)
        .compile_fds(descriptors)
        .context("generating Rust from etcd's descriptors")?;

    let mut generated = Generated::new();
    for entry in fs::read_dir(folder.path()).context("listing what was generated")? {
        let path = entry?.path();
        let name = path.file_name().map(PathBuf::from).unwrap_or_default();
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        generated.insert(PathBuf::from(OUT).join(name), format!("{HEADER}{text}"));
    }
    Ok(generated)
}
