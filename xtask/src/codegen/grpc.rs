//! Messages, clients and servers for gRPC: prost and tonic.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use prost_types::FileDescriptorSet;

use super::secrets::SECRETS;
use super::{Generated, HEADER};

const OUT: &str = "proto/src/gen";

/// Fields that carry data which is passed on as it is; shared instead of copied.
const SHARED_BYTES: [&str; 2] = [".common.Data.bytes", ".cosi.resource.Spec.proto_spec"];

/// Generates one file per protobuf package and the tree of modules.
pub fn generate(descriptors: &FileDescriptorSet) -> Result<Generated> {
    let mut descriptors = descriptors.clone();
    for file in &mut descriptors.file {
        undeprecate(file);
    }
    let folder = tempfile::tempdir().context("creating a folder for the generator")?;
    let mut builder = tonic_prost_build::configure()
        .out_dir(folder.path())
        .include_file("mod.rs")
        .btree_map(".")
        .codec_path("crate::codec::Codec")
        .skip_debug(SECRETS)
        .emit_rerun_if_changed(false);
    for field in SHARED_BYTES {
        builder = builder.bytes(field);
    }
    builder.compile_fds(descriptors).context("generating Rust from the descriptors")?;

    let mut generated = Generated::new();
    for entry in fs::read_dir(folder.path()).context("listing what was generated")? {
        let path = entry?.path();
        let name = path.file_name().map(PathBuf::from).unwrap_or_default();
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        generated.insert(PathBuf::from(OUT).join(name), format!("{HEADER}{text}"));
    }
    Ok(generated)
}

/// A server has to fill deprecated fields for the clients that read them: no warnings for that.
fn undeprecate(file: &mut prost_types::FileDescriptorProto) {
    file.message_type.iter_mut().for_each(undeprecate_message);
    file.enum_type.iter_mut().for_each(undeprecate_enum);
    for service in &mut file.service {
        if let Some(options) = &mut service.options {
            options.deprecated = None;
        }
        for options in service.method.iter_mut().filter_map(|m| m.options.as_mut()) {
            options.deprecated = None;
        }
    }
}

fn undeprecate_message(message: &mut prost_types::DescriptorProto) {
    if let Some(options) = &mut message.options {
        options.deprecated = None;
    }
    for options in message.field.iter_mut().filter_map(|f| f.options.as_mut()) {
        options.deprecated = None;
    }
    message.nested_type.iter_mut().for_each(undeprecate_message);
    message.enum_type.iter_mut().for_each(undeprecate_enum);
}

fn undeprecate_enum(message: &mut prost_types::EnumDescriptorProto) {
    if let Some(options) = &mut message.options {
        options.deprecated = None;
    }
    for options in message.value.iter_mut().filter_map(|v| v.options.as_mut()) {
        options.deprecated = None;
    }
}
