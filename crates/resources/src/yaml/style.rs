//! How a string has to be written so that a YAML reader takes it for that string: the choices of
//! Go's encoder (yaml.v3), which is what clients of the API have always seen.

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Single,
    Double,
    /// A block that keeps its line breaks.
    Literal,
}

/// The style of a string; a key has to stay on its line.
pub(crate) fn style(text: &str, key: bool) -> Style {
    let facts = Facts::of(text);
    if text.contains('\n') {
        return if facts.block && !key { Style::Literal } else { Style::Double };
    }
    if is_other_type(text) {
        return Style::Double;
    }
    match (facts.plain, facts.single) {
        (true, _) => Style::Plain,
        (false, true) => Style::Single,
        (false, false) => Style::Double,
    }
}

/// In which styles the characters of a string can be written at all.
struct Facts {
    plain: bool,
    single: bool,
    block: bool,
}

impl Facts {
    fn of(text: &str) -> Facts {
        let mut facts = Facts { plain: !text.is_empty(), single: true, block: !text.ends_with(' ') };
        if text.starts_with("---") || text.starts_with("...") {
            facts.plain = false;
        }
        if text.starts_with([' ', '\n']) || text.ends_with([' ', '\n']) {
            facts.plain = false;
        }
        let mut previous = None;
        let mut characters = text.chars().peekable();
        while let Some(c) = characters.next() {
            let blank_follows = characters.peek().is_none_or(|next| matches!(next, ' ' | '\t' | '\n' | '\r'));
            if is_indicator(c, previous, blank_follows) {
                facts.plain = false;
            }
            match (previous, c) {
                (_, '\t') => (facts.plain, facts.single) = (false, false),
                (Some('\n'), ' ') => (facts.plain, facts.single) = (false, false),
                (Some(' '), '\n') => facts = Facts { plain: false, single: false, block: false },
                (_, '\n') => facts.plain = false,
                (_, c) if !is_printable(c) => facts = Facts { plain: false, single: false, block: false },
                _ => {}
            }
            previous = Some(c);
        }
        facts
    }
}

