//! From an encoded message to YAML.

use proto::common;
use proto::google::expr::CheckedExpr;

use super::field::{Field, Kind, Message};
use super::node::Node;
use super::wire::{self, Malformed, Value};
use super::{duration, expression, known};

/// The entries of the mapping for a message.
pub(crate) fn message(shape: &Message, bytes: &[u8]) -> Result<Vec<(String, Node)>, Malformed> {
    let fields = wire::fields(bytes)?;
    let mut entries = Vec::new();
    for field in shape.0 {
        let values: Vec<Value<'_>> =
            fields.iter().filter(|(number, _)| *number == field.number).map(|(_, value)| *value).collect();
        let node = self::field(field, &values)?;
        if field.inline {
            match node {
                Node::Map(inner) => entries.extend(inner),
                _ => return Err(Malformed),
            }
        } else if !(field.optional && (values.is_empty() || is_default(&field.kind, &node))) {
            entries.push((field.key.to_owned(), node));
        }
    }
    Ok(entries)
}

/// The node for all values of a field.
pub(crate) fn field(field: &Field, values: &[Value<'_>]) -> Result<Node, Malformed> {
    if let Kind::Map(kind) = &field.kind {
        let entries = values.iter().map(|entry| map_entry(kind, *entry)).collect::<Result<_, _>>()?;
        return Ok(Node::sorted_map(entries));
    }
    if !field.list {
        return single(&field.kind, values.last().copied());
    }
    let mut items = Vec::new();
    for value in values {
        match (value, packed(&field.kind)) {
            (Value::Bytes(bytes), Some(Packed::Varint)) => {
                for number in wire::packed_varints(bytes)? {
                    items.push(single(&field.kind, Some(Value::Varint(number)))?);
                }
            }
            (Value::Bytes(bytes), Some(Packed::Fixed64)) => {
                for number in wire::packed_fixed64(bytes)? {
                    items.push(single(&field.kind, Some(Value::Fixed64(number)))?);
                }
            }
            (value, _) => items.push(single(&field.kind, Some(*value))?),
        }
    }
    Ok(Node::List(items))
}

enum Packed {
    Varint,
    Fixed64,
}

/// How a list of this kind may be packed into one value.
fn packed(kind: &Kind) -> Option<Packed> {
    match kind {
        Kind::Bool | Kind::Int | Kind::Uint | Kind::Enum(_) | Kind::Flags(_) => Some(Packed::Varint),
        Kind::Double => Some(Packed::Fixed64),
        _ => None,
    }
}

fn map_entry(kind: &Kind, entry: Value<'_>) -> Result<(String, Node), Malformed> {
    let Value::Bytes(bytes) = entry else { return Err(Malformed) };
    let (mut key, mut value) = (String::new(), None);
    for (number, part) in wire::fields(bytes)? {
        match (number, part) {
            (1, Value::Bytes(text)) => key = utf8(text)?,
            (2, part) => value = Some(part),
            _ => {}
        }
    }
    Ok((key, single(kind, value)?))
}

/// Whether an optional field with this value is left out. What is a message is left out only when
/// it is absent, because it is a pointer to those who read it.
fn is_default(kind: &Kind, node: &Node) -> bool {
    match (kind, node) {
        (Kind::Nested(_) | Kind::PemPair | Kind::PemCertificate | Kind::PemKey, Node::Map(_)) => false,
        (Kind::Enum(texts), Node::Text(text)) => texts.value(text) == Some(0),
        (Kind::Duration, Node::Plain(text)) => text == "0s",
        (Kind::Timestamp, Node::Plain(text)) => text == known::NO_TIME,
        (_, node) => node.is_empty(),
    }
}

/// The node for one value, or for the absence of one.
fn single(kind: &Kind, value: Option<Value<'_>>) -> Result<Node, Malformed> {
    let node = match (kind, value) {
        (Kind::Bool, value) => Node::Bool(varint(value)? != 0),
        (Kind::Int, value) => Node::Int(varint(value)?.cast_signed()),
        (Kind::Uint, value) => Node::Uint(varint(value)?),
        (Kind::Double, None) => Node::Float(0.0),
        (Kind::Double, Some(Value::Fixed64(bits))) => Node::Float(f64::from_bits(bits)),
        (Kind::Double, Some(_)) => return Err(Malformed),
        (Kind::Text | Kind::TextBytes, value) => Node::Text(utf8(bytes(value)?)?),
        (Kind::Document, value) => Node::Document(utf8(bytes(value)?)?),
        (Kind::Bytes, value) => Node::Binary(bytes(value)?.to_vec()),
        (Kind::Base64, value) => Node::Text(known::base64(bytes(value)?)),
        (Kind::Mac, value) => Node::Text(known::mac(bytes(value)?)),
        (Kind::Duration, value) => {
            let span = value.map(|_| bytes(value).and_then(decode)).transpose()?.unwrap_or_default();
            Node::Plain(duration::text(&span))
        }
        (Kind::Timestamp, value) => {
            Node::Plain(known::time(value.map(|_| bytes(value).and_then(decode)).transpose()?))
        }
        (Kind::Ip, value) => Node::Text(decode::<common::NetIp>(bytes(value)?)?.to_string()),
        (Kind::IpPort, value) => Node::Text(decode::<common::NetIpPort>(bytes(value)?)?.to_string()),
        (Kind::Prefix, value) => Node::Text(decode::<common::NetIpPrefix>(bytes(value)?)?.to_string()),
        (Kind::Url, None) => Node::Null,
        (Kind::Url, value) => Node::Text(decode::<common::Url>(bytes(value)?)?.full_path),
        (Kind::PemPair | Kind::PemCertificate | Kind::PemKey, None) => Node::Null,
        (Kind::PemPair, value) => {
            let pair: common::PemEncodedCertificateAndKey = decode(bytes(value)?)?;
            known::pem(Some(&pair.crt), Some(&pair.key))
        }
        (Kind::PemCertificate, value) => {
            known::pem(Some(&decode::<common::PemEncodedCertificate>(bytes(value)?)?.crt), None)
        }
        (Kind::PemKey, value) => known::pem(None, Some(&decode::<common::PemEncodedKey>(bytes(value)?)?.key)),
        (Kind::Struct, value) => known::structure(decode(bytes(value)?)?),
        (Kind::Expression, value) => Node::Text(expression::source(&decode::<CheckedExpr>(bytes(value)?)?)),
        (Kind::Enum(texts), value) => Node::text(texts.text(number(varint(value)?))),
        (Kind::Flags(texts), value) => Node::Text(texts.flags_text(number(varint(value)?).cast_unsigned())),
        (Kind::Nested(shape), value) => Node::Map(message(shape, bytes(value)?)?),
        (Kind::Map(_), _) => return Err(Malformed),
    };
    Ok(node)
}

/// The low half of a varint: enumerations are 32 bits wide.
fn number(varint: u64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "protobuf reads 32-bit values this way")]
    let low = varint as u32;
    low.cast_signed()
}

fn varint(value: Option<Value<'_>>) -> Result<u64, Malformed> {
    match value {
        None => Ok(0),
        Some(Value::Varint(value)) => Ok(value),
        Some(_) => Err(Malformed),
    }
}

fn bytes(value: Option<Value<'_>>) -> Result<&[u8], Malformed> {
    match value {
        None => Ok(&[]),
        Some(Value::Bytes(bytes)) => Ok(bytes),
        Some(_) => Err(Malformed),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, Malformed> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Malformed)
}

fn decode<M: prost::Message + Default>(bytes: &[u8]) -> Result<M, Malformed> {
    M::decode(bytes).map_err(|_| Malformed)
}
