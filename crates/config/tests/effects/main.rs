//! The table of effects is true: what it calls carried out is followed from the configuration through the accessor that
//! reads it to the module that is named, in the source of the programs of a node.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

mod accessors;
mod fields;
mod resources;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use config::Config;
use config::documents::{KINDS, V1ALPHA1};
use config::effects::{When, effects, row_of, rows};
use config::validate::Mode;

use accessors::{ACCESSORS, identifiers};
use fields::{Case, Fields, STYLES, Variant};
use sources::{Sources, is_word};

/// A field that shows in what accessors say: which ones, with the names of their fields that differ.
type Readers = BTreeMap<&'static str, BTreeSet<String>>;

/// The accessors that answer differently when a field is set differently, for every field.
fn readers() -> &'static [(Case, Readers)] {
    static READERS: OnceLock<Vec<(Case, Readers)>> = OnceLock::new();
    READERS.get_or_init(|| {
        let tell = |config: &Config| ACCESSORS.map(|(_, tell)| tell(config));
        let without = tell(&fields::machine());
        let mut all = Vec::new();
        for kind in KINDS.iter().chain([&V1ALPHA1]) {
            // What every accessor says of whole documents; those that never notice one are not asked again.
            let whole: Vec<_> =
                (0..STYLES).map(|number| fields::whole(kind, number).map(|c| tell(&c))).collect();
            let notices = |at: usize| {
                kind.name == V1ALPHA1.name || whole.iter().flatten().any(|told| told[at] != without[at])
            };
            let asked: Vec<usize> = (0..ACCESSORS.len()).filter(|at| notices(*at)).collect();
            for case in Fields::of(kind) {
                let readers = readers_of(&case, &asked, &whole);
                all.push((case, readers));
            }
        }
        assert!(all.len() > 700, "{}", all.len());
        all
    })
}

fn readers_of(case: &Case, asked: &[usize], whole: &[Option<[String; ACCESSORS.len()]>]) -> Readers {
    let mut readers = Readers::new();
    for (number, whole) in whole.iter().enumerate() {
        let full = whole.as_ref().filter(|_| case.is_full(number));
        let before = case.build(number, Variant::First).filter(|_| full.is_none());
        for variant in [Variant::Second, Variant::Absent] {
            let Some(after) = case.build(number, variant) else { continue };
            for at in asked {
                let (name, tell) = ACCESSORS[*at];
                let old = match (full, &before) {
                    (Some(told), _) => told[*at].clone(),
                    (None, Some(before)) => tell(before),
                    (None, None) => continue,
                };
                let new = tell(&after);
                if old != new {
                    readers.entry(name).or_default().extend(identifiers(&old, &new));
                }
            }
            if !readers.is_empty() {
                return readers;
            }
        }
    }
    readers
}

#[test]
fn every_kind_and_field_has_a_row() {
    for kind in KINDS {
        let whole = rows().filter(|row| row.kinds.contains(&kind.name) && row.path.is_empty());
        assert_eq!(whole.count(), 1, "{}: one row for the whole of it", kind.name);
    }
    let sections = ["", "machine", "cluster", "machine.network", "machine.features", "cluster.network"];
    assert!(!rows().any(|row| row.kinds.contains(&V1ALPHA1.name) && sections.contains(&row.path)));
    // What is only the way to fields is no field.
    let all = effects();
    let leads_on = |kind: &str, path: &str| {
        all.iter().any(|row| row.kind == kind && row.path.starts_with(&format!("{path}.")))
    };
    for field in &all {
        let row = row_of(field.kind, &field.path);
        assert!(row.is_some() || leads_on(field.kind, &field.path), "{} {}", field.kind, field.path);
    }
}

#[test]
fn every_row_is_about_something_that_there_is_and_the_only_one_about_it() {
    let all = effects();
    let mut seen = BTreeSet::new();
    for row in rows() {
        assert!(!row.by.is_empty() || row.without.is_some(), "{row:?}");
        for kind in row.kinds {
            assert!(seen.insert((*kind, row.path)), "{kind} {}: two rows", row.path);
            let known = row.path.is_empty() && KINDS.iter().any(|k| k.name == *kind);
            let there = all.iter().any(|field| field.kind == *kind && field.path == row.path);
            assert!(known || there, "{kind}: there is no {}", row.path);
        }
        if let Some(without) = &row.without {
            assert!(!without.so.ends_with('.') && !without.so.is_empty(), "{row:?}");
            // In a container nobody else could be responsible.
            assert!(row.without_in(Mode::Container).is_some());
            if let When::Only(path, _) | When::Unless(path, _) = without.when {
                let below =
                    [row.path, path].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(".");
                let there = |kind: &&&str| all.iter().any(|f| f.kind == **kind && f.path == below);
                assert!(row.kinds.iter().find(there).is_some(), "{row:?}: there is no {below}");
            }
        }
    }
}