/// Whether a character would end or change a plain scalar in a block.
fn is_indicator(c: char, previous: Option<char>, blank_follows: bool) -> bool {
    match (previous, c) {
        (
            None,
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`',
        ) => true,
        (None, '?' | '-') => blank_follows,
        (_, ':') => blank_follows,
        (Some(' ' | '\t' | '\n' | '\r'), '#') => true,
        _ => false,
    }
}

fn is_printable(c: char) -> bool {
    match c {
        '\n' | ' '..='~' => true,
        '\u{feff}' => false,
        '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' => true,
        _ => false,
    }
}

/// Whether a reader would take the text, unquoted, for something that is not a string.
fn is_other_type(text: &str) -> bool {
    const WORDS: [&str; 41] = [
        "", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE", "y", "Y", "yes",
        "Yes", "YES", "n", "N", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "<<", ".nan",
        ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".",
    ];
    if text != "." && WORDS.contains(&text) {
        return true;
    }
    text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
        && (is_integer(text) || is_float(text) || is_base_60(text) || is_timestamp(text))
}

fn all(text: &str, digit: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(digit)
}

fn is_integer(text: &str) -> bool {
    let plain = text.replace('_', "");
    let digits = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    let radix = |prefix: [&str; 2], radix: u32| {
        prefix
            .iter()
            .find_map(|p| digits.strip_prefix(p))
            .is_some_and(|rest| all(rest, |c| c.is_digit(radix)))
    };
    let octal = digits.starts_with('0') && all(digits, |c| c.is_digit(8));
    let decimal = digits == "0" || (!digits.starts_with('0') && all(digits, |c| c.is_ascii_digit()));
    octal || decimal || radix(["0x", "0X"], 16) || radix(["0o", "0O"], 8) || radix(["0b", "0B"], 2)
}

fn is_float(text: &str) -> bool {
    let plain = text.replace('_', "");
    let number = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (number, None),
    };
    let digit = |c: char| c.is_ascii_digit();
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => all(fraction, digit),
        Some((whole, fraction)) => all(whole, digit) && fraction.chars().all(digit),
        None => all(mantissa, digit),
    };
    mantissa_fits && exponent.is_none_or(|e| all(e.strip_prefix(['+', '-']).unwrap_or(e), digit))
}

/// Numbers like `12:30:45`, which old readers took for numbers to the base 60.
fn is_base_60(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = digits.split(':');
    let first = parts.next().unwrap_or_default();
    let mut rest: Vec<&str> = parts.collect();
    let Some(last) = rest.pop() else { return false };
    let (last, fraction) = last.split_once('.').unwrap_or((last, ""));
    let sixty = |part: &str| {
        all(part, |c| c.is_ascii_digit()) && part.parse::<u8>().is_ok_and(|n| n < 60) && part.len() < 3
    };
    first.starts_with(|c: char| c.is_ascii_digit())
        && all(first, |c| c.is_ascii_digit() || c == '_')
        && rest.iter().all(|part| sixty(part))
        && sixty(last)
        && fraction.chars().all(|c| c.is_ascii_digit() || c == '_')
}

/// A date, or a date and a time.
fn is_timestamp(text: &str) -> bool {
    let mut fields = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (fields.next(), fields.next(), fields.next()) else {
        return false;
    };
    let (day, time) = match rest.find(['T', 't', ' ']) {
        Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at..)),
        None => (rest, None),
    };
    let within = |part: &str, low: u8, high: u8| {
        (1..=2).contains(&part.len())
            && all(part, |c| c.is_ascii_digit())
            && part.parse().is_ok_and(|number: u8| (low..=high).contains(&number))
    };
    let date =
        year.len() == 4 && all(year, |c| c.is_ascii_digit()) && within(month, 1, 12) && within(day, 1, 31);
    date && time.is_none_or(|time| is_time(time, within))
}

/// `T10:00:00Z`, `t10:00:00.5+01:00` or ` 10:00:00`.
fn is_time(text: &str, within: impl Fn(&str, u8, u8) -> bool) -> bool {
    let (separator, clock) = text.split_at_checked(1).unwrap_or((text, ""));
    let zoned = separator != " ";
    let (clock, zone) = match clock.find(['Z', '+', '-']) {
        Some(at) => clock.split_at_checked(at).unwrap_or((clock, "")),
        None => (clock, ""),
    };
    let zone_fits = match zone.strip_prefix(['+', '-']) {
        Some(offset) => offset.split_once(':').is_some_and(|(h, m)| within(h, 0, 23) && within(m, 0, 59)),
        None => zone == if zoned { "Z" } else { "" },
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.split(':');
    let limits = [23, 59, 59];
    zone_fits
        && limits.iter().all(|high| parts.next().is_some_and(|part| within(part, 0, *high)))
        && parts.next().is_none()
        && all(fraction, |c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted_only_where_a_reader_would_mistake_them() {
        let table = [
            ("peer-cp", Style::Plain),
            ("10.5.0.2", Style::Plain),
            ("::1", Style::Plain),
            ("10.96.0.0/12", Style::Plain),
            ("$(POD_IP)", Style::Plain),
            ("https://10.5.0.2:6443", Style::Plain),
            ("--node-ip=10.5.0.2", Style::Plain),
            ("node \"peer-cp\" status is not available yet", Style::Plain),
            ("4e:04:d8:f7:f8:bb", Style::Plain),
            ("v1.13.9", Style::Plain),
            ("a: b", Style::Single),
            ("{.hostname}", Style::Single),
            ("- x", Style::Single),
            ("@type", Style::Single),
            (" x", Style::Single),
            ("*", Style::Single),
            ("1.0", Style::Double),
            ("", Style::Double),
            ("1", Style::Double),
            ("0x1f", Style::Double),
            ("0644", Style::Double),
            ("089", Style::Double),
            ("1e3", Style::Double),
            ("yes", Style::Double),
            ("null", Style::Double),
            ("00:00:00:00:00:00", Style::Double),
            ("2026-11-21T03:32:38Z", Style::Double),
            ("2026-11-21", Style::Double),
            ("2026-13-21", Style::Plain),
            ("a\tb", Style::Double),
            ("bell\u{7}", Style::Double),
            ("Zoë", Style::Plain),
            ("two\nlines", Style::Literal),
            ("trailing \nspace", Style::Double),
        ];
        for (text, expected) in table {
            assert_eq!(style(text, false), expected, "{text:?}");
        }
        assert_eq!(style("two\nlines", true), Style::Double);
    }
}
