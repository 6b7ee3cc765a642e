//! What an unquoted scalar means: YAML 1.2 core with the older forms that machine
//! configuration in the field relies on (octal `0644`, digit underscores, timestamps as text).

/// The meaning of an unquoted scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar {
    /// Empty, `~` or `null`.
    Null,
    /// `true` or `false`; never `yes` or `on`.
    Bool(bool),
    /// An integer of 64 bits, signed or unsigned.
    Int(i128),
    /// Any other number.
    Float(f64),
    /// A date or a time. Kept as text, but a string that looks like it is written quoted.
    Timestamp,
    /// `<<`.
    Merge,
    /// Text.
    Str,
}

/// Resolves an unquoted scalar.
pub fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        "<<" => return Scalar::Merge,
        _ => {}
    }
    match text.as_bytes().first() {
        Some(b'+' | b'-' | b'.' | b'0'..=b'9') => number(text),
        _ => Scalar::Str,
    }
}

fn number(text: &str) -> Scalar {
    if is_timestamp(text) {
        return Scalar::Timestamp;
    }
    let joined;
    let plain = if text.contains('_') && !text.starts_with('.') {
        joined = text.replace('_', "");
        joined.as_str()
    } else {
        text
    };
    if let Some(value) = integer(plain) {
        return Scalar::Int(value);
    }
    if is_float(plain)
        && let Ok(value) = plain.parse::<f64>()
        && value.is_finite()
    {
        return Scalar::Float(value);
    }
    Scalar::Str
}

fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if !digits.bytes().next()?.is_ascii_alphanumeric() {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()?;
    let value = if negative { -value } else { value };
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value).then_some(value)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, written out: it runs once per number.
fn is_float(text: &str) -> bool {
    fn past_digits(text: &str) -> &str {
        text.trim_start_matches(|c: char| c.is_ascii_digit())
    }
    let number = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut rest = past_digits(number);
    let mut digits = number.len() - rest.len();
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = past_digits(fraction);
        digits += fraction.len() - rest.len();
    }
    if digits == 0 {
        return false;
    }
    match rest.strip_prefix(['e', 'E']) {
        None => rest.is_empty(),
        Some(exponent) => {
            let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            !exponent.is_empty() && past_digits(exponent).is_empty()
        }
    }
}

/// Dates and times of the forms that the reference resolver knows.
fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || !bytes.iter().take(4).all(u8::is_ascii_digit) || bytes.get(4) != Some(&b'-') {
        return false;
    }
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some((bytes.get(date.len()).copied().unwrap_or_default(), time))),
        None => (text, None),
    };
    let number = |part: &str| part.parse::<u8>().ok().filter(|_| part.len() <= 2);
    let mut parts = date.split('-').skip(1).map(number);
    let valid =
        matches!((parts.next(), parts.next(), parts.next()), (Some(Some(1..=12)), Some(Some(1..=31)), None));
    valid && time.is_none_or(|(separator, time)| is_time(separator, time))
}

fn is_time(separator: u8, text: &str) -> bool {
    let (clock, zoned) = if separator == b' ' {
        (text, true)
    } else if let Some(clock) = text.strip_suffix('Z') {
        (clock, true)
    } else if let Some((clock, zone)) = text.rsplit_once(['+', '-']) {
        (clock, zone.len() == 5 && zone.as_bytes().get(2) == Some(&b':'))
    } else {
        (text, false)
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let parts: Vec<_> = clock.split(':').collect();
    zoned
        && parts.len() == 3
        && parts.iter().all(|part| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
        && fraction.bytes().all(|b| b.is_ascii_digit())
}

/// The canonical text of a number that is not an integer.
pub(super) fn format_float(value: f64) -> String {
    if value.is_nan() {
        ".nan".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { ".inf" } else { "-.inf" }.to_owned()
    } else if value != 0.0 && !(1e-5..1e21).contains(&value.abs()) {
        let text = format!("{value:e}");
        // Two digits of exponent, with a sign, as the reference emitter writes it.
        match text.split_once('e') {
            Some((mantissa, exponent)) => match exponent.strip_prefix('-') {
                Some(digits) => format!("{mantissa}e-{digits:0>2}"),
                None => format!("{mantissa}e+{exponent:0>2}"),
            },
            None => text,
        }
    } else {
        format!("{value}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_resolve_as_existing_configuration_relies_on() {
        let table: &[(&str, Scalar)] = &[
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("null", Scalar::Null),
            ("nULL", Scalar::Str),
            ("true", Scalar::Bool(true)),
            ("yes", Scalar::Str),
            ("on", Scalar::Str),
            ("NO", Scalar::Str),
            ("0", Scalar::Int(0)),
            ("-0", Scalar::Int(0)),
            ("0o644", Scalar::Int(0o644)),
            ("0644", Scalar::Int(0o644)),
            ("08", Scalar::Float(8.0)),
            ("0x1F", Scalar::Int(31)),
            ("-0x1f", Scalar::Int(-31)),
            ("0b101", Scalar::Int(5)),
            ("1_000", Scalar::Int(1000)),
            ("+12", Scalar::Int(12)),
            ("+-12", Scalar::Str),
            ("0x", Scalar::Str),
            ("0x-1", Scalar::Str),
            ("9223372036854775807", Scalar::Int(i64::MAX as i128)),
            ("18446744073709551615", Scalar::Int(u64::MAX as i128)),
            ("18446744073709551616", Scalar::Float(18446744073709551616.0)),
            ("1.10", Scalar::Float(1.1)),
            (".5", Scalar::Float(0.5)),
            ("1.", Scalar::Float(1.0)),
            ("1e3", Scalar::Float(1000.0)),
            ("1e400", Scalar::Str),
            (".", Scalar::Str),
            ("-", Scalar::Str),
            ("1.2.3", Scalar::Str),
            ("10.5.0.2", Scalar::Str),
            ("10.5.0.0/24", Scalar::Str),
            ("fd00::1", Scalar::Str),
            ("2020-01-02", Scalar::Timestamp),
            ("2020-01-02T03:04:05Z", Scalar::Timestamp),
            ("2020-1-2 3:4:5.6", Scalar::Timestamp),
            ("2020-13-02", Scalar::Str),
            ("<<", Scalar::Merge),
            ("1s", Scalar::Str),
            ("12:30:45", Scalar::Str),
        ];
        for (text, expected) in table {
            assert_eq!(resolve(text), *expected, "{text:?}");
        }
        assert!(matches!(resolve(".nan"), Scalar::Float(value) if value.is_nan()));
    }

    #[test]
    fn floats_are_written_so_that_they_read_back() {
        for value in [0.5, 1e21, 1e-7, 123456.75, -2.5e30, 100000.0] {
            let text = format_float(value);
            let read = match resolve(&text) {
                Scalar::Float(read) => read,
                Scalar::Int(read) => read as f64,
                other => panic!("{text}: {other:?}"),
            };
            assert_eq!(read, value, "{text}");
        }
        assert_eq!(format_float(1e21), "1e+21");
    }
}
