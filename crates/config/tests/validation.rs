//! Every rule has golden files of its name: a configuration that breaks it, and below it, as
//! `#=` lines, everything that is then said. `UPDATE_GOLDEN=1` writes the answers anew.
//!
//! A rule about many fields has a file for each kind of document: `required.LinkConfig.yaml`.
//! The first line may choose another mode: `# mode: container`, `# mode: metal, on the node`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use config::schema::{Need, Object, Type};
use config::validate::{Mode, RULES, ValidateOptions};
use config::{Config, Report};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validate")
}

/// Long and meaningless parts are written as names.
fn fill(text: &str) -> String {
    let pem =
        |label: &str| STANDARD.encode(format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n"));
    text.replace("@CERT@", &pem("CERTIFICATE"))
        .replace("@KEY@", &pem("PRIVATE KEY"))
        .replace("@BIG@", &"x".repeat(300 << 10))
}

fn options(text: &str) -> ValidateOptions {
    let line = text.lines().next().and_then(|line| line.strip_prefix("# mode: ")).unwrap_or("metal");
    let (mode, place) = line.split_once(", ").unwrap_or((line, ""));
    let mode = Mode::parse(mode).expect("a known mode");
    if place == "on the node" { ValidateOptions::on_node(mode) } else { ValidateOptions::local(mode) }
}

fn report(text: &str) -> Report {
    Config::review("c.yaml", fill(text).as_bytes(), &options(text)).report
}

/// The rule that a file shows: `required.LinkConfig.yaml` is one of several for `required`.
fn rule_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().split('.').next().unwrap().to_owned()
}

fn lines(report: &Report) -> String {
    report.problems().iter().map(|p| format!("#= [{}] {p}\n", p.rule)).collect()
}

