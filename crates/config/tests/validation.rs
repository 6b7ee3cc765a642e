//! Every rule has golden files of its name: a configuration that breaks it, and below it, as
//! `#=` lines, everything that is then said. `UPDATE_GOLDEN=1` writes the answers anew.
//!
//! A rule about many fields has a file for each kind of document: `required.LinkConfig.yaml`.
//! The first line may choose another mode: `# mode: container`, `# mode: metal, on the node`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use config::documents::KINDS;
use config::schema::{Need, Object, Type};
use config::validate::{Mode, RULES, ValidateOptions};
use config::{Config, Report};
use support::fill;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validate")
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

/// A tree that has a value at a path, and nothing else.
fn tree(path: &str) -> config::yaml::Node {
    path.split('.')
        .rev()
        .filter(|key| !key.is_empty())
        .fold(config::yaml::Node::str("x"), |inner, key| config::yaml::Node::map([(key, inner)]))
}

/// Whether a document with a field conflicts with a section of the v1alpha1 document.
fn conflicts(kind: &str, field: &str, section: &str) -> bool {
    let own = if field.is_empty() { String::new() } else { config::yaml::write(&tree(field)) };
    let text = format!(
        "{}---\napiVersion: v1alpha1\nkind: {kind}\nname: x\n{own}",
        config::yaml::write(&tree(section))
    );
    let config = Config::decode_lenient("c.yaml", text.as_bytes()).unwrap();
    let report = config.validate(&ValidateOptions::local(Mode::Metal));
    let about = format!("{section} of the v1alpha1 document is set too");
    report.problems().iter().any(|p| p.rule == "v1alpha1-conflict" && p.message.contains(&about))
}

#[test]
fn documents_conflict_with_exactly_the_fields_that_they_set() {
    for kind in KINDS {
        for row in kind.supersedes {
            assert!(conflicts(kind.name, row.field, row.section), "{} {row:?}", kind.name);
            // With none of the others, unless they are about the same.
            for other in kind.supersedes.iter().filter(|other| !other.field.is_empty()) {
                let same = kind.supersedes.iter().any(|own| {
                    own.section == row.section && (own.field == other.field || own.field.is_empty())
                });
                assert_eq!(
                    conflicts(kind.name, other.field, row.section),
                    same,
                    "{} {} {}",
                    kind.name,
                    other.field,
                    row.section
                );
            }
        }
    }
}

#[test]
fn a_label_without_a_value_is_a_contradiction_nevertheless() {
    let text =
        "machine: {nodeLabels: {a: ''}}\n---\napiVersion: v1alpha1\nkind: KubeNodeConfig\nlabels: {b: ''}\n";
    let config = Config::decode("c.yaml", text.as_bytes()).unwrap();
    let report = config.validate(&ValidateOptions::local(Mode::Metal));
    assert!(report.problems().iter().any(|p| p.rule == "v1alpha1-conflict"), "{report}");
}

#[test]
fn a_section_that_says_nothing_is_no_contradiction() {
    for (section, kind) in [
        ("machine: {time: {}}", "TimeSyncConfig\nbootTimeout: 1m"),
        (
            "machine: {kubelet: {nodeIP: {}, extraArgs: {}}}",
            "KubeNodeConfig\nnodeIP: {validSubnets: [10.0.0.0/8]}",
        ),
        ("machine: {features: {stableHostname: false}}", "HostnameConfig\nhostname: a"),
        ("cluster: {ca: {crt: '', key: ''}}", "KubeAPIServerCAConfig"),
        ("machine: {nodeLabels: {a: b}}", "KubeNodeConfig\nlabels: {}"),
        ("cluster: {proxy: {disabled: false}}", "KubeProxyConfig\nenabled: true"),
    ] {
        let text = format!("{section}\n---\napiVersion: v1alpha1\nkind: {kind}\n");
        let config = Config::decode("c.yaml", text.as_bytes()).unwrap_or_else(|report| panic!("{report}"));
        let report = config.validate(&ValidateOptions::local(Mode::Metal));
        assert!(!report.problems().iter().any(|p| p.rule == "v1alpha1-conflict"), "{report}");
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
    for kind in KINDS {
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
fn every_kind_that_supersedes_and_every_kind_that_workers_must_not_have_is_in_a_golden_file() {
    let (conflicts, workers) =
        (golden_lines("v1alpha1-conflict"), golden_lines("worker-control-plane-document"));
    for kind in KINDS {
        let line = "[v1alpha1-conflict] c.yaml:";
        let about = |text: &str| {
            let label = text.split_once("error: ").map_or("", |(_, rest)| rest.split(':').next().unwrap());
            label.split(' ').next() == Some(kind.name)
        };
        let found = conflicts.lines().any(|text| text.contains(line) && about(text));
        // Encryption of two volumes has sections of its own.
        let supersedes = !kind.supersedes.is_empty() || kind.name == "VolumeConfig";
        assert_eq!(found, supersedes, "{}", kind.name);
        let line = format!("{} documents are for control planes only", kind.name);
        assert_eq!(workers.contains(&line), kind.control_plane_only, "{}", kind.name);
    }
}
