//! Our schema against the table of the contract, and every field of the table through the
//! decoder and back. The table is `contract.tsv`; where it comes from: docs/contract.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

use std::collections::BTreeMap;

use config::documents::{KINDS, Kind, Naming, V1ALPHA1, kind_of};
use config::effects::{effect_of, effects};
use config::schema::{Object, Type, json_schema};
use config::yaml::{Node, Path, write};
use config::{Config, DecodeOptions};
use serde_json::Value;

const TABLE: &str = include_str!("../contract.tsv");

/// Rows where the published schema says something else than the decoder that it describes: the
/// prose of the contract (os.md 1.3) is followed, which these texts name.
const DIFFERENCES: [(&str, &str, &str); 3] = [
    ("v1alpha1", "machine.acceptedCAs", "a list of certificates, not one"),
    ("v1alpha1", "machine.acceptedCAs.crt", "a list of certificates, not one"),
    ("v1alpha1", "machine.logging.destinations[].endpoint", "a URL, not a mapping"),
];

struct Row<'a> {
    kind: &'a str,
    path: &'a str,
    ty: &'a str,
    required: bool,
    choices: Vec<&'a str>,
}

fn rows() -> Vec<Row<'static>> {
    let row = |line: &'static str| {
        let parts: Vec<_> = line.split('\t').collect();
        let [kind, path, ty, need, choices] = parts.as_slice() else { panic!("{line}") };
        let choices = choices.split(',').filter(|word| !word.is_empty());
        // One cipher has a comma in its name.
        let choices = if path.ends_with("cipher") { Vec::new() } else { choices.collect() };
        Row { kind, path, ty, required: *need == "required", choices }
    };
    TABLE.lines().map(row).collect()
}

/// What our schema says about a path: its types and choices, and whether it is required.
#[derive(Debug, Default, Clone)]
struct Said {
    types: Vec<String>,
    choices: Vec<String>,
    required: bool,
}

fn flatten(schema: &Value) -> BTreeMap<(String, String), Said> {
    let mut said = BTreeMap::new();
    for document in schema["oneOf"].as_array().unwrap() {
        let object = resolve(schema, document);
        let names = match object.pointer("/properties/kind/enum") {
            Some(names) => names.as_array().unwrap().iter().map(|n| n.as_str().unwrap().to_owned()).collect(),
            None => vec!["v1alpha1".to_owned()],
        };
        for name in names {
            properties(schema, object, &name, "", &mut said);
        }
    }
    said
}

fn resolve<'a>(schema: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => schema.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => value,
    }
}

fn properties(
    schema: &Value,
    object: &Value,
    kind: &str,
    prefix: &str,
    said: &mut BTreeMap<(String, String), Said>,
) {
    let required = object.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    for (key, value) in object["properties"].as_object().unwrap() {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        let required = required.iter().any(|name| name == key);
        assert!(
            !value["description"].as_str().unwrap_or_default().is_empty(),
            "{kind} {path} has no description"
        );
        walk(schema, value, kind, &path, required, said);
    }
}

fn walk(
    schema: &Value,
    value: &Value,
    kind: &str,
    path: &str,
    required: bool,
    said: &mut BTreeMap<(String, String), Said>,
) {
    let value = resolve(schema, value);
    let texts = |value: Option<&Value>| -> Vec<String> {
        let items = value.and_then(Value::as_array).cloned().unwrap_or_default();
        items.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
    };
    let union = value.get("oneOf").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut types: Vec<String> = union.iter().map(|one| one["type"].as_str().unwrap().to_owned()).collect();
    types.extend(value.get("type").and_then(Value::as_str).map(str::to_owned));
    let row = Said { types, choices: texts(value.get("enum")), required };
    said.insert((kind.to_owned(), path.to_owned()), row);
    if let Some(items) = value.get("items") {
        walk(schema, items, kind, &format!("{path}[]"), false, said);
    }
    if value.get("properties").is_some() {
        properties(schema, value, kind, path, said);
    }
    if let Some(values) = value.get("additionalProperties").filter(|values| values.is_object()) {
        if values.get("oneOf").is_some() {
            let row = said.get_mut(&(kind.to_owned(), path.to_owned())).unwrap();
            row.types = vec!["arguments".to_owned()];
        } else {
            walk(schema, values, kind, &format!("{path}{{}}"), false, said);
        }
    }
}

