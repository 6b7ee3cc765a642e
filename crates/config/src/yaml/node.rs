//! The tree: values with positions, source style and comments.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;

/// A position in the source: line and column, both counted from 1. Zero means "not from a file".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
    /// Which text: 0 is the configuration's own, others are patches, counted from 1.
    pub source: u16,
}

impl Span {
    /// A position.
    pub fn new(line: u32, column: u32) -> Self {
        Self { line, column, source: 0 }
    }

    /// Whether the value came from text; values built by code have no position.
    pub fn is_known(self) -> bool {
        self.line != 0
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// How a value was written. Writing ignores all but [`Style::Auto`]'s rules; readers use it to
/// tell `"1"` from `1`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Style {
    /// Not from text.
    #[default]
    Auto,
    /// An unquoted scalar.
    Plain,
    /// `'…'`.
    SingleQuoted,
    /// `"…"`.
    DoubleQuoted,
    /// `|`.
    Literal,
    /// `>`.
    Folded,
    /// An indented mapping or sequence.
    Block,
    /// `{…}` or `[…]`.
    Flow,
}

/// Comments around a mapping entry or a sequence item. Lines carry no `#`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comments {
    /// Lines above.
    pub head: Vec<String>,
    /// Text on the same line.
    pub line: Option<String>,
    /// Lines below, at the end of a collection.
    pub foot: Vec<String>,
}

/// What few nodes have, kept out of line to keep the others small.
#[derive(Debug, Clone, Default)]
pub(in crate::yaml) struct Extra {
    text: Option<String>,
    comments: Comments,
}

/// The content of a node.
#[derive(Clone, Default, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer that fits 64 bits, signed or unsigned.
    Int(i128),
    /// Any other number.
    Float(f64),
    /// A string.
    Str(String),
    /// A sequence.
    Seq(Vec<Node>),
    /// A mapping in source order.
    Map(Box<Map>),
}

/// A mapping: keys are strings, order is kept, equality ignores order.
pub type Map = IndexMap<String, Node>;

