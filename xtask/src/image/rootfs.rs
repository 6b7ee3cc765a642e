//! The root image as a tree of files, and the programs for the user.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use anyhow::{Context, Result};
use walkdir::WalkDir;

use super::entry::{Entry, Tree};
use super::manifest::Manifest;
use super::programs::Programs;
use super::{Places, fileset};

/// The file set of the root image.
const SET: &str = "root";
/// Where the node's local registry finds the images.
const IMAGE_CACHE: &str = "/usr/share/image-cache";
/// The names that the node program has there: links to one file, so that each process is known by its own.
const DAEMONS: [&str; 4] = ["machined", "apid", "trustd", "networkd"];
/// Files above this size are hard-linked: a copy would cost disk and page cache.
const LINKED_FROM: u64 = 64 << 10;

/// Writes `_out/rootfs` and `_out/bin`.
pub fn assemble(places: &Places, manifest: &Manifest, programs: &Programs) -> Result<()> {
    let mut tree = fileset::resolve(places, manifest, SET)?;
    for daemon in DAEMONS {
        tree.add(&format!("/usr/bin/{daemon}"), Entry::File(programs.node.clone(), 0o755))?;
    }
    add_image_cache(&places.images, &mut tree)?;
    write(&tree, &places.rootfs)?;
    user_programs(places, programs)
}

fn add_image_cache(images: &Path, tree: &mut Tree) -> Result<()> {
    for found in WalkDir::new(images).sort_by_file_name() {
        let found = found?;
        if found.file_type().is_file() {
            let relative = found.path().strip_prefix(images)?.to_string_lossy();
            tree.add(&format!("{IMAGE_CACHE}/{relative}"), Entry::File(found.path().to_path_buf(), 0o644))?;
        }
    }
    Ok(())
}

/// Writes the whole tree beside the old one, then takes its place.
fn write(tree: &Tree, place: &Path) -> Result<()> {
    let partial = place.with_extension("partial");
    remove(&partial)?;
    std::fs::create_dir_all(&partial).with_context(|| format!("create {}", partial.display()))?;
    for (path, entry) in tree.iter() {
        let target = partial.join(path.trim_start_matches('/'));
        put(entry, &target).with_context(|| format!("write {path} of the root image"))?;
    }
    let old = place.with_extension("old");
    remove(&old)?;
    if place.exists() {
        std::fs::rename(place, &old)?;
    }
    std::fs::rename(&partial, place)?;
    remove(&old)
}

fn put(entry: &Entry, target: &Path) -> Result<()> {
    match entry {
        Entry::Dir(mode) => {
            std::fs::create_dir(target)?;
            std::fs::set_permissions(target, Permissions::from_mode(*mode))?;
        }
        Entry::Link(to) => symlink(to, target)?,
        Entry::Bytes(bytes) => std::fs::write(target, bytes)?,
        Entry::File(source, mode) => {
            let meta = std::fs::metadata(source).with_context(|| format!("look at {}", source.display()))?;
            let same_mode = meta.mode() & 0o7777 == *mode;
            if same_mode && meta.len() >= LINKED_FROM && std::fs::hard_link(source, target).is_ok() {
                return Ok(());
            }
            std::fs::copy(source, target).with_context(|| format!("copy {}", source.display()))?;
            std::fs::set_permissions(target, Permissions::from_mode(*mode))?;
        }
    }
    Ok(())
}

/// talosctl, and a kubectl of the cluster's version: the multi-call program under that name.
fn user_programs(places: &Places, programs: &Programs) -> Result<()> {
    std::fs::create_dir_all(&places.bin)?;
    let sources =
        [("talosctl", programs.talosctl.clone()), ("kubectl", places.components.join("bin/kubernetes"))];
    for (name, source) in sources {
        // Beside the folder, so that nobody takes what an interrupted run left for a program.
        let partial = places.bin.with_extension(format!("{name}.partial"));
        remove(&partial)?;
        put(&Entry::File(source, 0o755), &partial).with_context(|| format!("write _out/bin/{name}"))?;
        std::fs::rename(&partial, places.bin.join(name))?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    let result = match path.symlink_metadata() {
        Ok(meta) if meta.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(_) => Ok(()),
    };
    result.with_context(|| format!("remove {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_replaces_the_old_one_whole() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("rootfs");
        for (path, text) in [("/etc/a", "1"), ("/etc/b", "2")] {
            let mut tree = Tree::default();
            tree.add(path, Entry::Bytes(text.into())).unwrap();
            tree.add("/tmp", Entry::Dir(0o1777)).unwrap();
            write(&tree, &place).unwrap();
        }
        assert!(!place.join("etc/a").exists());
        assert_eq!(std::fs::read_to_string(place.join("etc/b")).unwrap(), "2");
        assert_eq!(std::fs::metadata(place.join("tmp")).unwrap().mode() & 0o7777, 0o1777);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
