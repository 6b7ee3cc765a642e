//! The JSON Schema for editors, made from the table.

use serde_json::{Map, Value, json};

use super::{Field, Need, Object, Type};
use crate::documents::{KINDS, Kind, V1ALPHA1};

/// The JSON Schema of one document of any kind.
pub fn json_schema() -> Value {
    let mut definitions = Map::new();
    let mut kinds: Vec<Value> = Vec::new();
    for kind in KINDS {
        let name = kind.name;
        let mut schema = object_schema(kind.object, &mut definitions);
        add_identity(&mut schema, kind);
        definitions.insert(format!("document.{name}"), schema);
        kinds.push(json!({ "$ref": format!("#/$defs/document.{name}") }));
    }
    let schema = object_schema(V1ALPHA1.object, &mut definitions);
    definitions.insert("document.v1alpha1".to_owned(), schema);
    kinds.push(json!({ "$ref": "#/$defs/document.v1alpha1" }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Talos Linux machine configuration",
        "$defs": definitions,
        "oneOf": kinds,
    })
}

/// Puts `apiVersion` and `kind` before the fields of a document.
fn add_identity(schema: &mut Value, kind: &Kind) {
    let names: Vec<&str> = std::iter::once(kind.name).chain(kind.aliases.iter().copied()).collect();
    let Some(schema) = schema.as_object_mut() else { return };
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let fields = std::mem::take(properties);
        properties.insert(
            "apiVersion".to_owned(),
            json!({ "enum": ["v1alpha1"], "description": "The version of the kind." }),
        );
        properties
            .insert("kind".to_owned(), json!({ "enum": names, "description": "The kind of the document." }));
        properties.extend(fields);
    }
    let required = schema.entry("required").or_insert_with(|| json!([]));
    if let Some(required) = required.as_array_mut() {
        required.splice(0..0, [json!("apiVersion"), json!("kind")]);
    }
}

fn object_schema(object: &'static Object, definitions: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    let mut required: Vec<Value> = Vec::new();
    for field in object.fields() {
        properties.insert(field.key.to_owned(), field_schema(field, definitions));
        if matches!(field.need, Need::Required | Need::Advised) {
            required.push(field.key.into());
        }
    }
    let mut schema = json!({
        "type": "object",
        "description": object.doc.trim(),
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty()
        && let Some(schema) = schema.as_object_mut()
    {
        schema.insert("required".to_owned(), required.into());
    }
    schema
}

fn field_schema(field: &Field, definitions: &mut Map<String, Value>) -> Value {
    let mut schema = type_schema(&field.ty, definitions);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), field.doc.trim().into());
        if field.deprecated {
            schema.insert("deprecated".to_owned(), true.into());
        }
        if field.secret {
            schema.insert("writeOnly".to_owned(), true.into());
        }
        if let Some(example) = field.example_value() {
            schema.insert("examples".to_owned(), json!([example]));
        }
    }
    schema
}

fn type_schema(ty: &Type, definitions: &mut Map<String, Value>) -> Value {
    match ty {
        Type::Bool => json!({ "type": "boolean" }),
        Type::Int { min, max } => {
            let mut schema = json!({ "type": "integer" });
            // JSON readers lose precision past 53 bits; such bounds say nothing anyway.
            for (key, value) in [("minimum", min), ("maximum", max)] {
                if let (Ok(value), Some(schema)) = (i64::try_from(*value), schema.as_object_mut())
                    && value.unsigned_abs() < 1 << 53
                {
                    schema.insert(key.to_owned(), value.into());
                }
            }
            schema
        }
        Type::Text => json!({ "type": "string" }),
        Type::Formatted(format) => match format.pattern {
            Some(pattern) => json!({ "type": "string", "pattern": pattern }),
            None => json!({ "type": "string" }),
        },
        Type::Choice(choice) => json!({ "enum": choice.words }),
        Type::List(item) => json!({ "type": "array", "items": type_schema(item, definitions) }),
        Type::Map(value) => {
            json!({ "type": "object", "additionalProperties": type_schema(value, definitions) })
        }
        Type::Object(object) => {
            if !definitions.contains_key(object.name) {
                // The name is taken first, so that a record that contains itself would end too.
                definitions.insert(object.name.to_owned(), Value::Null);
                let schema = object_schema(object, definitions);
                definitions.insert(object.name.to_owned(), schema);
            }
            json!({ "$ref": format!("#/$defs/{}", object.name) })
        }
        Type::Free => json!({ "type": "object" }),
        Type::Args => json!({
            "type": "object",
            "additionalProperties": {
                "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
            },
        }),
        Type::IntOrText => json!({ "oneOf": [{ "type": "integer" }, { "type": "string" }] }),
    }
}