/// A value with its position. Equality compares values only. The `Debug` form shows keys and
/// shapes but no scalar, because any of them may be a secret.
#[derive(Clone, Default)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where the value starts.
    pub span: Span,
    /// Where the key starts, for a mapping's value; else unknown.
    pub key: Span,
    /// How the value was written.
    pub style: Style,
    pub(in crate::yaml) extra: Option<Box<Extra>>,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(_) => f.write_str("bool"),
            Self::Int(_) => f.write_str("int"),
            Self::Float(_) => f.write_str("float"),
            Self::Str(text) => write!(f, "str({})", text.len()),
            Self::Seq(items) => f.debug_list().entries(items).finish(),
            Self::Map(map) => f.debug_map().entries(map.iter()).finish(),
        }
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Node {
    /// A node that is not from text.
    pub fn new(value: Value) -> Self {
        Self { value, ..Self::default() }
    }

    /// A string node.
    pub fn str(text: impl Into<String>) -> Self {
        Self::new(Value::Str(text.into()))
    }

    /// An empty mapping.
    pub fn empty_map() -> Self {
        Self::new(Value::Map(Box::default()))
    }

    /// A mapping with entries in the given order.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Node)>) -> Self {
        Self::new(Value::Map(Box::new(entries.into_iter().map(|(k, v)| (k.into(), v)).collect())))
    }

    /// A sequence.
    pub fn seq(items: impl IntoIterator<Item = Node>) -> Self {
        Self::new(Value::Seq(items.into_iter().collect()))
    }

    /// The mapping, if this is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The mapping for changing, if this is one.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The sequence, if this is one.
    pub fn as_seq(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The sequence for changing, if this is one.
    pub fn as_seq_mut(&mut self) -> Option<&mut Vec<Node>> {
        match &mut self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The string, if this is one; a number is not.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The integer, if this is one.
    pub fn as_int(&self) -> Option<i128> {
        match self.value {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }

    /// The text of any scalar but null, as it was written: what a string field takes from
    /// `1.10`, `yes` or `0644`.
    pub fn as_text(&self) -> Option<Cow<'_, str>> {
        self.text().map(Cow::Borrowed).or_else(|| self.value_text())
    }

    /// Whether this is null (or was left empty).
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Whether this is a mapping or a sequence.
    pub fn is_collection(&self) -> bool {
        matches!(self.value, Value::Map(_) | Value::Seq(_))
    }

    /// The value of a key, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key)
    }

    /// The value of a key for changing, if this is a mapping that has it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.as_map_mut()?.get_mut(key)
    }

    /// The source text of a number, boolean or null whose canonical form may differ.
    pub fn text(&self) -> Option<&str> {
        self.extra.as_ref()?.text.as_deref()
    }

    /// Remembers the source text.
    pub fn set_text(&mut self, text: String) {
        self.extra.get_or_insert_default().text = Some(text);
    }

    /// Forgets the source text, after the value was changed.
    pub fn forget_text(&mut self) {
        if let Some(extra) = &mut self.extra {
            extra.text = None;
        }
    }

    /// Comments, if any were read or set.
    pub fn comments(&self) -> Option<&Comments> {
        self.extra.as_ref().map(|extra| &extra.comments)
    }

    /// Comments for changing.
    pub fn comments_mut(&mut self) -> &mut Comments {
        &mut self.extra.get_or_insert_default().comments
    }

    /// The same node with lines of comment above it.
    pub fn with_head_comment(mut self, text: &str) -> Self {
        self.comments_mut().head.extend(text.lines().map(str::to_owned));
        self
    }

    /// The same node with a comment on its line.
    pub fn with_line_comment(mut self, text: impl Into<String>) -> Self {
        self.comments_mut().line = Some(text.into());
        self
    }

    /// A text that values share which are the same to a reader: `10` and `"10"`, mappings in any order.
    pub(crate) fn fingerprint(&self) -> String {
        match &self.value {
            Value::Map(map) => {
                let entry =
                    |(key, value): (&String, &Node)| format!("{key:?}:{}", value.fingerprint_inside());
                let mut entries: Vec<String> = map.iter().map(entry).collect();
                entries.sort();
                format!("{{{}}}", entries.join(","))
            }
            Value::Seq(items) => {
                let items: Vec<String> = items.iter().map(Self::fingerprint_inside).collect();
                format!("[{}]", items.join(","))
            }
            _ => self.as_text().unwrap_or_default().into_owned(),
        }
    }

    /// Inside of collections types tell values apart, as equality does.
    fn fingerprint_inside(&self) -> String {
        match self.is_collection() {
            true => self.fingerprint(),
            false => format!("{}:{:?}", self.kind_name(), self.value_text().unwrap_or_default()),
        }
    }

    /// The value of a scalar, however it was written.
    fn value_text(&self) -> Option<Cow<'_, str>> {
        match &self.value {
            Value::Str(text) => Some(Cow::Borrowed(text)),
            Value::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
            Value::Int(value) => Some(Cow::Owned(value.to_string())),
            Value::Float(value) => Some(Cow::Owned(super::scalar::format_float(*value))),
            Value::Null | Value::Seq(_) | Value::Map(_) => None,
        }
    }

    /// Where a message about this node should point: its key when it has one, else its value.
    pub fn position(&self) -> Span {
        if self.key.is_known() { self.key } else { self.span }
    }

    /// What this is, in the words of an error message.
    pub fn kind_name(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a number",
            Value::Str(_) => "a string",
            Value::Seq(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// How many collections are inside each other, this one included.
    pub(crate) fn depth(&self) -> usize {
        match &self.value {
            Value::Seq(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Value::Map(map) => 1 + map.values().map(Self::depth).max().unwrap_or(0),
            _ => 0,
        }
    }

    /// The number of nodes and bytes of text below and including this one.
    pub(crate) fn weight(&self) -> (usize, usize) {
        let own = self.text().map_or(0, str::len);
        match &self.value {
            Value::Str(text) => (1, text.len() + own),
            Value::Seq(items) => items.iter().fold((1, own), |(n, b), item| {
                let (nodes, bytes) = item.weight();
                (n + nodes, b + bytes)
            }),
            Value::Map(map) => map.iter().fold((1, own), |(n, b), (key, item)| {
                let (nodes, bytes) = item.weight();
                (n + nodes, b + bytes + key.len())
            }),
            _ => (1, own),
        }
    }
}
