//! A DER writer, just large enough for certificates and signing requests.
//!
//! Certificates are assembled here because issuer names have to be copied byte for byte and one relative
//! name has to hold several organizations (the roles of a client), as Go's crypto/x509 writes it.

use std::time::SystemTime;

use crate::{Error, Result, unix_seconds};

/// Tags, with the constructed bit where the type demands it.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const UTF8_STRING: u8 = 0x0c;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
    /// The context tag `n`, constructed.
    pub(crate) const fn context(n: u8) -> u8 {
        0xa0 | n
    }
    /// The context tag `n`, primitive.
    pub(crate) const fn context_primitive(n: u8) -> u8 {
        0x80 | n
    }
}

/// One element: tag, length, content.
pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    out.push(tag);
    let len = content.len();
    if len < 0x80 {
        out.push(len as u8);
    } else {
        let bytes = len.to_be_bytes();
        let significant: Vec<u8> = bytes.iter().copied().skip_while(|b| *b == 0).collect();
        out.push(0x80 | significant.len() as u8);
        out.extend_from_slice(&significant);
    }
    out.extend_from_slice(content);
    out
}

/// A constructed element of the given parts.
pub(crate) fn nest(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(tag, &parts.concat())
}

/// A SEQUENCE of the given parts.
pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    nest(tag::SEQUENCE, parts)
}

/// A SET OF, sorted as DER demands.
pub(crate) fn set_of(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    nest(tag::SET, &parts)
}

/// An OBJECT IDENTIFIER from its encoded body.
pub(crate) fn oid(body: &[u8]) -> Vec<u8> {
    tlv(tag::OID, body)
}

/// A positive INTEGER from big-endian bytes.
pub(crate) fn positive_integer(bytes: &[u8]) -> Vec<u8> {
    let mut body: Vec<u8> = bytes.iter().copied().skip_while(|b| *b == 0).collect();
    if body.first().is_none_or(|b| b & 0x80 != 0) {
        body.insert(0, 0);
    }
    tlv(tag::INTEGER, &body)
}

/// A BIT STRING of whole bytes.
pub(crate) fn bit_string(bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(bytes.len() + 1);
    body.push(0);
    body.extend_from_slice(bytes);
    tlv(tag::BIT_STRING, &body)
}

/// A string as Go writes it: PrintableString where the characters allow it, else UTF8String.
pub(crate) fn string(text: &str) -> Vec<u8> {
    let printable = text.bytes().all(|b| b.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&b));
    tlv(if printable { tag::PRINTABLE_STRING } else { tag::UTF8_STRING }, text.as_bytes())
}

/// A point in time: UTCTime through 2049, GeneralizedTime after (RFC 5280 4.1.2.5).
pub(crate) fn time(at: SystemTime) -> Result<Vec<u8>> {
    let stamp = jiff::Timestamp::from_second(unix_seconds(at)).map_err(|_| Error::BadTime)?;
    let t = jiff::tz::Offset::UTC.to_datetime(stamp);
    let rest = format!("{:02}{:02}{:02}{:02}{:02}Z", t.month(), t.day(), t.hour(), t.minute(), t.second());
    match t.year() {
        year @ 1950..=2049 => {
            Ok(tlv(tag::UTC_TIME, format!("{:02}{rest}", i32::from(year) % 100).as_bytes()))
        }
        year @ 2050..=9999 => Ok(tlv(tag::GENERALIZED_TIME, format!("{year:04}{rest}").as_bytes())),
        _ => Err(Error::BadTime),
    }
}

/// An X.509 extension.
pub(crate) fn extension(id: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![oid(id)];
    if critical {
        parts.push(tlv(tag::BOOLEAN, &[0xff]));
    }
    parts.push(tlv(tag::OCTET_STRING, value));
    sequence(&parts)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn lengths_above_127_use_the_long_form() {
        assert_eq!(tlv(4, &[0; 127])[..2], [4, 127]);
        assert_eq!(tlv(4, &[0; 128])[..3], [4, 0x81, 128]);
        assert_eq!(tlv(4, &[0; 300])[..4], [4, 0x82, 1, 44]);
    }

    #[test]
    fn integers_are_minimal_and_positive() {
        assert_eq!(positive_integer(&[0, 0, 1]), [2, 1, 1]);
        assert_eq!(positive_integer(&[0x80]), [2, 2, 0, 0x80]);
        assert_eq!(positive_integer(&[]), [2, 1, 0]);
    }

    #[test]
    fn times_change_form_in_2050() {
        let at = |s| UNIX_EPOCH + Duration::from_secs(s);
        assert_eq!(&time(at(2_524_607_999)).unwrap()[2..], b"491231235959Z");
        assert_eq!(&time(at(2_524_608_000)).unwrap()[2..], b"20500101000000Z");
    }

    #[test]
    fn roles_are_printable_and_underscores_are_not() {
        assert_eq!(string("os:admin")[0], tag::PRINTABLE_STRING);
        assert_eq!(string("a_b")[0], tag::UTF8_STRING);
        assert_eq!(string("prüfung")[0], tag::UTF8_STRING);
    }
}
