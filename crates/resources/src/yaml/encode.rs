//! From YAML to an encoded message.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint};
use proto::common;
use serde_json::{Map, Value};

use super::field::{Field, Kind, Message};
use super::{duration, expression};

/// A value that is not what its key takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub(crate) struct Wrong {
    path: String,
    problem: String,
}

impl Wrong {
    fn new(problem: impl Into<String>) -> Self {
        Wrong { path: String::new(), problem: problem.into() }
    }

    /// The same problem, seen from one level further out.
    fn under(mut self, key: &str) -> Self {
        let separator = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{key}{separator}{}", self.path);
        self
    }
}

/// The message for a mapping.
pub(crate) fn message(shape: &Message, value: &Value) -> Result<Vec<u8>, Wrong> {
    let mut out = Vec::new();
    let entries = mapping(value)?;
    for key in entries.keys() {
        if !known(shape, key) {
            let keys: Vec<&str> = keys(shape).collect();
            return Err(
                Wrong::new(format!("this key is unknown; known here are {}", keys.join(", "))).under(key)
            );
        }
    }
    fields(shape, entries, &mut out)?;
    Ok(out)
}

/// Appends the fields of a mapping that may hold the keys of an outer message too.
fn fields(shape: &Message, entries: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), Wrong> {
    for field in shape.0 {
        match (&field.kind, field.inline) {
            (Kind::Nested(inner), true) => {
                let mut nested = Vec::new();
                fields(inner, entries, &mut nested)?;
                if !nested.is_empty() {
                    put_bytes(out, field.number, &nested);
                }
            }
            (_, true) => self::field(field, &Value::Object(entries.clone()), out)?,
            (_, false) => {
                if let Some(value) = entries.get(field.key) {
                    self::field(field, value, out).map_err(|wrong| wrong.under(field.key))?;
                }
            }
        }
    }
    Ok(())
}

/// Every key of a mapping for a message.
fn keys(shape: &Message) -> Box<dyn Iterator<Item = &'static str>> {
    Box::new(shape.0.iter().flat_map(|field| match (&field.kind, field.inline) {
        (Kind::Nested(inner), true) => keys(inner),
        _ => Box::new(std::iter::once(field.key)),
    }))
}

/// Whether a mapping for a message may have a key: any, where a mapping of anything stands inline.
fn known(shape: &Message, key: &str) -> bool {
    shape.0.iter().any(|field| match (&field.kind, field.inline) {
        (Kind::Nested(inner), true) => known(inner, key),
        (_, inline) => inline || field.key == key,
    })
}

/// Appends a field; `null` is the absence of a value.
pub(crate) fn field(field: &Field, value: &Value, out: &mut Vec<u8>) -> Result<(), Wrong> {
    if value.is_null() {
        return Ok(());
    }
    match &field.kind {
        Kind::Map(kind) => {
            for (key, value) in mapping(value)? {
                let mut entry = Vec::new();
                put_bytes(&mut entry, 1, key.as_bytes());
                single(kind, 2, value, &mut entry).map_err(|wrong| wrong.under(key))?;
                put_bytes(out, field.number, &entry);
            }
            Ok(())
        }
        kind if field.list => {
            let items = value.as_array().ok_or_else(|| Wrong::new("this has to be a list"))?;
            for (index, item) in items.iter().enumerate() {
                single(kind, field.number, item, out).map_err(|wrong| wrong.under(&format!("[{index}]")))?;
            }
            Ok(())
        }
        kind => single(kind, field.number, value, out),
    }
}

