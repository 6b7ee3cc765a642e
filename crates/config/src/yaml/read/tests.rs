//! Reading: what bad input is answered, with a position and within bounds.

use super::*;
use crate::yaml::{Style, Value};

fn error(text: impl AsRef<[u8]>) -> String {
    read(text.as_ref()).unwrap_err().to_string()
}

#[test]
fn values_and_keys_carry_their_positions() {
    let documents = read(b"# c\nmachine:\n  list:\n    - \xc3\xa9: 1\n---\nb: 2\n").unwrap();
    assert_eq!(documents.len(), 2);
    let list = documents[0].root.get("machine").and_then(|machine| machine.get("list")).unwrap();
    assert_eq!(list.key.to_string(), "3:3");
    let item = &list.as_seq().unwrap()[0];
    assert_eq!(item.get("é").unwrap().span.to_string(), "4:10");
    assert_eq!(item.get("é").unwrap().key.to_string(), "4:7");
    assert_eq!((documents[0].line, documents[1].line), (2, 5));
}

#[test]
fn empty_documents_are_skipped() {
    assert!(read(b"").unwrap().is_empty());
    assert!(read(b"---\n---\n# only a comment\n---\nnull\n...\n").unwrap().is_empty());
    assert_eq!(read(b"---\n---\na: 1\n---\n").unwrap().len(), 1);
}

#[test]
fn ten_thousand_documents_are_read_and_more_than_the_limit_refused() {
    let text = "---\na: 1\n".repeat(10_000);
    assert_eq!(read(text.as_bytes()).unwrap().len(), 10_000);
    assert_eq!(error("---\na: 1\n".repeat(20_001)), "40001:1: more than 20000 documents in one stream");
}

#[test]
fn scalars_keep_the_text_that_string_fields_need() {
    let documents = read(b"version: 1.10\nmode: 0o644\nsystl: yes\nquoted: '1'\nnone: ~\n").unwrap();
    let root = &documents[0].root;
    assert_eq!(root.get("version").unwrap().as_text().unwrap(), "1.10");
    assert_eq!(root.get("mode").unwrap().as_int(), Some(0o644));
    assert_eq!(root.get("mode").unwrap().as_text().unwrap(), "0o644");
    assert_eq!(root.get("systl").unwrap().as_str(), Some("yes"));
    assert_eq!(root.get("quoted").unwrap().as_str(), Some("1"));
    assert_eq!(root.get("quoted").unwrap().style, Style::SingleQuoted);
    assert_eq!(root.get("none").unwrap().as_text(), None);
}

#[test]
fn tags_decide_types_and_must_fit() {
    let documents = read(b"a: !!str 12\nb: !!int '7'\nc: !local x\n").unwrap();
    let root = &documents[0].root;
    assert_eq!(root.get("a").unwrap().as_str(), Some("12"));
    assert_eq!(root.get("b").unwrap().as_int(), Some(7));
    assert_eq!(root.get("c").unwrap().as_str(), Some("x"));
    assert_eq!(error("a: !!int x\n"), "1:10: this value is not what its tag !!int says");
}

#[test]
fn merge_keys_add_what_is_not_set() {
    let text = b"base: &b {x: 1, y: 2}\nuse:\n  y: 3\n  <<: *b\nboth:\n  <<: [*b, {z: 4}]\n";
    let documents = read(text).unwrap();
    let used = documents[0].root.get("use").unwrap();
    assert_eq!(used.get("x").unwrap().as_int(), Some(1));
    assert_eq!(used.get("y").unwrap().as_int(), Some(3));
    assert_eq!(documents[0].root.get("both").unwrap().get("z").unwrap().as_int(), Some(4));
    assert_eq!(error("a:\n  <<: 1\n"), "2:7: a merge key (<<) takes a mapping or a list of mappings");
}

#[test]
fn duplicate_keys_are_refused_with_both_lines() {
    assert_eq!(
        error("machine:\n  type: worker\n  token: a\n  type: init\n"),
        "4:3: duplicate key \"type\": it is already set at line 2"
    );
}

#[test]
fn alias_bombs_are_refused_within_the_budget() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let previous = format!("*a{}, ", level - 1).repeat(10);
        text.push_str(&format!("a{level}: &a{level} [{previous}]\n"));
    }
    assert!(error(&text).ends_with("aliases make this document too large; write the values out"));
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), "*a, ".repeat(64));
    assert!(error(&long).ends_with("aliases make this document too large; write the values out"));
    assert!(error("a: &a [*a]\n").ends_with("this alias refers to a value that contains it"));
    assert_eq!(error("a: *b\n"), "1:4: this alias has no anchor (&name) before it in the document");
}

#[test]
fn bytes_that_are_not_text_are_refused_at_their_place() {
    assert_eq!(error(b"a: 1\nb: \xff\n"), "2:4: this byte is not UTF-8 text");
    assert_eq!(error(b"a: 1\nb: x\0y\n"), "2:5: a NUL character cannot be part of YAML");
    assert_eq!(error(b"\xff\xfea\0"), "1:1: the text is UTF-16; save it as UTF-8");
    assert!(error(b"a: \x07\n").starts_with("1:4: "));
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_fine() {
    let documents = read(b"\xef\xbb\xbfa: |\r\n  x\r\n  y\r\nb: 1\r\n").unwrap();
    assert_eq!(documents[0].root.get("a").unwrap().as_str(), Some("x\ny\n"));
    assert_eq!(documents[0].root.get("b").unwrap().span.to_string(), "4:4");
}

#[test]
fn tabs_in_indentation_are_named() {
    let message = error("machine:\n\ttype: worker\n");
    assert!(message.starts_with("2:"), "{message}");
    assert!(message.contains("a tab cannot indent YAML; use spaces"), "{message}");
}

#[test]
fn nesting_is_bounded() {
    assert!(read("[".repeat(100_000).as_bytes()).is_err());
    assert!(read(("a: [".repeat(1000)).as_bytes()).is_err());
    let block: String = (0..1000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    assert!(error(&block).starts_with("129:"), "{}", error(&block));
    let fine: String = (0..100).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    assert!(read(fine.as_bytes()).is_ok());
}

#[test]
fn huge_files_and_huge_lists_are_refused() {
    let huge = vec![b' '; 64 << 20];
    assert_eq!(
        error(&huge),
        "1:33554433: the text is 67108864 bytes long, more than the 33554432 that are read"
    );
    let limits = Limits { nodes: 1000, ..Limits::default() };
    let wide = format!("a: [{}]\n", "x, ".repeat(2000));
    let message = read_with(wide.as_bytes(), &limits).unwrap_err().to_string();
    assert!(message.ends_with("more than 1000 values in one stream"), "{message}");
}

#[test]
fn keys_must_be_text() {
    assert_eq!(error("? [a]\n: 1\n"), "1:3: a key must be a plain or quoted text, not a list or a mapping");
    assert_eq!(error("{a: 1}: 2\n"), "1:1: a key must be a plain or quoted text, not a list or a mapping");
    assert_eq!(read(b"1: x\n").unwrap()[0].root.get("1").unwrap().as_str(), Some("x"));
}

#[test]
fn integers_past_64_bits_become_numbers() {
    let documents = read(b"a: 18446744073709551615\nb: 18446744073709551616\n").unwrap();
    assert_eq!(documents[0].root.get("a").unwrap().as_int(), Some(u64::MAX.into()));
    assert!(matches!(documents[0].root.get("b").unwrap().value, Value::Float(_)));
}