#[test]
fn every_rule_has_a_golden_file_that_shows_it() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut missing: BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let rule = rule_of(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        let split = text.find("#= ").unwrap_or(text.len());
        let (input, expected) = text.split_at(split);
        let report = report(input);
        let found = lines(&report);
        assert!(RULES.iter().any(|known| known.name == rule), "{rule} is not in the table of rules");
        for problem in report.problems() {
            let known = RULES.iter().find(|known| known.name == problem.rule);
            assert_eq!(
                known.map(|known| known.severity),
                Some(problem.severity),
                "{} in {rule}",
                problem.rule
            );
        }
        if !report.problems().iter().any(|problem| problem.rule == rule) {
            wrong.push(format!("{rule}: the rule is not broken\n{found}"));
        }
        missing.remove(rule.as_str());
        if found != expected {
            if update {
                std::fs::write(&path, format!("{input}{found}")).unwrap();
            } else {
                wrong.push(format!("{rule}: expected\n{expected}found\n{found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(missing.is_empty(), "no golden file for {missing:?}");
}

#[test]
fn strictness_is_only_about_the_v1alpha1_document() {
    let text = "machine:\n  type: join\n  ca: {crt: @CERT@}\ncluster: {}\n---\n\
                apiVersion: v1alpha1\nkind: BondConfig\nname: b\nlinks: [a]\nbondMode: 802.3ad\n";
    let config = Config::decode("c.yaml", fill(text).as_bytes()).unwrap();
    let mut options = ValidateOptions::local(Mode::Metal);
    let report = config.validate(&options);
    assert!(!report.has_errors(), "{report}");
    assert_eq!(report.warnings().count(), 4);
    options.strict = true;
    let report = config.validate(&options);
    assert_eq!(report.errors().count(), 1, "{report}");
    assert_eq!(report.warnings().count(), 3);
}

#[test]
fn what_only_metal_needs_is_not_asked_of_others() {
    let text = "machine:\n  type: worker\n  ca: {crt: @CERT@}\n  install: {}\ncluster: {}\n";
    let config = Config::decode("c.yaml", fill(text).as_bytes()).unwrap();
    assert!(config.validate(&ValidateOptions::local(Mode::Metal)).has_errors());
    for mode in [Mode::Cloud, Mode::MetalAgent] {
        assert!(!config.validate(&ValidateOptions::local(mode)).has_errors(), "{mode}");
    }
}

#[test]
fn every_superseded_section_conflicts_with_its_document() {
    for kind in config::documents::KINDS {
        for section in kind.supersedes {
            let mut root = config::yaml::Node::empty_map();
            let mut node = &mut root;
            let keys: Vec<_> = section.split('.').collect();
            for (position, key) in keys.iter().enumerate() {
                let value = if position + 1 == keys.len() {
                    config::yaml::Node::str("x")
                } else {
                    config::yaml::Node::empty_map()
                };
                node = node.as_map_mut().unwrap().entry((*key).to_owned()).or_insert(value);
            }
            let text = format!(
                "{}---\napiVersion: v1alpha1\nkind: {}\nname: x\n",
                config::yaml::write(&root),
                kind.name
            );
            let config = Config::decode_lenient("c.yaml", text.as_bytes()).unwrap();
            let report = config.validate(&ValidateOptions::local(Mode::Metal));
            let found = report
                .problems()
                .iter()
                .any(|p| p.rule == "v1alpha1-conflict" && p.message.contains(section));
            assert!(found, "{} and {section}: {report}", kind.name);
        }
    }
}

/// Every field that must be set, of every kind: `BondConfig links`, `LinkConfig addresses[].address`.
fn required(kind: &str, object: &'static Object, prefix: &str, found: &mut BTreeSet<String>) {
    for field in object.fields() {
        let path = format!("{prefix}{}", field.key);
        if matches!(field.need, Need::Required | Need::Enforced) {
            found.insert(format!("{kind} {path}"));
        }
        inside(kind, &field.ty, &path, found);
    }
}

fn inside(kind: &str, ty: &Type, path: &str, found: &mut BTreeSet<String>) {
    match ty {
        Type::Object(object) => required(kind, object, &format!("{path}."), found),
        Type::List(item) => inside(kind, item, &format!("{path}[]"), found),
        Type::Map(value) => inside(kind, value, &format!("{path}{{}}"), found),
        _ => {}
    }
}

/// Lines of the golden files of a rule.
fn golden_lines(rule: &str) -> String {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let of_rule = files.filter(|path| rule_of(path) == rule);
    of_rule.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn every_field_that_must_be_set_is_missed_in_a_golden_file() {
    let mut fields = BTreeSet::new();
    for kind in config::documents::KINDS {
        required(kind.name, kind.object, "", &mut fields);
    }
    // Some have a rule of their own, which is said beside this one.
    let lines = golden_lines("required").replace("[0]", "[]");
    fields.retain(|field| {
        let (kind, path) = field.split_once(' ').unwrap();
        // Names are missing where the label has none.
        !lines.lines().any(|line| {
            let label = line.split_once("error: ").map_or("", |(_, rest)| rest.split(':').next().unwrap());
            label.split(' ').next() == Some(kind) && line.ends_with(&format!(": {path}: this is required"))
        })
    });
    assert!(fields.is_empty(), "no golden file for {fields:#?}");
}

#[test]
fn every_superseded_section_and_every_kind_that_workers_must_not_have_is_in_a_golden_file() {
    let (conflicts, workers) =
        (golden_lines("v1alpha1-conflict"), golden_lines("worker-control-plane-document"));
    for kind in config::documents::KINDS {
        for section in kind.supersedes {
            let line = format!("error: {}", kind.name);
            let found =
                conflicts.lines().any(|text| text.contains(&line) && text.contains(&format!("{section} of")));
            assert!(found, "{} {section}", kind.name);
        }
        let line = format!("{} documents are for control planes only", kind.name);
        assert_eq!(workers.contains(&line), kind.control_plane_only, "{}", kind.name);
    }
}