/// Appends one value of a field.
fn single(kind: &Kind, number: u32, value: &Value, out: &mut Vec<u8>) -> Result<(), Wrong> {
    match kind {
        // How the absence of an address is shown.
        Kind::Ip | Kind::IpPort | Kind::Prefix if value.as_str() == Some("") => {}
        Kind::Bool => {
            let value = value.as_bool().ok_or_else(|| Wrong::new("this has to be true or false"))?;
            put_varint(out, number, u64::from(value));
        }
        Kind::Int => {
            let value = value.as_i64().ok_or_else(|| Wrong::new("this has to be a whole number"))?;
            put_varint(out, number, value.cast_unsigned());
        }
        Kind::Uint => {
            let value =
                value.as_u64().ok_or_else(|| Wrong::new("this has to be a whole number from 0 on"))?;
            put_varint(out, number, value);
        }
        Kind::Double => {
            let value = value.as_f64().ok_or_else(|| Wrong::new("this has to be a number"))?;
            encode_key(number, WireType::SixtyFourBit, out);
            out.extend(value.to_bits().to_le_bytes());
        }
        Kind::Text | Kind::TextBytes | Kind::Document => put_bytes(out, number, text(value)?.as_bytes()),
        Kind::Bytes | Kind::Base64 => put_bytes(out, number, &base64(value)?),
        Kind::Mac => put_bytes(out, number, &mac(&text(value)?)?),
        Kind::Duration => {
            let text = text(value)?;
            let span = duration::parse(&text)
                .ok_or_else(|| Wrong::new(format!("{text:?} is not a duration such as 1m30s")))?;
            put_bytes(out, number, &span.encode_to_vec());
        }
        Kind::Timestamp => {
            let time: prost_types::Timestamp = parsed(&text(value)?, "a time such as 2006-01-02T15:04:05Z")?;
            put_bytes(out, number, &time.encode_to_vec());
        }
        Kind::Ip => {
            put_bytes(out, number, &parsed::<common::NetIp>(&text(value)?, "an address")?.encode_to_vec())
        }
        Kind::IpPort => {
            let address: common::NetIpPort = parsed(&text(value)?, "an address with a port")?;
            put_bytes(out, number, &address.encode_to_vec());
        }
        Kind::Prefix => {
            let prefix: common::NetIpPrefix = parsed(&text(value)?, "a prefix such as 10.0.0.0/8")?;
            put_bytes(out, number, &prefix.encode_to_vec());
        }
        Kind::Url => put_bytes(out, number, &common::Url::from(text(value)?).encode_to_vec()),
        Kind::PemPair => {
            let (crt, key) = (pem(value, "crt")?, pem(value, "key")?);
            put_bytes(out, number, &common::PemEncodedCertificateAndKey { crt, key }.encode_to_vec());
        }
        Kind::PemCertificate => {
            let crt = pem(value, "crt")?;
            put_bytes(out, number, &common::PemEncodedCertificate { crt }.encode_to_vec());
        }
        Kind::PemKey => {
            let key = pem(value, "key")?;
            put_bytes(out, number, &common::PemEncodedKey { key }.encode_to_vec());
        }
        Kind::Struct => put_bytes(out, number, &structure(mapping(value)?).encode_to_vec()),
        Kind::Expression => put_bytes(out, number, &expression::from_source(&text(value)?).encode_to_vec()),
        Kind::Enum(texts) => {
            let text = text(value)?;
            let value = texts.value(&text).ok_or_else(|| unknown(&text, texts))?;
            put_varint(out, number, i64::from(value).cast_unsigned());
        }
        Kind::Flags(texts) => {
            let text = text(value)?;
            let bits = texts.flags_value(&text).map_err(|word| unknown(word, texts))?;
            put_varint(out, number, bits.into());
        }
        Kind::Nested(shape) => put_bytes(out, number, &message(shape, value)?),
        Kind::Map(_) => return Err(Wrong::new("a mapping cannot stand here")),
    }
    Ok(())
}

fn unknown(text: &str, texts: &crate::texts::Texts) -> Wrong {
    let known: Vec<&str> = texts.iter().map(|(_, text)| text).collect();
    Wrong::new(format!("{text:?} is unknown; known are {}", known.join(", ")))
}

fn put_varint(out: &mut Vec<u8>, number: u32, value: u64) {
    encode_key(number, WireType::Varint, out);
    encode_varint(value, out);
}

fn put_bytes(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn mapping(value: &Value) -> Result<&Map<String, Value>, Wrong> {
    value.as_object().ok_or_else(|| Wrong::new("this has to be a mapping"))
}

/// A string; numbers and such that were not quoted count as their text.
fn text(value: &Value) -> Result<String, Wrong> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(Wrong::new("this has to be a string")),
    }
}

fn parsed<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, Wrong> {
    text.parse().map_err(|_| Wrong::new(format!("{text:?} is not {what}")))
}

fn base64(value: &Value) -> Result<Vec<u8>, Wrong> {
    if let Value::Array(bytes) = value {
        let byte = |value: &Value| value.as_u64().and_then(|byte| u8::try_from(byte).ok());
        return bytes
            .iter()
            .map(byte)
            .collect::<Option<_>>()
            .ok_or_else(|| Wrong::new("this has to be bytes"));
    }
    let text: String = text(value)?.split_whitespace().collect();
    BASE64_STANDARD.decode(text).map_err(|_| Wrong::new("this has to be base64"))
}

fn mac(text: &str) -> Result<Vec<u8>, Wrong> {
    let byte = |pair: &str| if pair.len() == 2 { u8::from_str_radix(pair, 16).ok() } else { None };
    let bytes = text.split([':', '-']).filter(|_| !text.is_empty()).map(byte).collect::<Option<_>>();
    bytes.ok_or_else(|| Wrong::new(format!("{text:?} is not a hardware address")))
}

fn pem(value: &Value, key: &str) -> Result<Vec<u8>, Wrong> {
    mapping(value)?.get(key).map_or(Ok(Vec::new()), base64).map_err(|wrong| wrong.under(key))
}

fn structure(entries: &Map<String, Value>) -> prost_types::Struct {
    let fields = entries.iter().map(|(key, value)| (key.clone(), any(value))).collect();
    prost_types::Struct { fields }
}

fn any(value: &Value) -> prost_types::Value {
    use prost_types::value::Kind;
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(value) => Kind::BoolValue(*value),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Array(items) => {
            Kind::ListValue(prost_types::ListValue { values: items.iter().map(any).collect() })
        }
        Value::Object(entries) => Kind::StructValue(structure(entries)),
    };
    prost_types::Value { kind: Some(kind) }
}
