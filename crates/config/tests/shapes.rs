//! Configurations as people have them, one file a shape: each is accepted with the warnings that stand below it as
//! `#=` lines, stays what it is when it is written again or merged into itself, and shows no difference to itself.
//! The first line of a file says for which mode it is and what it shows. `UPDATE_GOLDEN=1` writes the lines anew.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

mod support;

use std::path::PathBuf;

use config::diff::{diff, text_diff};
use config::validate::{Mode, ValidateOptions};
use config::{Config, patch};
use support::fill;

fn files() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/shapes");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn mode(text: &str) -> Mode {
    let line = text.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap();
    Mode::parse(line.split(':').next().unwrap()).unwrap_or_else(|| panic!("{line}"))
}

#[test]
fn every_shape_is_accepted_with_the_warnings_that_it_names() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = Vec::new();
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let (input, expected) = text.split_at(text.find("#= ").unwrap_or(text.len()));
        let options = ValidateOptions::on_node(mode(input));
        let report = Config::review("c.yaml", fill(input).as_bytes(), &options).report;
        if report.has_errors() {
            wrong.push(format!("{}:\n{report}", path.display()));
        }
        let found: String = report.problems().iter().map(|p| format!("#= [{}] {p}\n", p.rule)).collect();
        match (found == expected, update) {
            (true, _) => {}
            (false, true) => std::fs::write(&path, format!("{input}{found}")).unwrap(),
            (false, false) => wrong.push(format!("{}: expected\n{expected}found\n{found}", path.display())),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_shape_stays_what_it_is() {
    for path in files() {
        let text = fill(&std::fs::read_to_string(&path).unwrap());
        let config = Config::decode("c.yaml", text.as_bytes()).unwrap_or_else(|report| panic!("{report}"));
        let again = Config::decode("again.yaml", config.canonical_text().as_bytes()).unwrap();
        assert!(diff(&config, &again).is_empty(), "{}", path.display());
        assert_eq!(text_diff(&config, &again), "", "{}", path.display());
        let patch = patch::load("p.yaml", text.as_bytes()).unwrap_or_else(|report| panic!("{report}"));
        let patched =
            patch::apply(&config, &[patch.clone(), patch]).unwrap_or_else(|report| panic!("{report}"));
        let changes = diff(&config, &patched.config);
        assert!(changes.is_empty(), "{}: {}", path.display(), changes[0]);
        for secret in ["pears", "plum plum", "mk-0123456789"] {
            assert!(!config.redacted_text().contains(secret), "{}", path.display());
        }
    }
}
