//! Manifests: dependencies and lints come from the workspace, which lists what is used, and there is one TLS provider.

use std::collections::BTreeSet;

use toml_edit::{DocumentMut, Item};

use super::{File, Finding};

const RULE: &str = "manifest";

/// Crates that would be a second TLS provider or bring one.
const FORBIDDEN: [&str; 5] = ["ring", "openssl", "openssl-sys", "native-tls", "boring"];

/// The crate whose lints allow unsafe code; Cargo cannot inherit lints and change one.
const HOME_OF_UNSAFE: &str = "crates/sys/";

/// The tables of a manifest that list dependencies.
pub const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// The manifests of the members of the workspace, parsed; what does not parse, Cargo reports.
pub fn members(files: &[File]) -> impl Iterator<Item = (&File, DocumentMut)> {
    // Fuzz targets are workspaces of their own: they need a compiler that the members do not.
    let fuzz = |file: &File| file.path.split('/').any(|part| part == "fuzz");
    let manifests = files.iter().filter(move |file| file.name() == "Cargo.toml" && !fuzz(file));
    let parsed = manifests.filter_map(|file| Some((file, file.text.parse::<DocumentMut>().ok()?)));
    parsed.filter(|(_, manifest)| manifest.contains_key("package"))
}

/// The names in a table of dependencies.
pub fn dependencies<'a>(manifest: &'a DocumentMut, table: &str) -> Vec<(&'a str, &'a Item)> {
    manifest.get(table).and_then(Item::as_table_like).map(|table| table.iter().collect()).unwrap_or_default()
}

/// The line on which a dependency is listed.
pub fn line_of(file: &File, name: &str) -> usize {
    let starts = |text: &str| {
        text.trim_start().strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
    };
    file.lines().find(|(_, text)| starts(text)).map_or(1, |(line, _)| line)
}

/// Manifests that go their own way.
pub fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, manifest) in members(files) {
        let mut find = |line: usize, message: String| {
            findings.push(Finding { path: file.path.clone(), line, rule: RULE, message });
        };
        let inherits = |item: Option<&Item>| {
            let flag = item.and_then(|item| item.get("workspace"));
            flag.and_then(Item::as_bool).unwrap_or_default()
        };
        let own_lints = file.path.starts_with(HOME_OF_UNSAFE) && manifest.contains_key("lints");
        if !own_lints && !inherits(manifest.get("lints")) {
            find(1, "the lints of the workspace apply here: [lints] workspace = true".to_owned());
        }
        for table in TABLES {
            for (name, item) in dependencies(&manifest, table) {
                if FORBIDDEN.contains(&name) {
                    find(line_of(file, name), format!("{name} is a second TLS provider: use aws-lc-rs"));
                }
                if !inherits(Some(item)) {
                    let message =
                        format!("{name} has its version in the root manifest: {name}.workspace = true");
                    find(line_of(file, name), message);
                }
            }
        }
    }
    findings.extend(unused(files));
    findings
}

/// Dependencies of the workspace that no member has.
fn unused(files: &[File]) -> Vec<Finding> {
    let root = files.iter().find(|file| file.path == "Cargo.toml");
    let parsed = root.and_then(|file| Some((file, file.text.parse::<DocumentMut>().ok()?)));
    let Some((root, manifest)) = parsed else { return Vec::new() };
    let members: Vec<(&File, DocumentMut)> = members(files).collect();
    let tables = || members.iter().flat_map(|(_, member)| TABLES.map(|table| dependencies(member, table)));
    let used: BTreeSet<&str> = tables().flatten().map(|(name, _)| name).collect();
    let listed =
        manifest.get("workspace").and_then(|workspace| workspace.get("dependencies")?.as_table_like());
    let names = listed.into_iter().flat_map(|table| table.iter()).map(|(name, _)| name);
    names
        .filter(|name| !used.contains(name))
        .map(|name| Finding {
            path: root.path.clone(),
            line: line_of(root, name),
            rule: RULE,
            message: format!("no member of the workspace uses {name}: remove it"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_takes_everything_from_the_workspace() {
        let good =
            "[package]\nname = \"a\"\n[lints]\nworkspace = true\n[dependencies]\nserde.workspace = true\n";
        assert_eq!(check(&[File::new("a/Cargo.toml", good)]), []);
        let bad = "[package]\nname = \"a\"\n[dependencies]\nserde = \"1\"\nring.workspace = true\n";
        let found: Vec<usize> =
            check(&[File::new("a/Cargo.toml", bad)]).into_iter().map(|f| f.line).collect();
        assert_eq!(found, [1, 4, 5]);
    }

    #[test]
    fn the_workspace_lists_what_a_member_uses() {
        let root = "[workspace.dependencies]\nserde = \"1\"\nserde_json = \"1\"\n";
        let member =
            "[package]\nname = \"a\"\n[lints]\nworkspace = true\n[dependencies]\nserde.workspace = true\n";
        let found = check(&[File::new("Cargo.toml", root), File::new("a/Cargo.toml", member)]);
        let found: Vec<(&str, usize)> = found.iter().map(|f| (f.path.as_str(), f.line)).collect();
        assert_eq!(found, [("Cargo.toml", 3)]);
    }
}
