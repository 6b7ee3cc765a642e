//! Our own programs: the one that all daemons of a node are, and talosctl.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::run::run;

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Static, so that the root image needs no libraries for them.
const STATIC: &str = "-Ctarget-feature=+crt-static";

/// Where the programs are.
pub struct Programs {
    /// `machined`, `apid`, `trustd`, `networkd`.
    pub node: PathBuf,
    /// `talosctl`.
    pub talosctl: PathBuf,
}

/// Builds them with a profile of cargo; in one call, so that what they share has one set of features and is compiled
/// once.
pub fn build(root: &Path, profile: &str) -> Result<Programs> {
    let target_dir = root.join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
    eprintln!("building programs (some minutes when nothing is cached)");
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root).env("CARGO_ENCODED_RUSTFLAGS", STATIC);
    cargo.args(["build", "--quiet", "--profile", profile, "--target", TARGET, "--target-dir"]);
    cargo.arg(&target_dir).args(["--package", "node", "--package", "talosctl"]);
    cargo.args(["--bin", "node", "--bin", "talosctl"]);
    run(&mut cargo)?;
    // The one profile whose folder has another name.
    let folder = target_dir.join(TARGET).join(if profile == "dev" { "debug" } else { profile });
    Ok(Programs { node: folder.join("node"), talosctl: folder.join("talosctl") })
}
