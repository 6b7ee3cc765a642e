//! Turns a file set of the data file into a tree of entries.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use walkdir::WalkDir;

use super::entry::{Entry, Tree};
use super::manifest::{Manifest, Set};
use super::{Places, closure, debian};

/// Resolves the set `name` and all that it includes.
pub fn resolve(places: &Places, manifest: &Manifest, name: &str) -> Result<Tree> {
    let mut tree = Tree::default();
    add(places, manifest, name, &mut tree).with_context(|| format!("file set {name}"))?;
    Ok(tree)
}

fn add(places: &Places, manifest: &Manifest, name: &str, tree: &mut Tree) -> Result<()> {
    let set = manifest.set.get(name).with_context(|| format!("there is no set {name}"))?;
    for other in &set.include {
        add(places, manifest, other, tree)?;
    }
    add_own(places, set, tree)
}

fn add_own(places: &Places, set: &Set, tree: &mut Tree) -> Result<()> {
    let packages = debian::tree(places);
    for path in &set.dirs {
        let mode = if path.ends_with("/tmp") { 0o1777 } else { 0o755 };
        tree.add(path, Entry::Dir(mode))?;
    }
    for (path, output) in &set.files {
        tree.add(path, Entry::File(places.components.join("bin").join(output), 0o755))?;
    }
    for (path, target) in &set.links {
        tree.add(path, Entry::Link(target.clone()))?;
    }
    for (path, source) in &set.text {
        tree.add(path, Entry::File(places.deploy.join(source), 0o644))?;
    }
    for (path, source) in &set.copies {
        tree.add(path, Entry::File(real(&packages, source)?, 0o644))?;
    }
    for program in &set.programs {
        add_program(&packages, program, tree)?;
    }
    for folder in &set.libraries {
        add_libraries(&packages, folder, tree)?;
    }
    if let Some(path) = &set.ca_bundle {
        tree.add(path, Entry::Bytes(ca_bundle(&packages)?))?;
    }
    Ok(())
}

/// The file behind a path of the packages, links followed.
fn real(packages: &Path, path: &str) -> Result<PathBuf> {
    let file = packages.join(path.trim_start_matches('/'));
    file.canonicalize().with_context(|| format!("{path} is not in the Debian packages of components.toml"))
}

fn add_program(packages: &Path, program: &str, tree: &mut Tree) -> Result<()> {
    tree.add(program, Entry::File(real(packages, program)?, 0o755))?;
    add_closure(packages, program, tree)
}

fn add_closure(packages: &Path, object: &str, tree: &mut Tree) -> Result<()> {
    let libraries = closure::of(packages, object)?;
    if libraries.is_empty() {
        return Ok(());
    }
    tree.add("/lib", Entry::Link("usr/lib".into()))?;
    tree.add("/lib64", Entry::Link("usr/lib64".into()))?;
    let loader = format!("/usr{}", closure::LOADER);
    tree.add(&loader, Entry::File(real(packages, &loader)?, 0o755))?;
    for library in libraries {
        tree.add(&library, Entry::File(real(packages, &library)?, 0o644))?;
    }
    Ok(())
}

fn add_libraries(packages: &Path, folder: &str, tree: &mut Tree) -> Result<()> {
    let root = packages.join(folder.trim_start_matches('/'));
    for found in WalkDir::new(&root).sort_by_file_name() {
        let found = found.with_context(|| format!("{folder} in the Debian packages"))?;
        if found.file_type().is_dir() {
            continue;
        }
        let relative = found.path().strip_prefix(&root)?.to_string_lossy();
        let path = format!("{folder}/{relative}");
        if found.file_type().is_symlink() {
            let target = std::fs::read_link(found.path())?;
            tree.add(&path, Entry::Link(target.to_string_lossy().into_owned()))?;
        } else {
            tree.add(&path, Entry::File(found.path().to_path_buf(), 0o644))?;
            add_closure(packages, &path, tree)?;
        }
    }
    Ok(())
}

/// What update-ca-certificates would make: every certificate of the package, one after the other.
fn ca_bundle(packages: &Path) -> Result<Vec<u8>> {
    let folder = packages.join("usr/share/ca-certificates/mozilla");
    let files: BTreeSet<PathBuf> = std::fs::read_dir(&folder)
        .with_context(|| format!("read {}: is ca-certificates among the packages?", folder.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    let mut bundle = Vec::new();
    for file in files {
        bundle.extend(std::fs::read(&file)?);
        if !bundle.ends_with(b"\n") {
            bundle.push(b'\n');
        }
    }
    Ok(bundle)
}
