//! Template text into steps.

use serde_json::Value;

use super::scan::Scanner;
use super::{Comparison, Filter, Operand, Part, Path, Step};

/// A template that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("JSONPath template {template:?} at character {at}: {why}")]
pub struct ParseError {
    pub(super) template: String,
    pub(super) at: usize,
    pub(super) why: String,
}

/// Ranges and filters within each other; more is a mistake, or an attack on the stack.
const DEEPEST: usize = 32;

pub(super) fn template(text: &str) -> Result<Vec<Part>, ParseError> {
    let mut scanner = Scanner::new(text);
    parts(&mut scanner, 0)
}

fn parts(scanner: &mut Scanner<'_>, depth: usize) -> Result<Vec<Part>, ParseError> {
    if depth > DEEPEST {
        return Err(scanner.error("ranges are nested too deeply"));
    }
    let mut parts = Vec::new();
    loop {
        let text = scanner.take_while(|c| c != '{');
        if !text.is_empty() {
            parts.push(Part::Text(text.to_owned()));
        }
        if scanner.at_end() {
            return if depth == 0 { Ok(parts) } else { Err(scanner.error("{end} is missing")) };
        }
        scanner.next();
        scanner.blanks();
        if is_word(scanner, "end") {
            scanner.take("end");
            close(scanner)?;
            return if depth > 0 { Ok(parts) } else { Err(scanner.error("{end} without {range}")) };
        }
        if is_word(scanner, "range") {
            scanner.take("range");
            scanner.blanks();
            let over = path(scanner, 0)?;
            close(scanner)?;
            parts.push(Part::Range(over, self::parts(scanner, depth + 1)?));
        } else if matches!(scanner.peek(), Some('"' | '\'')) {
            parts.push(Part::Text(scanner.quoted()?));
            close(scanner)?;
        } else {
            parts.push(Part::Path(path(scanner, 0)?));
            close(scanner)?;
        }
    }
}

fn is_word(scanner: &Scanner<'_>, word: &str) -> bool {
    let after = scanner.rest().strip_prefix(word);
    after.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '}', '\t']))
}

fn close(scanner: &mut Scanner<'_>) -> Result<(), ParseError> {
    scanner.blanks();
    scanner.expect("}")
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '/')
}

fn name(scanner: &mut Scanner<'_>) -> String {
    let mut name = String::new();
    loop {
        name.push_str(scanner.take_while(is_name));
        // A dot within a name is escaped.
        if !scanner.rest().starts_with("\\.") {
            return name;
        }
        scanner.take("\\.");
        name.push('.');
    }
}

fn path(scanner: &mut Scanner<'_>, depth: usize) -> Result<Path, ParseError> {
    let mut steps = Vec::new();
    let start = scanner.rest().len();
    if !(scanner.take("$") || scanner.take("@")) && scanner.peek().is_some_and(is_name) {
        steps.push(Step::Key(name(scanner)));
    }
    loop {
        if scanner.take("..") {
            steps.push(Step::Descend);
            if scanner.take("*") {
                steps.push(Step::Wildcard);
            } else if scanner.peek().is_some_and(is_name) {
                steps.push(Step::Key(name(scanner)));
            }
        } else if scanner.take(".") {
            if scanner.take("*") {
                steps.push(Step::Wildcard);
            } else if scanner.peek().is_some_and(|c| is_name(c) || c == '\\') {
                steps.push(Step::Key(name(scanner)));
            }
        } else if scanner.take("[") {
            steps.push(bracket(scanner, depth)?);
        } else if scanner.rest().len() == start {
            return Err(scanner.error("a path begins with a dot, a name or @"));
        } else {
            return Ok(Path(steps));
        }
    }
}

fn bracket(scanner: &mut Scanner<'_>, depth: usize) -> Result<Step, ParseError> {
    scanner.blanks();
    let step = match scanner.peek() {
        Some('*') => {
            scanner.next();
            Step::Wildcard
        }
        Some('?') => Step::Filter(Box::new(filter(scanner, depth)?)),
        Some('"' | '\'') => {
            let mut keys = vec![scanner.quoted()?];
            while another(scanner) {
                keys.push(scanner.quoted()?);
            }
            Step::Keys(keys)
        }
        _ => numbers(scanner)?,
    };
    scanner.blanks();
    scanner.expect("]")?;
    Ok(step)
}

fn another(scanner: &mut Scanner<'_>) -> bool {
    scanner.blanks();
    let found = scanner.take(",");
    scanner.blanks();
    found
}

fn numbers(scanner: &mut Scanner<'_>) -> Result<Step, ParseError> {
    let first = scanner.integer()?;
    if scanner.take(":") {
        let end = scanner.integer()?;
        let step = if scanner.take(":") { scanner.integer()? } else { None };
        if step.is_some_and(|step| step < 1) {
            return Err(scanner.error("a slice goes on by one at least"));
        }
        return Ok(Step::Slice { start: first, end, step });
    }
    let missing = "an index, a slice, a quoted name, * or ?( is missing";
    let mut indices = vec![first.ok_or_else(|| scanner.error(missing))?];
    while another(scanner) {
        indices.push(scanner.integer()?.ok_or_else(|| scanner.error("an index is missing"))?);
    }
    Ok(Step::Indices(indices))
}

fn filter(scanner: &mut Scanner<'_>, depth: usize) -> Result<Filter, ParseError> {
    if depth > DEEPEST {
        return Err(scanner.error("filters are nested too deeply"));
    }
    scanner.expect("?")?;
    scanner.expect("(")?;
    let left = operand(scanner, depth)?;
    let comparison = [
        ("==", Comparison::Equal),
        ("!=", Comparison::NotEqual),
        ("<=", Comparison::LessOrEqual),
        (">=", Comparison::GreaterOrEqual),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ];
    let right = match comparison.into_iter().find(|(token, _)| scanner.take(token)) {
        Some((_, comparison)) => Some((comparison, operand(scanner, depth)?)),
        None => None,
    };
    scanner.expect(")")?;
    Ok(Filter { left, right })
}

fn operand(scanner: &mut Scanner<'_>, depth: usize) -> Result<Operand, ParseError> {
    scanner.blanks();
    let operand = match scanner.peek() {
        Some('"' | '\'') => Operand::Literal(Value::String(scanner.quoted()?)),
        Some('@' | '.' | '$') => Operand::Path(path(scanner, depth + 1)?),
        _ => {
            let word = scanner.take_while(|c| is_name(c) || c == '.' || c == '+');
            let value =
                serde_json::from_str(word).ok().filter(|v: &Value| !word.is_empty() && !v.is_object());
            Operand::Literal(
                value.ok_or_else(|| scanner.error("a path, a number or a quoted text is missing"))?,
            )
        }
    };
    scanner.blanks();
    Ok(operand)
}
