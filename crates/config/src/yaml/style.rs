//! How a string is written: plain where it reads back as the same string, quoted or as a
//! block where it does not. The rules are those of the emitter whose output users have in
//! their repositories, so that our files and theirs differ in nothing but content.

use super::Scalar;
use super::scalar::resolve;

/// The written form of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// Chooses the form for a value (`key` false) or a mapping key (`key` true).
pub(super) fn form_of(text: &str, key: bool) -> Form {
    let seen = Analysis::of(text);
    let wanted = if text.contains('\n') {
        Form::Literal
    } else if matches!(resolve(text), Scalar::Str) && !is_old_bool(text) && !is_base60(text) {
        Form::Plain
    } else {
        Form::DoubleQuoted
    };
    match wanted {
        Form::Literal if key || !seen.block => Form::DoubleQuoted,
        Form::Plain if seen.plain => Form::Plain,
        Form::Plain if seen.single => Form::SingleQuoted,
        Form::Plain => Form::DoubleQuoted,
        other => other,
    }
}

/// Words that YAML 1.1 readers take for booleans.
fn is_old_bool(text: &str) -> bool {
    matches!(
        text,
        "y" | "Y"
            | "yes"
            | "Yes"
            | "YES"
            | "on"
            | "On"
            | "ON"
            | "n"
            | "N"
            | "no"
            | "No"
            | "NO"
            | "off"
            | "Off"
            | "OFF"
    )
}

/// Numbers with colons, which YAML 1.1 readers take for base 60.
fn is_base60(text: &str) -> bool {
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let mut parts = whole.split(':');
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let sixty = |part: &str| match part.as_bytes() {
        [one] => one.is_ascii_digit(),
        [ten, one] => (b'0'..=b'5').contains(ten) && one.is_ascii_digit(),
        _ => false,
    };
    parts.next().is_some_and(digits) && whole.contains(':') && parts.all(sixty) && digits(fraction)
}

/// Which forms can carry a text.
struct Analysis {
    plain: bool,
    single: bool,
    block: bool,
}

impl Analysis {
    fn of(text: &str) -> Self {
        let mut indicator = text.starts_with("---") || text.starts_with("...");
        let (mut breaks, mut tab, mut special) = (false, false, false);
        let (mut space_break, mut break_space) = (false, false);
        let (mut previous_space, mut previous_break) = (false, false);
        let mut after_blank = true;
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            let before_blank = chars.peek().is_none_or(|next| is_blank(*next));
            indicator |= match c {
                '#' if first => true,
                '#' => after_blank,
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
                    first
                }
                '?' | '-' => first && before_blank,
                ':' => before_blank,
                _ => false,
            };
            tab |= c == '\t';
            // Breaks other than line feeds are not the same to every reader: they are escaped.
            special |= c != '\t' && (!is_printable(c) || c != '\n' && is_break(c));
            match c {
                ' ' => {
                    break_space |= previous_break;
                    (previous_space, previous_break) = (true, false);
                }
                _ if is_break(c) => {
                    breaks = true;
                    space_break |= previous_space;
                    (previous_space, previous_break) = (false, true);
                }
                _ => (previous_space, previous_break) = (false, false),
            }
            after_blank = is_blank(c);
            first = false;
        }
        let edge = |c: char| c == ' ' || is_break(c);
        let edges = text.starts_with(edge) || text.ends_with(edge);
        let quoted = space_break || tab || special;
        Self {
            plain: !text.is_empty() && !edges && !break_space && !quoted && !breaks && !indicator,
            single: !break_space && !quoted,
            block: !text.is_empty() && !text.ends_with(' ') && !space_break && !special,
        }
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t' || is_break(c)
}

/// Characters that may stand unescaped.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && c != '\u{feff}'
}

/// Appends the double-quoted form.
pub(super) fn write_double_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{a0}' => out.push_str("\\_"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            c if is_printable(c) => out.push(c),
            c if u32::from(c) <= 0xff => out.push_str(&format!("\\x{:02X}", u32::from(c))),
            c if u32::from(c) <= 0xffff => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    out.push('"');
}
