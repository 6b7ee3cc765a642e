//! `cargo xtask compatibility`: the page of what has an effect, from the table that the program is held to.

use std::path::Path;

use anyhow::Context;

/// The page, from the root of the workspace.
pub const PAGE: &str = "docs/compatibility.md";

/// Writes the page, or with `check` only says whether it is up to date; false when it is not.
pub fn run(root: &Path, check: bool) -> anyhow::Result<bool> {
    let (path, page) = (root.join(PAGE), config::effects::page());
    if std::fs::read_to_string(&path).is_ok_and(|committed| committed == page) {
        return Ok(true);
    }
    if check {
        eprintln!("{PAGE} is out of date: run cargo xtask compatibility");
        return Ok(false);
    }
    std::fs::write(&path, page).with_context(|| format!("cannot write {PAGE}"))?;
    Ok(true)
}
