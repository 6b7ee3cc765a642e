//! The table of the configuration contract, `crates/config/contract.tsv`: every kind, path, type,
//! choice and requirement of the published JSON Schema, one row each.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// The committed table, relative to the root of the workspace.
pub const PATH: &str = "crates/config/contract.tsv";
/// The published schema, in the folder of the contract.
const SCHEMA: &str = "config.schema.json";

/// Writes the table from the published schema in a folder.
pub fn run(root: &Path, folder: &Path) -> Result<()> {
    let path = folder.join(SCHEMA);
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let schema: Value =
        serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    let rows = rows(&schema)?;
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    fs::write(root.join(PATH), text).with_context(|| format!("writing {PATH}"))?;
    println!("{} lines written to {PATH}", rows.len());
    Ok(())
}

/// Every row of a schema: kind, path, type, requirement and choices, separated by tabs.
///
/// # Errors
/// When the schema is not a choice of documents.
pub fn rows(schema: &Value) -> Result<BTreeSet<String>> {
    let documents = schema.get("oneOf").and_then(Value::as_array).context("the schema has no oneOf")?;
    let mut rows = BTreeSet::new();
    for document in documents {
        let object = resolve(schema, document).context("a document refers to nothing")?;
        let names: Vec<&str> = match object.pointer("/properties/kind/enum").and_then(Value::as_array) {
            Some(names) => names.iter().filter_map(Value::as_str).collect(),
            None => vec!["v1alpha1"],
        };
        for name in names {
            let mut walk = Walk { schema, kind: name, rows: &mut rows };
            walk.properties(object, "");
        }
    }
    Ok(rows)
}

/// What a reference refers to, or the value itself.
fn resolve<'a>(schema: &'a Value, value: &'a Value) -> Option<&'a Value> {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => schema.pointer(reference.strip_prefix('#')?),
        None => Some(value),
    }
}

struct Walk<'a> {
    schema: &'a Value,
    kind: &'a str,
    rows: &'a mut BTreeSet<String>,
}

impl Walk<'_> {
    fn properties(&mut self, object: &Value, prefix: &str) {
        let required: Vec<&str> = object
            .get("required")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        for (key, value) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if prefix.is_empty() && matches!(key.as_str(), "apiVersion" | "kind") {
                continue;
            }
            let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            self.value(value, &path, required.contains(&key.as_str()));
        }
    }

    fn value(&mut self, value: &Value, path: &str, required: bool) {
        let Some(value) = resolve(self.schema, value) else { return };
        let choices = value.get("enum").and_then(Value::as_array).map(|words| {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            words.join(",")
        });
        let ty = type_of(value);
        let need = if required { "required" } else { "optional" };
        let choices = choices.unwrap_or_default();
        self.rows.insert(format!("{}\t{path}\t{ty}\t{need}\t{choices}", self.kind));
        if let Some(items) = value.get("items") {
            self.value(items, &format!("{path}[]"), false);
        }
        if value.get("properties").is_some() {
            self.properties(value, path);
        }
        let values = value.pointer("/patternProperties/.*").or_else(|| value.get("additionalProperties"));
        if let Some(values) = values.filter(|values| values.is_object() && values.get("oneOf").is_none()) {
            self.value(values, &format!("{path}{{}}"), false);
        }
    }
}

/// The type in one word: a choice, a union, the arguments of a command, or what JSON Schema says.
fn type_of(value: &Value) -> String {
    if value.get("enum").is_some() {
        return "choice".to_owned();
    }
    if value.pointer("/additionalProperties/oneOf").is_some() {
        return "arguments".to_owned();
    }
    if let Some(union) = value.get("oneOf").and_then(Value::as_array) {
        let words: Vec<String> = union.iter().map(type_of).collect();
        return words.join("|");
    }
    value.get("type").and_then(Value::as_str).unwrap_or("any").to_owned()
}
