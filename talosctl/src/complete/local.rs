//! Values that this machine knows: the client configuration, clusters, files of patches.

use std::path::{Path, PathBuf};

use config::generate::VersionContract;
use config::talosconfig::Talosconfig;
use provision::local::{clusters_dir, list, show};

use super::Proposal;
use super::line::Line;
use crate::credentials;
use crate::global::Global;

/// The connection flags of a line.
pub(super) fn global(line: &Line<'_>) -> Global {
    let text = |id: &str| line.value(id).map(str::to_owned);
    let list = |id: &str| {
        let values = line.given.iter().filter(|(flag, _)| flag == id);
        values.flat_map(|(_, value)| value.split(',')).filter(|v| !v.is_empty()).map(str::to_owned).collect()
    };
    Global {
        talosconfig: text("talosconfig").map(PathBuf::from),
        nodes: list("nodes"),
        endpoints: list("endpoints"),
        cluster: text("cluster"),
        context: text("context"),
        siderov1_keys_dir: None,
    }
}

fn talosconfig(line: &Line<'_>) -> Talosconfig {
    credentials::open(&global(line)).map(|file| file.config).unwrap_or_default()
}

/// Contexts, with their endpoints.
pub(super) fn contexts(line: &Line<'_>) -> Vec<Proposal> {
    let config = talosconfig(line);
    let about = |name: &String, endpoints: &[String]| {
        let current = if *name == config.context { "current, " } else { "" };
        format!("{current}{}", endpoints.join(" ")).trim_end_matches(", ").to_owned()
    };
    config
        .contexts
        .iter()
        .map(|(name, context)| Proposal::new(name, about(name, &context.endpoints)))
        .collect()
}

fn selected(line: &Line<'_>, of: impl Fn(&config::talosconfig::Context) -> Vec<String>) -> Vec<Proposal> {
    let config = talosconfig(line);
    let context = config.select(line.value("context"));
    context.map(&of).unwrap_or_default().into_iter().map(|value| Proposal::new(value, "")).collect()
}

/// Endpoints of the context.
pub(super) fn endpoints(line: &Line<'_>) -> Vec<Proposal> {
    selected(line, |context| [context.endpoints.clone(), context.nodes.clone()].concat())
}

/// Nodes of the context.
pub(super) fn nodes(line: &Line<'_>) -> Vec<Proposal> {
    selected(line, |context| [context.nodes.clone(), context.endpoints.clone()].concat())
}

fn state(line: &Line<'_>) -> Option<PathBuf> {
    line.value("state").map(PathBuf::from).or_else(|| clusters_dir().ok())
}

/// Clusters on this machine.
pub(super) fn clusters(line: &Line<'_>) -> Vec<Proposal> {
    let names = state(line).and_then(|root| list(&root).ok()).unwrap_or_default();
    names.into_iter().map(|name| Proposal::new(name, "")).collect()
}

/// Nodes of the cluster that is named, by name.
pub(super) fn machines(line: &Line<'_>) -> Vec<Proposal> {
    let name = line.value("name").unwrap_or("talos-default");
    let Some(summary) = state(line).and_then(|root| show(&root, name).ok()) else { return Vec::new() };
    let nodes = summary.cluster.nodes.into_iter();
    nodes.map(|node| Proposal::new(node.name, node.address.to_string())).collect()
}

/// Versions of the system that configurations can be made for.
pub(super) fn versions() -> Vec<Proposal> {
    let texts = (0..100).map(|minor| format!("v1.{minor}"));
    let known = texts.filter(|text| VersionContract::parse(text).is_ok());
    known.map(|version| Proposal::new(version, "")).collect()
}

/// Files and folders whose name, behind `@`, begins so.
pub(super) fn patch_files(word: &str) -> Vec<Proposal> {
    let written = word.strip_prefix('@').unwrap_or(word);
    let folder = written.rfind('/').map_or("", |at| written.get(..=at).unwrap_or_default());
    let place = if folder.is_empty() { Path::new(".") } else { Path::new(folder) };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            let end = if entry.path().is_dir() { "/" } else { "" };
            found.push(Proposal::new(format!("@{folder}{name}{end}"), ""));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_patches_are_proposed_behind_the_sign() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.yaml"), "").unwrap();
        std::fs::create_dir(dir.path().join("b")).unwrap();
        let word = format!("@{}/", dir.path().display());
        let mut found: Vec<String> = patch_files(&word).into_iter().map(|p| p.value).collect();
        found.sort();
        assert_eq!(found, [format!("{word}a.yaml"), format!("{word}b/")]);
    }
}
