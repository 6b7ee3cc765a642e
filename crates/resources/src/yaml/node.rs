//! A YAML document in memory.

/// A node of a YAML document.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    /// A string; quoted where it would be taken for something else.
    Text(String),
    /// A scalar that is not a string and needs no quotes: a time.
    Plain(String),
    Binary(Vec<u8>),
    List(Vec<Node>),
    /// In the order in which it is printed.
    Map(Vec<(String, Node)>),
    /// A document that is YAML already; as the root only.
    Document(String),
}

impl Node {
    /// A mapping with its keys in the order that Go's encoder gives to maps.
    pub(crate) fn sorted_map(mut entries: Vec<(String, Node)>) -> Node {
        entries.sort_by(|(a, _), (b, _)| super::order::compare(a, b));
        Node::Map(entries)
    }

    /// A string.
    pub(crate) fn text(text: impl Into<String>) -> Node {
        Node::Text(text.into())
    }

    /// Whether Go would call the value empty.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Node::Null => true,
            Node::Bool(value) => !value,
            Node::Int(value) => *value == 0,
            Node::Uint(value) => *value == 0,
            Node::Float(value) => *value == 0.0,
            Node::Text(text) | Node::Plain(text) | Node::Document(text) => text.is_empty(),
            Node::Binary(bytes) => bytes.is_empty(),
            Node::List(items) => items.is_empty(),
            Node::Map(entries) => entries.is_empty(),
        }
    }
}
