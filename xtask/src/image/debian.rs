//! The Debian packages of the data file, fetched with apt, checked, and unpacked into one tree.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Places;
use super::hashing::Hashing;
use super::manifest::{Manifest, Package};
use super::run::{output, run};
use super::stamp::{Inputs, Stamp};
use anyhow::{Context, Result, bail};

/// Where the packages are unpacked.
pub fn tree(places: &Places) -> PathBuf {
    places.debian.join("tree")
}

/// Fetches what is missing and unpacks all packages into `_out/debian/tree`.
pub fn unpack(places: &Places, manifest: &Manifest) -> Result<()> {
    let inputs = Inputs::new().text(&format!("{:?}", manifest.debian));
    let stamp = Stamp::new(&places.debian, "tree", inputs);
    if stamp.holds() {
        return Ok(());
    }
    let store = places.debian.join("packages");
    std::fs::create_dir_all(&store).with_context(|| format!("create {}", store.display()))?;
    stamp.clear()?;

    let files = manifest
        .debian
        .iter()
        .map(|package| fetch(&store, package).with_context(|| format!("Debian package {}", package.name)))
        .collect::<Result<Vec<_>>>()?;

    let tree = tree(places);
    if tree.exists() {
        std::fs::remove_dir_all(&tree).with_context(|| format!("remove {}", tree.display()))?;
    }
    merge_usr(&tree)?;
    for file in files {
        let mut unpacker = Command::new("dpkg-deb")
            .arg("--fsys-tarfile")
            .arg(&file)
            .stdout(std::process::Stdio::piped())
            .spawn()?;
        let archive = unpacker.stdout.take().context("output of dpkg-deb")?;
        run(Command::new("tar")
            .args(["--extract", "--keep-directory-symlink", "--no-same-owner", "-C"])
            .arg(&tree)
            .stdin(archive))?;
        if !unpacker.wait()?.success() {
            bail!("dpkg-deb could not read {}", file.display());
        }
    }
    stamp.set()
}

/// Packages still have paths outside /usr; links bring them together.
fn merge_usr(tree: &Path) -> Result<()> {
    for name in ["bin", "sbin", "lib", "lib64"] {
        let target = format!("usr/{name}");
        std::fs::create_dir_all(tree.join(&target))
            .with_context(|| format!("create {target} in {}", tree.display()))?;
        std::os::unix::fs::symlink(&target, tree.join(name))?;
    }
    Ok(())
}

fn fetch(store: &Path, package: &Package) -> Result<PathBuf> {
    let path = store.join(format!("{}_{}.deb", package.name, package.version.replace(':', "%3a")));
    if path.exists() && digest(&path)? == package.sha256 {
        return Ok(path);
    }
    if let Err(error) = download(store, &format!("{}={}", package.name, package.version), &path) {
        eprintln!(
            "warning: {} {} is pinned but not served ({error:#}); taking the version that is served: \
             refresh the pins with `cargo xtask image --repin`",
            package.name, package.version
        );
        download(store, &package.name, &path).context("run `apt-get update`, then try again")?;
        return Ok(path);
    }
    let found = digest(&path)?;
    if found != package.sha256 {
        std::fs::remove_file(&path)?;
        bail!(
            "checksum is {found}, not the pinned {}: either the mirror was tampered with, or the pin is wrong \
             (`cargo xtask image --repin` writes what the signed index says)",
            package.sha256
        );
    }
    Ok(path)
}

/// apt verifies what it downloads against its signed index.
fn download(store: &Path, what: &str, path: &Path) -> Result<()> {
    let folder = tempfile::tempdir_in(store)?;
    output(
        Command::new("apt-get")
            .args(["download", "-q", "-o", "APT::Sandbox::User=root", what])
            .current_dir(folder.path()),
    )?;
    let file = std::fs::read_dir(folder.path())?.next().context("apt-get downloaded nothing")??;
    std::fs::rename(file.path(), path)?;
    Ok(())
}

fn digest(path: &Path) -> Result<String> {
    let mut file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let mut hashing = Hashing::new(io::sink());
    io::copy(&mut file, &mut hashing)?;
    Ok(hashing.finish().1)
}
