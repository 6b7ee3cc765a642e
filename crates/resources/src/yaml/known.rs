//! Values that have a form of their own in YAML: times, hardware addresses, PEM, any mapping.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use prost_types::value::Kind;

use super::node::Node;

/// What Go prints for the time that is none.
pub(crate) const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// RFC 3339, with as many decimals as needed.
pub(crate) fn time(time: Option<prost_types::Timestamp>) -> String {
    let Some(time) = time else { return NO_TIME.to_owned() };
    let text = time.to_string();
    match text.strip_suffix('Z').and_then(|text| text.split_once('.')) {
        Some((whole, fraction)) => {
            let fraction = fraction.trim_end_matches('0');
            if fraction.is_empty() { format!("{whole}Z") } else { format!("{whole}.{fraction}Z") }
        }
        None => text,
    }
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// Pairs of hexadecimal digits with colons.
pub(crate) fn mac(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// PEM in base64, as everywhere in the configuration.
pub(crate) fn pem(crt: Option<&[u8]>, key: Option<&[u8]>) -> Node {
    let parts = [("crt", crt), ("key", key)];
    let entries =
        parts.into_iter().filter_map(|(name, pem)| Some((name.to_owned(), Node::Text(base64(pem?)))));
    Node::Map(entries.collect())
}

/// A mapping of anything.
pub(crate) fn structure(structure: prost_types::Struct) -> Node {
    Node::sorted_map(structure.fields.into_iter().map(|(key, value)| (key, any(value))).collect())
}

fn any(value: prost_types::Value) -> Node {
    match value.kind {
        None | Some(Kind::NullValue(_)) => Node::Null,
        Some(Kind::BoolValue(value)) => Node::Bool(value),
        Some(Kind::NumberValue(value)) => number(value),
        Some(Kind::StringValue(text)) => Node::Text(text),
        Some(Kind::ListValue(list)) => Node::List(list.values.into_iter().map(any).collect()),
        Some(Kind::StructValue(inner)) => structure(inner),
    }
}

/// Whole numbers were whole before they travelled as floating point.
fn number(value: f64) -> Node {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and within range")]
        let whole = value as i64;
        Node::Int(whole)
    } else {
        Node::Float(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_only_the_decimals_they_need() {
        let at = |seconds, nanos| time(Some(prost_types::Timestamp { seconds, nanos }));
        assert_eq!(at(1_795_231_957, 0), "2026-11-21T03:32:37Z");
        assert_eq!(at(1_795_231_957, 120_000_000), "2026-11-21T03:32:37.12Z");
        assert_eq!(time(None), NO_TIME);
    }

    #[test]
    fn hardware_addresses_are_pairs_with_colons() {
        assert_eq!(mac(&[0x4e, 0x04, 0xd8, 0xf7, 0xf8, 0xbb]), "4e:04:d8:f7:f8:bb");
        assert_eq!(mac(&[]), "");
    }
}
