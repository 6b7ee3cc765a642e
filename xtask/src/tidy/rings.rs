//! Arrows point inward only: which crate may depend on which.

use super::manifests::{TABLES, dependencies, line_of, members};
use super::{File, Finding};

const RULE: &str = "rings";

/// The rings, from the inside out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ring {
    /// Messages and stubs, nothing else.
    Wire,
    /// No runtime, no files, no sockets, no clock, no randomness.
    Pure,
    /// Ports to the outside, and what runs them.
    Runtime,
    Program,
    /// Several programs in one file.
    Bundle,
    /// Sees everything; seen by nothing but tests.
    Outer,
}

/// Which ring each crate is in.
const CRATES: [(&str, Ring); 25] = [
    ("proto", Ring::Wire),
    ("components", Ring::Pure),
    ("resources", Ring::Pure),
    ("config", Ring::Pure),
    ("pki", Ring::Pure),
    ("disk", Ring::Pure),
    ("cmdline", Ring::Pure),
    ("state", Ring::Runtime),
    ("supervisor", Ring::Runtime),
    ("sys", Ring::Runtime),
    ("rpc", Ring::Runtime),
    ("daemon", Ring::Runtime),
    ("containerd", Ring::Runtime),
    ("etcd", Ring::Runtime),
    ("health", Ring::Runtime),
    ("kubernetes", Ring::Runtime),
    ("provision", Ring::Runtime),
    ("machined", Ring::Program),
    ("apid", Ring::Program),
    ("trustd", Ring::Program),
    ("networkd", Ring::Program),
    ("installer", Ring::Program),
    ("talosctl", Ring::Program),
    ("node", Ring::Bundle),
    ("integration", Ring::Outer),
];

/// Tools of the repository: they may see what they need, nothing may see them.
const TOOLS: [&str; 1] = ["xtask"];

/// Crates, by how their names begin, that touch what pure code must not touch.
const EFFECTS: [&str; 23] = [
    "tokio",
    "tonic",
    "hyper",
    "h2",
    "tower",
    "ttrpc",
    "async-",
    "futures",
    "nix",
    "libc",
    "socket2",
    "rtnetlink",
    "netlink-",
    "getrandom",
    "rand",
    "caps",
    "landlock",
    "seccompiler",
    "figment",
    "kube",
    "tempfile",
    "walkdir",
    "tracing-subscriber",
];

fn ring_of(name: &str) -> Option<Ring> {
    CRATES.iter().find(|(candidate, _)| *candidate == name).map(|(_, ring)| *ring)
}

/// Dependencies that point outward, and pure crates with effects.
pub fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, manifest) in members(files) {
        let Some(name) = manifest.get("package").and_then(|package| package.get("name")?.as_str()) else {
            continue;
        };
        let mut find = |line: usize, message: String| {
            findings.push(Finding { path: file.path.clone(), line, rule: RULE, message });
        };
        if TOOLS.contains(&name) {
            continue;
        }
        let Some(ring) = ring_of(name) else {
            find(1, format!("{name} is in no ring: say in which, in xtask/src/tidy/rings.rs"));
            continue;
        };
        for table in TABLES.into_iter().filter(|table| *table != "dev-dependencies") {
            for (dependency, _) in dependencies(&manifest, table) {
                let ours = ring_of(dependency).is_some() || TOOLS.contains(&dependency);
                let problem =
                    if ours { between(name, ring, dependency) } else { effect(name, ring, dependency) };
                if let Some(problem) = problem {
                    find(line_of(file, dependency), problem);
                }
            }
        }
    }
    findings
}

/// What is wrong with a dependency on a crate of ours.
fn between(name: &str, ring: Ring, dependency: &str) -> Option<String> {
    if TOOLS.contains(&dependency) {
        return Some(format!("{dependency} is a tool of the repository: nothing depends on it"));
    }
    let other = ring_of(dependency)?;
    match (ring, other) {
        (Ring::Outer, _) => None,
        (_, Ring::Outer) => Some(format!("{dependency} is for tests: make it a dev-dependency")),
        (Ring::Program, Ring::Program) => {
            Some(format!("{name} and {dependency} are programs: what both need belongs into crates/"))
        }
        _ if other > ring => Some(format!(
            "{dependency} is in an outer ring ({other:?}), {name} is in {ring:?}: turn the arrow round"
        )),
        _ => None,
    }
}

/// What is wrong with a dependency on a crate of others.
fn effect(name: &str, ring: Ring, dependency: &str) -> Option<String> {
    let touches = ring == Ring::Pure && EFFECTS.iter().any(|effect| dependency.starts_with(effect));
    touches.then(|| format!("{name} is pure and {dependency} has effects: take what it gives as an argument"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, dependencies: &str) -> Vec<String> {
        let text = format!("[package]\nname = \"{name}\"\n{dependencies}");
        check(&[File::new("x/Cargo.toml", &text)]).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn arrows_point_inward() {
        let depends = |on: &str| format!("[dependencies]\n{on}.workspace = true\n");
        for (name, on) in [
            ("apid", "rpc"),
            ("rpc", "pki"),
            ("resources", "proto"),
            ("integration", "machined"),
            ("node", "machined"),
        ] {
            assert_eq!(found(name, &depends(on)), [""; 0], "{name} {on}");
        }
        for (name, on) in [
            ("config", "state"),
            ("proto", "resources"),
            ("apid", "trustd"),
            ("apid", "node"),
            ("rpc", "apid"),
            ("apid", "integration"),
            ("config", "tokio-util"),
            ("machined", "xtask"),
        ] {
            assert_eq!(found(name, &depends(on)).len(), 1, "{name} {on}");
        }
    }

    #[test]
    fn tests_may_see_everything() {
        assert_eq!(
            found("config", "[dev-dependencies]\nintegration.workspace = true\ntokio.workspace = true\n"),
            [""; 0]
        );
    }

    #[test]
    fn a_new_crate_needs_a_ring() {
        assert_eq!(found("novelty", "").len(), 1);
    }
}
