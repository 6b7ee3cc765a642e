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

/// Builds them with a profile of cargo.
pub fn build(root: &Path, profile: &str) -> Result<Programs> {
    let target_dir = root.join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
    eprintln!("building programs (some minutes when nothing is cached)");
    Ok(Programs {
        node: program(root, profile, &target_dir, "node", &[])?,
        // At a fixed address: moving a short-lived program's tables costs it a third of its pages, and 1 ms.
        talosctl: program(root, profile, &target_dir, "talosctl", &["-C", "relocation-model=static"])?,
    })
}

/// Builds a program; `last` are flags for its own crate.
fn program(root: &Path, profile: &str, target_dir: &Path, name: &str, last: &[&str]) -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root).env("CARGO_ENCODED_RUSTFLAGS", STATIC);
    cargo.args(["rustc", "--quiet", "--profile", profile, "--target", TARGET, "--target-dir"]);
    cargo.arg(target_dir).args(["--package", name, "--bin", name, "--"]).args(last);
    run(&mut cargo)?;
    // The one profile whose folder has another name.
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(target_dir.join(TARGET).join(folder).join(name))
}
