//! Writes YAML in the style of Go's encoder (yaml.v3): four columns a level, lists indented.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;

use super::node::Node;
use super::style::{Style, style};

/// Columns of a level.
const LEVEL: usize = 4;

/// The document as text, with a line break at its end.
pub fn emit(node: &Node) -> String {
    let mut out = String::new();
    match node {
        Node::Document(text) => {
            out.push_str(text);
            if !text.ends_with('\n') {
                out.push('\n');
            }
        }
        Node::Map(entries) if !entries.is_empty() => map(&mut out, entries, 0),
        Node::List(items) if !items.is_empty() => list(&mut out, items, 0),
        scalar_node => {
            scalar(&mut out, scalar_node, Block { column: LEVEL, inset: LEVEL });
            out.push('\n');
        }
    }
    out
}

/// The next column at which a level begins.
fn deeper(column: usize) -> usize {
    (column + LEVEL) / LEVEL * LEVEL
}

fn indent(out: &mut String, column: usize) {
    out.extend(std::iter::repeat_n(' ', column));
}

/// Entries from where the cursor is; further lines begin at the column.
fn map(out: &mut String, entries: &[(String, Node)], column: usize) {
    for (index, (key, value)) in entries.iter().enumerate() {
        if index > 0 {
            indent(out, column);
        }
        text(out, key, true, Block::default());
        out.push(':');
        match value {
            Node::Map(inner) if !inner.is_empty() => {
                out.push('\n');
                indent(out, deeper(column));
                map(out, inner, deeper(column));
            }
            Node::List(items) if !items.is_empty() => {
                out.push('\n');
                indent(out, deeper(column));
                list(out, items, deeper(column));
            }
            value => {
                out.push(' ');
                let block = Block { column: deeper(column), inset: deeper(column) - column };
                scalar(out, value, block);
                out.push('\n');
            }
        }
    }
}

/// Items from where the cursor is; further lines begin at the column.
fn list(out: &mut String, items: &[Node], column: usize) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            indent(out, column);
        }
        out.push_str("- ");
        match item {
            Node::Map(entries) if !entries.is_empty() => map(out, entries, column + 2),
            Node::List(items) if !items.is_empty() => list(out, items, column + 2),
            item => {
                scalar(out, item, Block { column: column + 2, inset: 2 });
                out.push('\n');
            }
        }
    }
}

/// Where the lines of a block stand: their column, and how far that is from the column around.
#[derive(Clone, Copy, Default)]
struct Block {
    column: usize,
    inset: usize,
}

/// A scalar, or an empty collection.
fn scalar(out: &mut String, node: &Node, block: Block) {
    let written = match node {
        Node::Null => write!(out, "null"),
        Node::Bool(value) => write!(out, "{value}"),
        Node::Int(value) => write!(out, "{value}"),
        Node::Uint(value) => write!(out, "{value}"),
        Node::Float(value) => write!(out, "{}", super::number::float(*value)),
        Node::Plain(text) | Node::Document(text) => write!(out, "{text}"),
        Node::Binary(bytes) => write!(out, "!!binary {}", STANDARD.encode(bytes)),
        Node::List(_) => write!(out, "[]"),
        Node::Map(_) => write!(out, "{{}}"),
        Node::Text(value) => {
            text(out, value, false, block);
            Ok(())
        }
    };
    // Writing to a string does not fail.
    debug_assert!(written.is_ok());
}

fn text(out: &mut String, value: &str, key: bool, block: Block) {
    match style(value, key) {
        Style::Plain => out.push_str(value),
        Style::Single => {
            out.push('\'');
            out.push_str(&value.replace('\'', "''"));
            out.push('\'');
        }
        Style::Double => double_quoted(out, value),
        Style::Literal => literal(out, value, block),
    }
}

fn double_quoted(out: &mut String, value: &str) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{feff}' => out.push_str("\\uFEFF"),
            c if u32::from(c) < 0x20 || (0x7f..0xa0).contains(&u32::from(c)) => {
                out.push_str(&format!("\\x{:02X}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A block: header, then the lines. The line break after the last line is the caller's.
fn literal(out: &mut String, value: &str, block: Block) {
    out.push('|');
    if value.starts_with([' ', '\n']) {
        out.push_str(&block.inset.to_string());
    }
    let body = match value.strip_suffix('\n') {
        None => {
            out.push('-');
            value
        }
        Some(body) => {
            if body.ends_with('\n') || body.is_empty() {
                out.push('+');
            }
            body
        }
    };
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            indent(out, block.column);
            out.push_str(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, value: Node) -> (String, Node) {
        (key.to_owned(), value)
    }

    #[test]
    fn inset_are_four_columns_and_lists_are_indented() {
        let list = |items: Vec<Node>| Node::List(items);
        let inner = Node::Map(vec![
            entry("name", Node::text("a")),
            entry("tags", list(vec![Node::text("x"), Node::text("1.0")])),
            entry("none", list(vec![])),
            entry("nothing", Node::Map(vec![])),
        ]);
        let document = Node::Map(vec![
            entry("items", list(vec![inner, list(vec![Node::Int(1), Node::Null])])),
            entry("text", Node::text("one\n  two\n")),
            entry("blob", Node::Binary(vec![1, 2, 3])),
        ]);
        let expected = "\
items:
    - name: a
      tags:
        - x
        - \"1.0\"
      none: []
      nothing: {}
    - - 1
      - null
text: |
    one
      two
blob: !!binary AQID
";
        assert_eq!(emit(&document), expected);
    }

    proptest::proptest! {
        #[test]
        fn strings_read_back_as_themselves(key in "[ -~é\\n\\t]{0,12}", text in "[ -~é☃\\n\\t]{0,40}") {
            let document = Node::List(vec![Node::Map(vec![(key.clone(), Node::text(text.clone()))])]);
            let options = serde_saphyr::options! { strict_booleans: true };
            let emitted = emit(&document);
            let read: Vec<std::collections::BTreeMap<String, String>> =
                serde_saphyr::from_str_with_options(&emitted, options).map_err(|error| {
                    proptest::test_runner::TestCaseError::fail(format!("{error}\n{emitted}"))
                })?;
            proptest::prop_assert_eq!(read, [[(key, text)].into()]);
        }
    }

    #[test]
    fn blocks_keep_their_ends() {
        let emitted = |text: &str| emit(&Node::Map(vec![entry("k", Node::text(text))]));
        assert_eq!(emitted("a\nb"), "k: |-\n    a\n    b\n");
        assert_eq!(emitted("a\n\nb\n\n"), "k: |+\n    a\n\n    b\n\n");
        assert_eq!(emitted(" a\nb\n"), "k: |4\n     a\n    b\n");
        assert_eq!(emit(&Node::text("a\nb\n")), "|\n    a\n    b\n");
    }
}
