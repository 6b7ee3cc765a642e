//! Refreshes the pins of the Debian packages from apt's signed index.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use toml_edit::{ArrayOfTables, DocumentMut, Item, value};

use super::run::output;

/// Rewrites version and sha256 of each `[[debian]]` entry; the rest of the file stays as it is.
pub fn rewrite(path: &Path) -> Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let mut document: DocumentMut = text.parse()?;
    let packages = document
        .get_mut("debian")
        .and_then(Item::as_array_of_tables_mut)
        .context("components.toml has no [[debian]] entries")?;
    refresh(packages, |name| output(Command::new("apt-cache").args(["show", "--no-all-versions", name])))?;
    std::fs::write(path, document.to_string()).with_context(|| format!("write {}", path.display()))
}

fn refresh(packages: &mut ArrayOfTables, show: impl Fn(&str) -> Result<String>) -> Result<()> {
    for package in packages.iter_mut() {
        let name =
            package.get("name").and_then(Item::as_str).context("a [[debian]] entry has no name")?.to_owned();
        let record = show(&name).with_context(|| format!("Debian package {name}; run `apt-get update`?"))?;
        for (key, field) in [("version", "Version: "), ("sha256", "SHA256: ")] {
            let found = record.lines().find_map(|line| line.strip_prefix(field));
            let found = found.with_context(|| format!("apt's record of {name} has no line `{field}`"))?;
            package.insert(key, value(found));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_change_and_comments_stay() {
        let text = "# about\n[[debian]]\nname = \"a\" # why\nversion = \"1\"\nsha256 = \"x\"\n";
        let mut document: DocumentMut = text.parse().unwrap();
        let packages = document["debian"].as_array_of_tables_mut().unwrap();
        refresh(packages, |name| Ok(format!("Package: {name}\nVersion: 2\nSHA256: y\n"))).unwrap();
        let expected = text.replace("\"1\"", "\"2\"").replace("\"x\"", "\"y\"");
        assert_eq!(document.to_string(), expected);
    }
}
