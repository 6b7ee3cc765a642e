//! The Debian packages of the data file, fetched with apt, checked, and unpacked into one tree.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

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
///
/// # Errors
/// When a pinned version is not served any more, unless `allow_unpinned`: then the served one is taken.
pub fn unpack(places: &Places, manifest: &Manifest, allow_unpinned: bool) -> Result<()> {
    let inputs = Inputs::new().text(&format!("{:?}", manifest.debian));
    let stamp = Stamp::new(&places.debian, "tree", inputs);
    if stamp.holds() {
        return Ok(());
    }
    let store = places.debian.join("packages");
    std::fs::create_dir_all(&store).with_context(|| format!("create {}", store.display()))?;
    stamp.clear()?;

    fetch_together(&store, &manifest.debian)?;
    let files = manifest
        .debian
        .iter()
        .map(|package| {
            fetch(&store, package, allow_unpinned).with_context(|| format!("Debian package {}", package.name))
        })
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

fn place(store: &Path, package: &Package) -> PathBuf {
    store.join(format!("{}_{}.deb", package.name, package.version.replace(':', "%3a")))
}

/// One call for all that is missing is much faster than one call each. What
/// goes wrong here goes wrong again, with its reason, when each is looked at.
fn fetch_together(store: &Path, packages: &[Package]) -> Result<()> {
    let missing: Vec<_> = packages.iter().filter(|package| !place(store, package).exists()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let folder = tempfile::tempdir_in(store)?;
    let wanted = missing.iter().map(|package| format!("{}={}", package.name, package.version));
    let served = apt_get_download(folder.path()).args(wanted).output()?.status.success();
    for file in std::fs::read_dir(folder.path())?.filter(|_| served) {
        let file = file?;
        let name = file.file_name();
        let package = missing.iter().find(|package| {
            let prefix = format!("{}_{}_", package.name, package.version.replace(':', "%3a"));
            name.to_string_lossy().starts_with(&prefix)
        });
        if let Some(package) = package {
            std::fs::rename(file.path(), place(store, package))?;
        }
    }
    Ok(())
}

fn apt_get_download(folder: &Path) -> Command {
    let mut command = Command::new("apt-get");
    command.args(["download", "-q", "-o", "APT::Sandbox::User=root"]).current_dir(folder);
    command
}

fn fetch(store: &Path, package: &Package, allow_unpinned: bool) -> Result<PathBuf> {
    let path = place(store, package);
    if path.exists() && digest(&path)? == package.sha256 {
        return Ok(path);
    }
    let pinned = format!("{}={}", package.name, package.version);
    if let Err(error) = download(store, &pinned, &path).or_else(|_| {
        refresh_index();
        download(store, &pinned, &path)
    }) {
        if !allow_unpinned {
            return Err(error.context(format!(
                "version {} is pinned but not served: refresh the pins with `cargo xtask image --repin`, or take what \
                 is served with `--allow-unpinned` (make: ALLOW_UNPINNED=1)",
                package.version
            )));
        }
        eprintln!(
            "warning: {} {} is pinned but not served ({error:#}); taking the version that is served",
            package.name, package.version
        );
        download(store, &package.name, &path)?;
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
    output(apt_get_download(folder.path()).arg(what))?;
    let file = std::fs::read_dir(folder.path())?.next().context("apt-get downloaded nothing")??;
    std::fs::rename(file.path(), path)?;
    Ok(())
}

/// An index that is too old names files that the mirror no longer has. One source
/// of many may fail to answer: the next download tells whether it was the needed one.
fn refresh_index() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Err(error) = output(Command::new("apt-get").args(["update", "-q"])) {
            eprintln!("warning: {error:#}");
        }
    });
}

fn digest(path: &Path) -> Result<String> {
    let mut file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let mut hashing = Hashing::new(io::sink());
    io::copy(&mut file, &mut hashing)?;
    Ok(hashing.finish().1)
}
