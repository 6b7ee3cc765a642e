//! The layout of written files, and that what is written reads back.

use proptest::prelude::*;

use crate::yaml::{Limits, Node, Value, read, read_with, write, write_stream};

#[test]
fn the_layout_is_four_spaces_with_lists_under_their_key() {
    let node = Node::map([
        ("a", Node::map([("list", Node::seq([Node::str("x"), Node::str("z")]))])),
        (
            "control",
            Node::seq([Node::map([
                ("name", Node::str("PodSecurity")),
                ("configuration", Node::map([("audit", Node::str("restricted")), ("none", Node::seq([]))])),
            ])]),
        ),
        ("nested", Node::seq([Node::seq([Node::from(1_i64), Node::from(2_i64)])])),
        ("empty", Node::empty_map()),
        ("text", Node::str("one\ntwo\n")),
    ]);
    let expected = "\
a:
    list:
        - x
        - z
control:
    - name: PodSecurity
      configuration:
        audit: restricted
        none: []
nested:
    - - 1
      - 2
empty: {}
text: |
    one
    two
";
    assert_eq!(write(&node), expected);
}

#[test]
fn strings_are_quoted_when_they_would_read_as_something_else() {
    let table = [
        ("", "\"\""),
        ("true", "\"true\""),
        ("yes", "\"yes\""),
        ("off", "\"off\""),
        ("1024", "\"1024\""),
        ("1.10", "\"1.10\""),
        ("0644", "\"0644\""),
        ("12:30", "\"12:30\""),
        ("2020-01-02", "\"2020-01-02\""),
        ("null", "\"null\""),
        ("~", "\"~\""),
        ("<<", "\"<<\""),
        ("*", "'*'"),
        ("@file", "'@file'"),
        ("a: b", "'a: b'"),
        ("it's # not", "'it''s # not'"),
        ("- x", "'- x'"),
        (" lead", "' lead'"),
        ("tab\there", "\"tab\\there\""),
        ("bell\u{7}", "\"bell\\a\""),
        ("ünïcode", "ünïcode"),
        (":NoSchedule", ":NoSchedule"),
        ("a:b", "a:b"),
        ("[::]:50000", "'[::]:50000'"),
        ("https://10.5.0.1:6443", "https://10.5.0.1:6443"),
        ("-1s", "-1s"),
        ("a\n  \nb", "\"a\\n  \\nb\""),
        ("a\n", "|\n    a"),
        ("a\n\nb", "|-\n    a\n\n    b"),
        ("  a\nb\n", "|4\n      a\n    b"),
        ("a\n\n", "|+\n    a\n"),
    ];
    for (text, expected) in table {
        assert_eq!(write(&Node::map([("k", Node::str(text))])), format!("k: {expected}\n"), "{text:?}");
    }
}

#[test]
fn numbers_keep_the_way_they_were_written() {
    let text = "mode: 0o644\nold: 0644\nversion: 1.10\n";
    let documents = read(text.as_bytes()).unwrap();
    assert_eq!(write(&documents[0].root), text);
}

#[test]
fn long_keys_take_the_explicit_form() {
    let key = "k".repeat(129);
    let node = Node::map([(key.clone(), Node::str("v"))]);
    assert_eq!(write(&node), format!("? {key}\n: v\n"));
    assert_eq!(read(write(&node).as_bytes()).unwrap()[0].root, node);
}

#[test]
fn comments_survive_reading_and_writing() {
    let text = "\
# top
machine: # the node
    # above type
    type: worker # right of type
    list:
        # above item
        - one # right of one
        - two
        # end of list
    block: | # note
        text
cluster: {} # empty
# the end
";
    let limits = Limits { comments: true, ..Limits::default() };
    let documents = read_with(text.as_bytes(), &limits).unwrap();
    assert_eq!(write(&documents[0].root), text);
}

#[test]
fn a_stream_separates_documents() {
    let documents = [Node::map([("a", Node::from(true))]), Node::map([("b", Node::default())])];
    assert_eq!(write_stream(&documents), "a: true\n---\nb: null\n");
}

fn scalar() -> impl Strategy<Value = Node> {
    prop_oneof![
        Just(Node::default()),
        any::<bool>().prop_map(Node::from),
        any::<i64>().prop_map(Node::from),
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(Node::from),
        "[ -~\n\t]{0,24}".prop_map(Node::str),
        "[a-z:#\\-? \n'\"\\[\\]{},&*!|>%@`0-9.]{0,12}".prop_map(Node::str),
        any::<String>().prop_filter("no NUL", |text| !text.contains('\0')).prop_map(Node::str),
    ]
}

fn tree() -> impl Strategy<Value = Node> {
    scalar().prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Node::seq),
            prop::collection::vec(("[a-z0-9:# .'\n-]{0,10}", inner), 0..5).prop_map(Node::map),
        ]
    })
}

fn same(left: &Node, right: &Node) -> bool {
    match (&left.value, &right.value) {
        (Value::Float(left), Value::Float(right)) => left == right,
        // A float without a fraction reads back as an integer, as in the reference emitter.
        (Value::Float(left), Value::Int(right)) => *left == *right as f64,
        (Value::Seq(left), Value::Seq(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(l, r)| same(l, r))
        }
        (Value::Map(left), Value::Map(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, l)| right.get(key).is_some_and(|r| same(l, r)))
        }
        (left, right) => left == right,
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back_to_the_same_value(node in tree()) {
        let text = write(&Node::map([("root", node.clone())]));
        let documents = read(text.as_bytes()).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        let root = documents[0].root.get("root").unwrap();
        prop_assert!(same(&node, root), "{text}\n{node:?}\n{root:?}");
    }
}
