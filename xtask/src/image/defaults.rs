//! Generates crates/components from the data file, so that no version is written down twice.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::manifest::Manifest;

fn place(root: &Path) -> PathBuf {
    root.join("crates/components/src/lib.rs")
}

/// Writes the generated file.
pub fn write(root: &Path, manifest: &Manifest) -> Result<()> {
    let path = place(root);
    std::fs::write(&path, render(manifest)?).with_context(|| format!("write {}", path.display()))
}

/// Fails when the committed file is not what the data file gives.
pub fn check(root: &Path, manifest: &Manifest) -> Result<()> {
    let path = place(root);
    let found = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    if found != render(manifest)? {
        bail!(
            "{} differs from deploy/components.toml: run `cargo xtask image --defaults` and commit it",
            path.display()
        );
    }
    Ok(())
}

fn render(manifest: &Manifest) -> Result<String> {
    let mut text = String::from(
        "//! Versions and image references of the parts that this build ships. Generated from\n\
         //! deploy/components.toml by `cargo xtask image --defaults`: change that file, not this one.\n\n",
    );
    for (name, component) in &manifest.component {
        writeln!(text, "/// Version of {name}, without a leading v.")?;
        writeln!(text, "pub const {}: &str = \"{}\";", constant(name), component.version)?;
    }
    text.push_str("\n/// Full references of the images that the image cache holds.\npub mod image {\n");
    for (name, image) in &manifest.image {
        writeln!(text, "    /// The image {name}.")?;
        writeln!(text, "    pub const {}: &str = \"{}\";", constant(name), manifest.reference(image))?;
    }
    text.push_str("    /// Every one of them.\n    pub const ALL: &[&str] = &[\n");
    for name in manifest.image.keys() {
        writeln!(text, "        {},", constant(name))?;
    }
    text.push_str("    ];\n}\n\n/// The same without tags.\npub mod repository {\n");
    for (name, image) in &manifest.image {
        let repository =
            image.reference.rsplit_once(':').map_or(image.reference.as_str(), |(repository, _)| repository);
        writeln!(text, "    /// The repository of {name}.")?;
        writeln!(text, "    pub const {}: &str = \"{repository}\";", constant(name))?;
    }
    text.push_str("}\n");
    Ok(text)
}

fn constant(name: &str) -> String {
    name.replace('-', "_").to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_constants_are_those_of_the_data_file() {
        let root = crate::root();
        check(&root, &Manifest::read(&root.join("deploy")).unwrap()).unwrap();
    }
}
