//! The supervision protocol: ttrpc, which has its own generator and protobuf runtime.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ttrpc_codegen::{Codegen, Customize, ProtobufCustomize};

use super::{Generated, HEADER};

const OUT: &str = "crates/supervisor/src/gen";

/// Files spoken over ttrpc, relative to proto/; no other generator may see them.
pub const FILES: [&str; 1] = ["internal/supervision.proto"];

/// Generates messages, the asynchronous client and the service trait.
pub fn generate(proto: &Path) -> Result<Generated> {
    let folder = tempfile::tempdir().context("creating a folder for the generator")?;
    Codegen::new()
        .out_dir(folder.path())
        .include(proto)
        .inputs(FILES.map(|file| proto.join(file)))
        .rust_protobuf()
        .rust_protobuf_customize(ProtobufCustomize::default().gen_mod_rs(false))
        .customize(Customize { async_all: true, ..Customize::default() })
        .run()
        .context("generating Rust for ttrpc")?;

    let mut generated = Generated::new();
    let mut modules = String::new();
    let mut files =
        fs::read_dir(folder.path()).context("listing what was generated")?.collect::<Result<Vec<_>, _>>()?;
    files.sort_by_key(|file| file.file_name());
    for file in files {
        let path = file.path();
        let name = path.file_name().map(PathBuf::from).unwrap_or_default();
        let module = path.file_stem().unwrap_or_default().to_string_lossy();
        modules.push_str(&format!("pub mod {module};\n"));
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        generated.insert(PathBuf::from(OUT).join(name), format!("{HEADER}{text}"));
    }
    generated.insert(PathBuf::from(OUT).join("mod.rs"), format!("{HEADER}{modules}"));
    Ok(generated)
}
