//! Which shared libraries a program of the Debian tree loads.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::run::output;

/// Where the libraries of the packages lie.
pub const LIBRARIES: &str = "/usr/lib/x86_64-linux-gnu";
/// The loader: its path is written into every dynamic program.
pub const LOADER: &str = "/lib64/ld-linux-x86-64.so.2";

/// Paths in the tree of the libraries that `program` (a path in the tree) loads; empty for a static one.
pub fn of(tree: &Path, program: &str) -> Result<BTreeSet<String>> {
    let loader = tree.join(LOADER.trim_start_matches('/'));
    let libraries = tree.join(LIBRARIES.trim_start_matches('/'));
    let file = tree.join(program.trim_start_matches('/'));
    let listed = output(
        Command::new(&loader)
            .arg("--inhibit-cache")
            .arg("--library-path")
            .arg(&libraries)
            .arg("--list")
            .arg(&file),
    );
    match listed {
        Ok(text) => {
            parse(&text, &libraries.to_string_lossy()).with_context(|| format!("libraries of {program}"))
        }
        Err(error) if error.to_string().contains("cannot") => bail!("libraries of {program}: {error}"),
        Err(_) => Ok(BTreeSet::new()),
    }
}

/// Lines are `name => path (address)`, `name => not found`, or the loader and the kernel's own object without an arrow.
fn parse(text: &str, libraries: &str) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let Some((name, rest)) = line.trim().split_once(" => ") else {
            continue;
        };
        let path = rest.split(" (").next().unwrap_or_default();
        match path.strip_prefix(libraries) {
            Some(file) => {
                found.insert(format!("{LIBRARIES}{file}"));
            }
            None if name.contains("ld-linux") => {}
            None => bail!("{name} is not in the packages of components.toml; add the package that has it"),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_of_the_tree_are_taken_and_the_kernels_is_not() {
        let text = "\tlinux-vdso.so.1 (0x00007ffc)\n\tlibm.so.6 => /t/lib/libm.so.6 (0x7f)\n\t/lib64/ld-linux-x86-64.so.2 => /t/ld (0x7f)\n";
        let found: Vec<_> = parse(text, "/t/lib").unwrap().into_iter().collect();
        assert_eq!(found, [format!("{LIBRARIES}/libm.so.6")]);
    }

    #[test]
    fn a_library_from_elsewhere_or_missing_is_refused() {
        for text in ["\tlibx.so.1 => not found\n", "\tlibx.so.1 => /usr/lib/libx.so.1 (0x7f)\n"] {
            let error = parse(text, "/t/lib").unwrap_err().to_string();
            assert!(error.starts_with("libx.so.1 is not in the packages"), "{error}");
        }
    }
}
