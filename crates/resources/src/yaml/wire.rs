//! Reads the fields of an encoded message without knowing the message.

use prost::encoding::{WireType, decode_key, decode_varint};

/// The value of a field as it travels.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    /// No field of ours has this width.
    Fixed32,
    Bytes(&'a [u8]),
}

/// Why bytes are not a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not a protobuf message")]
pub(crate) struct Malformed;

/// Splits a message into its fields, in the order in which they come.
pub(crate) fn fields(mut bytes: &[u8]) -> Result<Vec<(u32, Value<'_>)>, Malformed> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let (number, wire_type) = decode_key(&mut bytes).map_err(|_| Malformed)?;
        let value = match wire_type {
            WireType::Varint => Value::Varint(decode_varint(&mut bytes).map_err(|_| Malformed)?),
            WireType::SixtyFourBit => {
                let (value, rest) = bytes.split_first_chunk().ok_or(Malformed)?;
                bytes = rest;
                Value::Fixed64(u64::from_le_bytes(*value))
            }
            WireType::ThirtyTwoBit => {
                bytes = bytes.get(4..).ok_or(Malformed)?;
                Value::Fixed32
            }
            WireType::LengthDelimited => {
                let length = decode_varint(&mut bytes).map_err(|_| Malformed)?;
                let length = usize::try_from(length).map_err(|_| Malformed)?;
                let (value, rest) = bytes.split_at_checked(length).ok_or(Malformed)?;
                bytes = rest;
                Value::Bytes(value)
            }
            WireType::StartGroup | WireType::EndGroup => return Err(Malformed),
        };
        fields.push((number, value));
    }
    Ok(fields)
}

/// The numbers in a packed list of varints.
pub(crate) fn packed_varints(mut bytes: &[u8]) -> Result<Vec<u64>, Malformed> {
    let mut values = Vec::new();
    while !bytes.is_empty() {
        values.push(decode_varint(&mut bytes).map_err(|_| Malformed)?);
    }
    Ok(values)
}

/// The numbers in a packed list of eight bytes each.
pub(crate) fn packed_fixed64(bytes: &[u8]) -> Result<Vec<u64>, Malformed> {
    let (chunks, []) = bytes.as_chunks::<8>() else { return Err(Malformed) };
    Ok(chunks.iter().map(|chunk| u64::from_le_bytes(*chunk)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_end_early_are_refused() {
        for wrong in [&[0x0a, 5, 1][..], &[0x08], &[0x09, 1], &[0x0b], &[0xff]] {
            assert!(fields(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(fields(&[]).unwrap().len(), 0);
    }
}