#[test]
fn every_path_type_choice_and_requirement_of_the_contract_is_in_our_schema() {
    let said = flatten(&json_schema());
    let mut wrong = Vec::new();
    for row in rows() {
        if DIFFERENCES.iter().any(|(kind, path, _)| (*kind, *path) == (row.kind, row.path)) {
            continue;
        }
        let Some(ours) = said.get(&(row.kind.to_owned(), row.path.to_owned())) else {
            wrong.push(format!("{} {}: missing", row.kind, row.path));
            continue;
        };
        // Choices of a list are choices of its items here.
        let items = said.get(&(row.kind.to_owned(), format!("{}[]", row.path)));
        let choices = items.filter(|_| row.ty == "choice").map_or(&ours.choices, |items| &items.choices);
        let fits = match row.ty {
            "choice" => !choices.is_empty() || items.is_some(),
            union => union.split('|').all(|ty| ours.types.iter().any(|ours| ours == ty)),
        };
        if !fits {
            wrong.push(format!("{} {}: {} here, {} there", row.kind, row.path, ours.types.join("|"), row.ty));
        }
        if !choices.is_empty() && row.choices.iter().any(|word| !choices.iter().any(|ours| ours == word)) {
            wrong.push(format!("{} {}: choices {choices:?}, not {:?}", row.kind, row.path, row.choices));
        }
        if row.required && !ours.required {
            wrong.push(format!("{} {}: not required", row.kind, row.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A value that the decoder takes for a type.
fn sample(ty: &Type) -> Node {
    match ty {
        Type::Bool => Node::from(true),
        Type::Int { min, max } => Node::from(i64::try_from((*min).max(1).min(*max)).unwrap()),
        Type::Text => Node::str("text"),
        Type::Formatted(format) => {
            let texts = [
                "10.0.0.1",
                "10.0.0.0/24",
                "10.0.0.1:80",
                "https://example.org/",
                "1h0m0s",
                "10GiB",
                "00:1a:2b:3c:4d:5e",
                "dGV4dA==",
                "main",
            ];
            Node::str(*texts.iter().find(|text| (format.check)(text)).expect(format.name))
        }
        Type::Choice(choice) => Node::str(choice.words[0]),
        Type::List(item) => Node::seq([sample(item), sample(item)]),
        Type::Map(value) => Node::map([("key", sample(value)), ("other.key/x", sample(value))]),
        Type::Object(object) => full(object),
        Type::Free => Node::map([("free", Node::seq([Node::from(1_i64), Node::str("1")]))]),
        Type::Args => {
            Node::map([("arg", Node::str("1")), ("list", Node::seq([Node::str("a"), Node::str("b")]))])
        }
        Type::IntOrText => Node::from(80_i64),
    }
}

/// An object with every field set.
fn full(object: &'static Object) -> Node {
    Node::map(object.fields().map(|field| (field.key, sample(&field.ty))))
}

fn document(kind: &Kind) -> Node {
    let mut node = Node::map([("apiVersion", Node::str("v1alpha1")), ("kind", Node::str(kind.name))]);
    for (key, value) in full(kind.object).as_map().unwrap() {
        node.as_map_mut().unwrap().insert(key.clone(), value.clone());
    }
    if let Some(peer) = node.get_mut("peer").and_then(|peer| peer.get_mut("name")) {
        *peer = Node::str("peer");
    }
    node
}

fn is_set(node: &Node, path: &str) -> bool {
    let (step, rest) = path.split_once('.').unwrap_or((path, ""));
    let (key, below) = match step.find(['[', '{']) {
        Some(at) => step.split_at(at),
        None => (step, ""),
    };
    let Some(mut node) = node.get(key) else { return false };
    for part in below.split_inclusive([']', '}']) {
        node = match part {
            "[]" => &node.as_seq().unwrap()[0],
            _ => &node.as_map().unwrap()[0],
        };
    }
    rest.is_empty() || is_set(node, rest)
}

#[test]
fn every_kind_and_field_of_the_contract_goes_through_the_decoder_and_back() {
    for kind in KINDS.iter().chain([&V1ALPHA1]) {
        let root = if kind.name == "v1alpha1" { full(kind.object) } else { document(kind) };
        let text = write(&root);
        let config =
            Config::decode("c.yaml", text.as_bytes()).unwrap_or_else(|report| panic!("{report}\n{text}"));
        assert_eq!(config.bytes(), text.as_bytes());
        let canonical = config.canonical_text();
        let again = Config::decode("c.yaml", canonical.as_bytes()).unwrap();
        assert_eq!(again.documents()[0].root, root, "{}", kind.name);
        assert_eq!(again.canonical_text(), canonical);
        for row in rows().iter().filter(|row| kind_of(row.kind).is_some_and(|known| known.name == kind.name))
        {
            assert!(is_set(&root, row.path), "{} {} is not part of the sample", row.kind, row.path);
        }
    }
}

#[test]
fn names_belong_to_kinds_that_have_them() {
    for kind in KINDS {
        let named = kind.object.field("name").is_some();
        assert_eq!(named, kind.naming == Naming::Named, "{}", kind.name);
    }
}

#[test]
fn every_kind_of_the_contract_is_known_by_the_name_that_editors_see() {
    for row in rows().iter().filter(|row| row.kind != "v1alpha1") {
        let text = format!("apiVersion: v1alpha1\nkind: {}\nname: x\n", row.kind);
        let options = DecodeOptions { patch: true, ..DecodeOptions::default() };
        let (documents, _) = config::decode_documents("c.yaml", text.as_bytes(), &options);
        assert!(documents[0].kind.is_some(), "{}", row.kind);
    }
}

#[test]
fn every_field_of_the_contract_has_an_effect() {
    let table = effects();
    let has = |kind: &str, path: &str| table.iter().any(|row| row.kind == kind && row.path == path);
    for row in rows() {
        // Items of lists and entries of mappings have the effect of the field that they are in.
        let field = row.path.trim_end_matches("[]").trim_end_matches("{}").trim_end_matches("[]");
        let known = kind_of(row.kind).map_or("v1alpha1", |kind| kind.name);
        if DIFFERENCES.iter().any(|(kind, path, _)| (*kind, *path) == (row.kind, row.path)) {
            continue;
        }
        assert!(has(known, field), "{} {}", row.kind, row.path);
    }
    for kind in KINDS {
        // What adding and removing a document does.
        assert_eq!(effect_of(Some(kind), &Path::root()), kind.effect, "{}", kind.name);
    }
}
