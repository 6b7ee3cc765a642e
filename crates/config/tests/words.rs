//! Words of which one may be chosen are read whatever their letter case, everywhere; those of bonds also as the
//! numbers that the kernel has for them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

use config::documents::{KINDS, V1ALPHA1};
use config::schema::{Object, Type};
use config::validate::{Mode, ValidateOptions};
use config::yaml::{Node, write};
use config::{Config, patch};

/// Every path of a record to words, as a function that puts a word there.
fn places(object: &'static Object, found: &mut Vec<(Vec<Key>, &'static [&'static str])>, way: &mut Vec<Key>) {
    for field in object.fields() {
        way.push(Key::Field(field.key));
        inside(&field.ty, found, way);
        way.pop();
    }
}

#[derive(Clone, Copy, Debug)]
enum Key {
    Field(&'static str),
    Item,
}

fn inside(ty: &Type, found: &mut Vec<(Vec<Key>, &'static [&'static str])>, way: &mut Vec<Key>) {
    match ty {
        Type::Choice(choice) => found.push((way.clone(), choice.words)),
        Type::Object(object) => places(object, found, way),
        Type::List(item) => {
            way.push(Key::Item);
            inside(item, found, way);
            way.pop();
        }
        Type::Map(value) => {
            way.push(Key::Field("any"));
            inside(value, found, way);
            way.pop();
        }
        _ => {}
    }
}

fn document(kind: &str, way: &[Key], word: &str) -> Node {
    let inner = way.iter().rev().fold(Node::str(word), |inner, key| match key {
        Key::Field(key) => Node::map([(*key, inner)]),
        Key::Item => Node::seq([inner]),
    });
    if kind == V1ALPHA1.name {
        return inner;
    }
    let mut root = Node::map([("apiVersion", Node::str("v1alpha1")), ("kind", Node::str(kind))]);
    root.as_map_mut().unwrap().extend(inner.as_map().unwrap().clone());
    root
}

#[test]
fn every_word_of_every_field_is_read_in_any_letter_case() {
    let mut count = 0;
    for kind in KINDS.iter().chain([&V1ALPHA1]) {
        let mut found = Vec::new();
        places(kind.object, &mut found, &mut Vec::new());
        // The version of the v1alpha1 document is what makes it one.
        found.retain(|(way, _)| !matches!(way.as_slice(), [Key::Field("version")]));
        for (way, words) in found {
            for word in words {
                let plain =
                    Config::decode("c.yaml", write(&document(kind.name, &way, word)).as_bytes()).unwrap();
                let mixed: String = word
                    .chars()
                    .enumerate()
                    .map(|(i, c)| if i % 2 == 0 { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
                    .collect();
                for other in [word.to_uppercase(), word.to_lowercase(), mixed] {
                    let text = write(&document(kind.name, &way, &other));
                    let read = Config::decode("c.yaml", text.as_bytes())
                        .unwrap_or_else(|report| panic!("{report}\n{text}"));
                    assert_eq!(read.canonical_text(), plain.canonical_text(), "{text}");
                    assert!(config::diff::diff(&plain, &read).is_empty(), "{text}");
                }
                count += 1;
            }
        }
    }
    assert!(count > 80, "{count}");
}

#[test]
fn words_of_bonds_are_read_as_numbers() {
    let numbers = [
        (
            "bondMode",
            "mode",
            [
                "balance-rr",
                "active-backup",
                "balance-xor",
                "broadcast",
                "802.3ad",
                "balance-tlb",
                "balance-alb",
            ]
            .as_slice(),
        ),
        ("xmitHashPolicy", "xmitHashPolicy", &["layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4"]),
        (
            "arpValidate",
            "arpValidate",
            &["none", "active", "backup", "all", "filter", "filter-active", "filter-backup"],
        ),
        ("arpAllTargets", "arpAllTargets", &["any", "all"]),
        ("lacpRate", "lacpRate", &["slow", "fast"]),
        ("failOverMac", "failOverMac", &["none", "active", "follow"]),
        ("adSelect", "adSelect", &["stable", "bandwidth", "count"]),
        ("adLACPActive", "", &["off", "on"]),
        ("primaryReselect", "primaryReselect", &["always", "better", "failure"]),
    ];
    for (key, section, words) in numbers {
        for (number, word) in words.iter().enumerate() {
            let document = |value: &str| {
                format!("apiVersion: v1alpha1\nkind: BondConfig\nname: b\nlinks: [x]\n{key}: {value}\n")
            };
            let decode =
                |text: String| Config::decode("c.yaml", text.as_bytes()).unwrap_or_else(|r| panic!("{r}"));
            let (number, quoted) =
                (decode(document(&number.to_string())), decode(document(&format!("'{number}'"))));
            assert_eq!(number.canonical_text(), decode(document(&format!("'{word}'"))).canonical_text());
            assert_eq!(number.canonical_text(), quoted.canonical_text());
        }
        let past = format!("apiVersion: v1alpha1\nkind: BondConfig\nname: b\n{key}: {}\n", words.len());
        assert!(Config::decode("c.yaml", past.as_bytes()).is_err(), "{past}");
        if !section.is_empty() {
            let mode = if section == "mode" { "" } else { ", mode: 0" };
            let text = format!(
                "machine: {{network: {{interfaces: [{{interface: b, bond: {{interfaces: [x], {section}: 0{mode}}}}}]}}}}\n"
            );
            let config = Config::decode("c.yaml", text.as_bytes()).unwrap();
            let report = config.validate(&ValidateOptions::local(Mode::Metal));
            assert!(!report.problems().iter().any(|p| p.rule.starts_with("bond")), "{text}{report}");
        }
    }
}

#[test]
fn a_bond_that_was_patched_twice_is_valid() {
    let base = Config::decode("c.yaml", b"machine: {type: worker}\n").unwrap();
    let patch = patch::load(
        "p",
        b"machine: {network: {interfaces: [{interface: bond0, bond: {mode: 802.3ad, interfaces: [eth0, eth1]}}]}}\n",
    )
    .unwrap();
    let patched = patch::apply(&base, &[patch.clone(), patch]).unwrap().config;
    let report = patched.validate(&ValidateOptions::local(Mode::Metal));
    assert!(!report.problems().iter().any(|p| p.rule.starts_with("interface")), "{report}");
    // A file that somebody else has patched so names its links twice; it is one bond nevertheless.
    let text = "machine: {network: {interfaces: [{interface: bond0, bond: {mode: 802.3ad, interfaces: [a, b, a, b]}}]}}\n";
    let config = Config::decode("c.yaml", text.as_bytes()).unwrap();
    let report = config.validate(&ValidateOptions::local(Mode::Metal));
    assert!(!report.problems().iter().any(|p| p.rule.starts_with("interface")), "{report}");
    let config::access::LinkKind::Bond(bond) = &config.links()[0].kind else { panic!("no bond") };
    assert_eq!(bond.members.len(), 2);
}
