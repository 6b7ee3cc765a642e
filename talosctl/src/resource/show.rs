//! A resource as YAML, JSON and the cells of a table (contract api.md 8.3).

use config::yaml::{Node as Yaml, read, write};
use proto::cosi::resource::meta::ResourceDefinitionSpec;
use proto::cosi::resource::{Metadata, Resource};
use serde_json::Value;

use crate::jsonpath::{ParseError, Template};
use crate::output::human::rfc3339;

/// A resource of a node, and what happened to it when it is watched.
#[derive(Debug, Clone, PartialEq)]
pub struct View<'a> {
    /// The node.
    pub node: &'a str,
    /// `created`, `updated` or `destroyed`.
    pub event: Option<&'a str>,
    /// The resource.
    pub resource: &'a Resource,
}

impl View<'_> {
    /// The YAML document, without `---`.
    pub fn yaml(&self) -> String {
        let mut text = format!("node: {}\n", scalar(self.node));
        if let Some(event) = self.event {
            text.push_str(&format!("event: {event}\n"));
        }
        let spec = self.resource.spec.as_ref().map(|spec| spec.yaml_spec.as_str()).unwrap_or_default();
        text.push_str("metadata:\n");
        text.push_str(&metadata(self.resource.metadata.as_ref().unwrap_or(&Metadata::default())));
        text.push_str(&embed("spec", spec));
        text
    }

    /// The same as a JSON value whose keys are sorted.
    pub fn json(&self) -> Value {
        sorted(decode(&self.yaml()))
    }
}

/// The spec of a resource as JSON.
pub fn spec_json(resource: &Resource) -> Value {
    resource.spec.as_ref().map(|spec| decode(&spec.yaml_spec)).unwrap_or_default()
}

/// What a YAML text says; null if it says nothing or is broken.
fn decode(text: &str) -> Value {
    let documents = read(text.as_bytes()).unwrap_or_default();
    documents.first().map(|document| document.root.to_json()).unwrap_or_default()
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// JSON, indented by four blanks.
pub fn pretty(value: &Value) -> String {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    // Writing into memory does not fail.
    let _ = serde::Serialize::serialize(value, &mut serializer);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn metadata(m: &Metadata) -> String {
    let mut text = String::new();
    let mut line = |key: &str, value: &str| {
        let blank = if value.is_empty() { "" } else { " " };
        text.push_str(&format!("    {key}:{blank}{}\n", scalar(value)));
    };
    line("namespace", &m.namespace);
    line("type", &m.r#type);
    line("id", &m.id);
    line("version", &m.version);
    line("owner", &m.owner);
    line("phase", &m.phase);
    line("created", &rfc3339(m.created.as_ref()));
    line("updated", &rfc3339(m.updated.as_ref()));
    for (name, map) in [("labels", &m.labels), ("annotations", &m.annotations)] {
        if !map.is_empty() {
            text.push_str(&format!("    {name}:\n"));
            for (key, value) in map {
                let blank = if value.is_empty() { "" } else { " " };
                text.push_str(&format!("        {}:{blank}{}\n", scalar(key), scalar(value)));
            }
        }
    }
    if !m.finalizers.is_empty() {
        text.push_str("    finalizers:\n");
        for finalizer in &m.finalizers {
            text.push_str(&format!("        - {}\n", scalar(finalizer)));
        }
    }
    text
}

/// A metadata text: as it is where YAML allows that, as existing clients print it, else quoted.
fn scalar(text: &str) -> String {
    let special = |c: char| "-?:,[]{}#&*!|>'\"%@` ".contains(c);
    let plain = !text.starts_with(special)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains(|c: char| c.is_control());
    if plain { text.to_owned() } else { write(&Yaml::str(text)).trim_end().to_owned() }
}

/// A YAML text as the value of a key, without changing how it is written.
fn embed(key: &str, text: &str) -> String {
    let text = text.trim_end_matches('\n');
    if text.is_empty() {
        return format!("{key}: {{}}\n");
    }
    let documents = read(text.as_bytes()).unwrap_or_default();
    let collection = documents.first().is_some_and(|document| document.root.is_collection());
    let block = collection && !text.trim_start().starts_with(['{', '[']);
    // The lines of a block text stand deeper than its key already.
    let deep = !block && text.lines().skip(1).all(|line| line.is_empty() || line.starts_with("    "));
    let mut result = format!("{key}:");
    for (index, line) in text.lines().enumerate() {
        match (index, block) {
            (0, false) => result.push(' '),
            _ => {
                result.push('\n');
                if !line.is_empty() && !deep {
                    result.push_str("    ");
                }
            }
        }
        result.push_str(line);
    }
    result.push('\n');
    result
}

/// The columns that a type adds to the table.
pub struct Columns(Vec<(String, Template)>);

impl Columns {
    /// Those of a type.
    ///
    /// # Errors
    /// If the node sent a path that cannot be understood.
    pub fn of(definition: &ResourceDefinitionSpec) -> Result<Self, ParseError> {
        let columns = definition.print_columns.iter();
        let parsed =
            columns.map(|column| Ok((column.name.to_uppercase(), Template::parse(&column.json_path)?)));
        parsed.collect::<Result<_, _>>().map(Self)
    }

    /// The heading; `watching` adds the column for what happened.
    pub fn heading(&self, watching: bool) -> Vec<String> {
        let mut heading = vec!["NODE".to_owned()];
        if watching {
            heading.push("*".to_owned());
        }
        heading.extend(["NAMESPACE", "TYPE", "ID", "VERSION"].map(str::to_owned));
        heading.extend(self.0.iter().map(|(name, _)| name.clone()));
        heading
    }

    /// The row of a resource.
    pub fn row(&self, definition: &ResourceDefinitionSpec, view: &View<'_>) -> Vec<String> {
        let metadata = view.resource.metadata.clone().unwrap_or_default();
        let mut row = vec![view.node.to_owned()];
        if let Some(event) = view.event {
            let sign = match event {
                "created" => "+",
                "destroyed" => "-",
                _ => " ",
            };
            row.push(sign.to_owned());
        }
        row.extend([metadata.namespace, definition.display_type.clone(), metadata.id, metadata.version]);
        let spec = spec_json(view.resource);
        row.extend(self.0.iter().map(|(_, path)| path.cell(&spec)));
        row
    }
}
