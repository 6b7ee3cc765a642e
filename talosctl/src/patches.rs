//! Patches that flags name: files, folders of files, or the patch itself (contract os.md 1.6).

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use config::patch::{self, Argument, Patch, Patched};
use config::{Config, DecodeOptions};

use crate::files;
use crate::output::note;

/// The texts that `--config-patch` flags name, in order, each with where it is from.
///
/// # Errors
/// If a file cannot be read.
pub fn texts(values: &[String]) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let mut texts = Vec::new();
    for (index, value) in values.iter().enumerate() {
        match Argument::parse(value) {
            Argument::Inline(text) => texts.push((format!("patch {}", index + 1), text.as_bytes().to_vec())),
            Argument::Path(path) => {
                for file in files(Path::new(path))? {
                    texts.push(files::read(&file)?);
                }
            }
        }
    }
    Ok(texts)
}

/// Reads the patches of `--config-patch` flags, in order.
///
/// # Errors
/// If a file cannot be read or a text is no patch; with its place.
pub fn load(values: &[String]) -> anyhow::Result<Vec<Patch>> {
    let parse = |(name, text): &(String, Vec<u8>)| {
        patch::load(name, text).map_err(|report| anyhow::anyhow!("{report}"))
    };
    texts(values)?.iter().map(parse).collect()
}

/// A file, or the files of a folder in order of their names.
///
/// # Errors
/// If a folder cannot be read or has none.
pub fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
    let is_patch = |path: &PathBuf| {
        let extension = path.extension().and_then(|e| e.to_str());
        path.is_file() && extension.is_some_and(|e| matches!(e, "yaml" | "yml" | "json"))
    };
    let mut files: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_patch).collect();
    anyhow::ensure!(!files.is_empty(), "{} has no .yaml, .yml or .json files", path.display());
    files.sort();
    Ok(files)
}

/// Applies patches; what they did not do although they say so is told as warnings.
///
/// # Errors
/// Everything that is wrong with them, with its place.
pub fn apply(base: &Config, patches: &[Patch]) -> anyhow::Result<Patched> {
    let patched = patch::apply(base, patches)
        .map_err(|report| anyhow::anyhow!("cannot patch {}:\n{report}", base.source()))?;
    for warning in patched.warnings.problems() {
        note(&warning.to_string());
    }
    Ok(patched)
}

/// Reads a configuration, strictly. Its comments survive patches.
///
/// # Errors
/// If it cannot be read; every problem with its place.
pub fn decode(name: &str, text: &[u8]) -> anyhow::Result<Config> {
    let options = DecodeOptions { comments: true, ..DecodeOptions::default() };
    let config = Config::decode_with(name, text, &options).map_err(|report| anyhow::anyhow!("{report}"))?;
    anyhow::ensure!(!config.documents().is_empty(), "{name}: there is no configuration in it");
    Ok(config)
}

/// Reads a configuration that a node will judge, which may know more than this program: what is unknown here is
/// kept, and told as a warning.
///
/// # Errors
/// If it is no configuration at all.
pub fn decode_for_node(name: &str, text: &[u8]) -> anyhow::Result<Config> {
    let options = DecodeOptions { comments: true, lenient: true, ..DecodeOptions::default() };
    let config = Config::decode_with(name, text, &options).map_err(|report| anyhow::anyhow!("{report}"))?;
    anyhow::ensure!(!config.documents().is_empty(), "{name}: there is no configuration in it");
    let unknown = config.decode_warnings();
    if !unknown.is_empty() {
        note(&unknown.to_string());
    }
    Ok(config)
}

/// Applies patches to a text; without any the text stays as it is, comments included.
///
/// # Errors
/// If text or patches are not valid.
pub fn apply_to_text(name: &str, text: &[u8], patches: &[Patch]) -> anyhow::Result<Vec<u8>> {
    if patches.is_empty() {
        return Ok(text.to_vec());
    }
    Ok(apply(&decode(name, text)?, patches)?.config.bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_name_files_folders_or_hold_the_patch() {
        let dir = tempfile::tempdir().unwrap();
        let patch = |ty: &str| format!("machine:\n    type: {ty}\n");
        std::fs::write(dir.path().join("b.yaml"), patch("worker")).unwrap();
        std::fs::write(dir.path().join("a.yaml"), patch("controlplane")).unwrap();
        std::fs::write(dir.path().join("README"), "no patch").unwrap();
        let folder = format!("@{}", dir.path().display());
        let patches = load(&[folder, "machine: {sysctls: {a: \"1\"}}".into()]).unwrap();
        assert_eq!(patches.len(), 3);
        assert!(patches[0].name().ends_with("a.yaml") && patches[2].name() == "patch 2");
        let text = apply_to_text("c", b"machine:\n    type: init\n", &patches).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("type: worker") && text.contains("a: \"1\""), "{text}");
        assert!(load(&["@/nope".into()]).is_err() && load(&["machine: {nope: 1}".into()]).is_err());
    }
}
