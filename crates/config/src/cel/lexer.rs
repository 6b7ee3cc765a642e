//! Text to tokens.

use super::CelError;
use super::ast::Literal;

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Literal(Literal),
    Ident(String),
    Op(&'static str),
    End,
}

/// Longer operators first, so that `<=` is not read as `<`.
const OPERATORS: [&str; 25] = [
    "<=", ">=", "==", "!=", "&&", "||", "<", ">", "!", "+", "-", "*", "/", "%", "?", ":", ".", ",", "(", ")",
    "[", "]", "{", "}", ";",
];

pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, CelError> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at).copied() {
        if c.is_whitespace() {
            at += 1;
        } else if c == '/' && chars.get(at + 1) == Some(&'/') {
            while chars.get(at).is_some_and(|c| *c != '\n') {
                at += 1;
            }
        } else if let Some((token, next)) = quoted(&chars, at)? {
            tokens.push((at, token));
            at = next;
        } else if c.is_ascii_digit() || c == '.' && chars.get(at + 1).is_some_and(char::is_ascii_digit) {
            let (token, next) = number(&chars, at)?;
            tokens.push((at, token));
            at = next;
        } else if c.is_ascii_alphabetic() || c == '_' {
            let word: String =
                chars.iter().skip(at).take_while(|c| c.is_ascii_alphanumeric() || **c == '_').collect();
            let next = at + word.len();
            tokens.push((at, keyword(word)));
            at = next;
        } else {
            let rest = |op: &&&str| op.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c));
            let Some(op) = OPERATORS.iter().find(rest) else {
                return Err(CelError::new(at, format!("unexpected {c:?}")));
            };
            tokens.push((at, Token::Op(op)));
            at += op.len();
        }
    }
    tokens.push((chars.len(), Token::End));
    Ok(tokens)
}

fn keyword(word: String) -> Token {
    match word.as_str() {
        "true" => Token::Literal(Literal::Bool(true)),
        "false" => Token::Literal(Literal::Bool(false)),
        "null" => Token::Literal(Literal::Null),
        "in" => Token::Op("in"),
        _ => Token::Ident(word),
    }
}

/// A text or bytes, with its prefixes, if one starts here.
fn quoted(chars: &[char], start: usize) -> Result<Option<(Token, usize)>, CelError> {
    let (mut raw, mut bytes, mut at) = (false, false, start);
    while let Some(prefix) = chars.get(at).filter(|_| at < start + 2) {
        match prefix {
            'r' | 'R' if !raw => raw = true,
            'b' | 'B' if !bytes => bytes = true,
            _ => break,
        }
        at += 1;
    }
    let Some(quote) = chars.get(at).copied().filter(|c| matches!(c, '"' | '\'')) else {
        return Ok(None);
    };
    let triple = chars.get(at + 1) == Some(&quote) && chars.get(at + 2) == Some(&quote);
    at += if triple { 3 } else { 1 };
    let mut text = String::new();
    loop {
        let Some(c) = chars.get(at).copied() else {
            return Err(CelError::new(start, "this text is not closed"));
        };
        let closes =
            c == quote && (!triple || chars.get(at + 1) == Some(&quote) && chars.get(at + 2) == Some(&quote));
        if closes {
            at += if triple { 3 } else { 1 };
            break;
        }
        if c == '\n' && !triple {
            return Err(CelError::new(start, "this text is not closed on its line"));
        }
        if c == '\\' && !raw {
            let (escaped, next) = escape(chars, at)?;
            text.push(escaped);
            at = next;
        } else {
            text.push(c);
            at += 1;
        }
    }
    let literal = if bytes { Literal::Bytes(text.into_bytes()) } else { Literal::Text(text) };
    Ok(Some((Token::Literal(literal), at)))
}

fn escape(chars: &[char], at: usize) -> Result<(char, usize), CelError> {
    let simple = match chars.get(at + 1) {
        Some('n') => Some('\n'),
        Some('t') => Some('\t'),
        Some('r') => Some('\r'),
        Some('a') => Some('\u{7}'),
        Some('b') => Some('\u{8}'),
        Some('f') => Some('\u{c}'),
        Some('v') => Some('\u{b}'),
        Some(c @ ('\\' | '"' | '\'' | '`' | '?')) => Some(*c),
        _ => None,
    };
    if let Some(c) = simple {
        return Ok((c, at + 2));
    }
    let (digits, radix, skip) = match chars.get(at + 1) {
        Some('x' | 'X') => (2, 16, 2),
        Some('u') => (4, 16, 2),
        Some('U') => (8, 16, 2),
        Some('0'..='3') => (3, 8, 1),
        _ => return Err(CelError::new(at, "this is not an escape that texts know")),
    };
    let text: String = chars.iter().skip(at + skip).take(digits).collect();
    let value = u32::from_str_radix(&text, radix).ok().and_then(char::from_u32);
    match value.filter(|_| text.chars().count() == digits) {
        Some(c) => Ok((c, at + skip + digits)),
        None => Err(CelError::new(at, "this escape names no character")),
    }
}

fn number(chars: &[char], start: usize) -> Result<(Token, usize), CelError> {
    let hex = chars.get(start) == Some(&'0') && matches!(chars.get(start + 1), Some('x' | 'X'));
    let mut at = if hex { start + 2 } else { start };
    let digits_from = at;
    let mut double = false;
    while let Some(c) = chars.get(at).copied() {
        let exponent_sign =
            matches!(c, '+' | '-') && matches!(chars.get(at.wrapping_sub(1)), Some('e' | 'E'));
        match c {
            c if hex && c.is_ascii_hexdigit() => {}
            c if !hex && c.is_ascii_digit() => {}
            '.' if !hex && !double && chars.get(at + 1).is_some_and(char::is_ascii_digit) => double = true,
            'e' | 'E' if !hex => double = true,
            _ if !hex && double && exponent_sign => {}
            _ => break,
        }
        at += 1;
    }
    let text: String = chars.iter().skip(digits_from).take(at - digits_from).collect();
    let wrong = || CelError::new(start, "this number is malformed or too large");
    if double {
        return Ok((Token::Literal(Literal::Double(text.parse().map_err(|_| wrong())?)), at));
    }
    let value = u64::from_str_radix(&text, if hex { 16 } else { 10 }).map_err(|_| wrong())?;
    if matches!(chars.get(at), Some('u' | 'U')) {
        return Ok((Token::Literal(Literal::Uint(value)), at + 1));
    }
    // The least integer is written with a minus in front of one that does not fit by itself.
    let value = if value == 1 << 63 { i64::MIN } else { i64::try_from(value).map_err(|_| wrong())? };
    Ok((Token::Literal(Literal::Int(value)), at))
}
