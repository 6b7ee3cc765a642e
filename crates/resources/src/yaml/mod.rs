//! Specs as YAML and back: what `talosctl get -o yaml` prints (contract resource-yaml.md).
//!
//! Tables say how each field of each message appears; one walk over the encoded bytes does the rest,
//! so a spec need not be decoded into its type to be shown.

mod decode;
mod duration;
mod emit;
mod encode;
mod expression;
mod field;
mod forms;
mod known;
mod node;
mod number;
mod order;
mod style;
mod tables;
mod wire;

use bytes::Bytes;

use crate::resource::Spec;
use forms::{Form, form};

pub use emit::emit;
pub use expression::{from_source as expression_from_source, source as expression_source};
pub use node::Node;

/// Why a spec cannot be shown as YAML or read from it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YamlError {
    /// No table says how specs of this type look.
    #[error("resource type {0:?} is unknown: it has no form in YAML")]
    UnknownType(String),
    /// The bytes are not the message of the type.
    #[error("the spec is not a message of type {typ}: store it again")]
    Malformed {
        /// The type of the resource.
        typ: String,
    },
    /// The text is not YAML.
    #[error("the spec of type {typ} is not YAML: {problem}")]
    Syntax {
        /// The type of the resource.
        typ: String,
        /// What the parser says, with the place.
        problem: String,
    },
    /// The YAML is not a spec of the type.
    #[error("the spec of type {typ} is wrong at {problem}")]
    Shape {
        /// The type of the resource.
        typ: String,
        /// Where, and what has to be there.
        problem: String,
    },
}

/// The encoded spec of a type as a document.
pub fn to_node(typ: &str, spec: &[u8]) -> Result<Node, YamlError> {
    let malformed = |_| YamlError::Malformed { typ: typ.to_owned() };
    match form(typ).ok_or_else(|| YamlError::UnknownType(typ.to_owned()))? {
        Form::Mapping(shape) => decode::message(shape, spec).map(Node::Map).map_err(malformed),
        Form::Bare(field) => {
            let fields = wire::fields(spec).map_err(malformed)?;
            let values: Vec<_> = fields
                .iter()
                .filter(|(number, _)| *number == field.number)
                .map(|(_, value)| *value)
                .collect();
            decode::field(field, &values).map_err(malformed)
        }
    }
}

/// The encoded spec of a type as YAML text.
pub fn to_text(typ: &str, spec: &[u8]) -> Result<String, YamlError> {
    to_node(typ, spec).map(|node| emit(&node))
}

/// The encoded spec of a type from YAML text.
pub fn from_text(typ: &str, text: &str) -> Result<Bytes, YamlError> {
    let form = form(typ).ok_or_else(|| YamlError::UnknownType(typ.to_owned()))?;
    let wrong = |wrong: encode::Wrong| YamlError::Shape { typ: typ.to_owned(), problem: wrong.to_string() };
    let mut out = Vec::new();
    match form {
        Form::Bare(field) if matches!(field.kind, field::Kind::Document) => {
            encode::field(field, &serde_json::Value::String(text.to_owned()), &mut out).map_err(wrong)?;
        }
        Form::Bare(field) => encode::field(field, &parse(typ, text)?, &mut out).map_err(wrong)?,
        Form::Mapping(shape) => out = encode::message(shape, &parse(typ, text)?).map_err(wrong)?,
    }
    Ok(out.into())
}

fn parse(typ: &str, text: &str) -> Result<serde_json::Value, YamlError> {
    // As Go reads: `yes` and `on` are strings, and the text of `!!binary` is left to the field. Errors
    // do not quote the text around them, because it may hold secrets.
    let options = serde_saphyr::options! {
        strict_booleans: true,
        ignore_binary_tag_for_string: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| YamlError::Syntax { typ: typ.to_owned(), problem: error.to_string() })
}

/// A spec as YAML text.
pub fn spec_to_text<S: Spec>(spec: &S) -> Result<String, YamlError> {
    to_text(S::TYPE, &spec.encode_to_vec())
}

/// A spec from YAML text.
pub fn spec_from_text<S: Spec>(text: &str) -> Result<S, YamlError> {
    let bytes = from_text(S::TYPE, text)?;
    S::decode(bytes).map_err(|_| YamlError::Malformed { typ: S::TYPE.to_owned() })
}