#[test]
fn what_is_called_carried_out_is_read_on_the_way_that_is_named() {
    let sources = Sources::read();
    let mut wrong = Vec::new();
    for (case, readers) in readers() {
        let Some(row) = row_of(case.kind, &case.path).filter(|row| !row.by.is_empty()) else { continue };
        if readers.is_empty() {
            wrong.push(format!("{} {}: no accessor tells of it", case.kind, case.path));
            continue;
        }
        let text: String = row.by.iter().map(|module| sources.module(module)).collect();
        let called = |name: &str| text.contains(&format!(".{name}("));
        let read = |(name, fields): (&&str, &BTreeSet<String>)| {
            called(name) && (fields.is_empty() || fields.iter().any(|field| is_word(&text, field)))
        };
        if !readers.iter().any(read) {
            wrong.push(format!("{} {}: {:?} does not read {readers:?}", case.kind, case.path, row.by));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_way_of_several_modules_is_joined_by_a_resource() {
    let sources = Sources::read();
    for row in rows().filter(|row| row.by.len() > 1) {
        let (last, before) = row.by.split_last().unwrap();
        let resources = sources.resources(last);
        let joined = before.iter().any(|module| !sources.resources(module).is_disjoint(&resources));
        let called = before.iter().any(|module| sources.calls(module, last));
        assert!(joined || called, "{:?}: nothing leads to {last}", row.by);
    }
}

#[test]
fn what_no_kind_of_row_carries_out_is_read_by_nobody() {
    // An accessor that only tells of what has no effect, and that a program calls after all: the table is behind.
    let sources = Sources::read();
    let mut about: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut carried: BTreeSet<&str> = BTreeSet::new();
    for (case, readers) in readers() {
        let Some(row) = row_of(case.kind, &case.path) else { continue };
        for name in readers.keys().copied() {
            match row.is_without_effect() {
                true => about.entry(name).or_default().push(format!("{} {}", case.kind, case.path)),
                false => drop(carried.insert(name)),
            }
        }
    }
    // Time servers are published as resources and asked by nobody: the clock of a container is that of its host.
    carried.insert("time_sync");
    for (name, fields) in about.into_iter().filter(|(name, _)| !carried.contains(name)) {
        let callers = sources.callers(name);
        // Warnings about hardware are no effect.
        let callers: Vec<_> =
            callers.iter().filter(|file| !file.ends_with("configuration/hardware.rs")).collect();
        assert!(
            callers.is_empty(),
            "{callers:?} call {name}, yet the table says that {fields:?} have no effect"
        );
    }
}

#[test]
fn every_accessor_is_followed_and_nothing_goes_past_them() {
    let sources = Sources::read();
    let known: BTreeSet<&str> = ACCESSORS.iter().map(|(name, _)| *name).collect();
    for name in sources.accessors() {
        assert!(known.contains(name.as_str()), "add {name} to the list of accessors");
    }
    // Documents as they are: for showing them without secrets, and for a warning.
    let allowed = ["machined/src/access/network_only.rs", "machined/src/configuration/hardware.rs"];
    for (file, text) in sources.programs() {
        let around = [".get::<", ".all::<"].iter().any(|call| {
            text.match_indices(call).any(|(at, _)| text[at + call.len()..].starts_with("config::documents"))
        });
        let documents = [".of_kind(", ".documents()", ".v1alpha1()", ".v1alpha1_root("];
        let whole = documents.iter().any(|call| text.contains(call));
        assert!(
            !(around || whole) || allowed.contains(&file.as_str()),
            "{file} reads documents past the accessors"
        );
    }
}

#[test]
fn the_page_of_what_has_an_effect_is_that_of_the_table() {
    let path = sources::root().join("docs/compatibility.md");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == config::effects::page(),
        "docs/compatibility.md is out of date: run cargo xtask compatibility"
    );
}
