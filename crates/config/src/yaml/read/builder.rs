//! The tree builder: one frame an open collection, budgets counted as nodes arrive.

use std::collections::HashMap;

use granit_parser::{Event, Placement, ScalarStyle, Span as SourceSpan, StructureStyle, Tag};

use super::{Document, Limits, span_of};
use crate::yaml::{Map, Node, Scalar, Span, Style, Value, YamlError, resolve};

/// An open collection.
enum Frame {
    Seq { node: Node, items: Vec<Node>, anchor: usize, column: usize },
    Map { node: Node, map: Map, key: Option<PendingKey>, merges: Vec<Node>, anchor: usize, column: usize },
}

struct PendingKey {
    name: String,
    span: Span,
    merge: bool,
    head: Vec<String>,
    line: Option<String>,
}

/// An anchored node and what a copy of it costs.
struct Anchored {
    node: Node,
    nodes: usize,
    bytes: usize,
}

pub(super) struct Builder<'a> {
    limits: &'a Limits,
    documents: Vec<Document>,
    seen: usize,
    line: u32,
    root: Option<Node>,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    comments: Vec<(String, usize)>,
    nodes: usize,
    alias_nodes: usize,
    alias_bytes: usize,
}

impl<'a> Builder<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            documents: Vec::new(),
            seen: 0,
            line: 0,
            root: None,
            frames: Vec::new(),
            anchors: HashMap::new(),
            comments: Vec::new(),
            nodes: 0,
            alias_nodes: 0,
            alias_bytes: 0,
        }
    }

    pub(super) fn finish(self) -> Vec<Document> {
        self.documents
    }

    pub(super) fn event(&mut self, event: Event<'_>, source: SourceSpan) -> Result<(), YamlError> {
        let span = span_of(source.start);
        match event {
            Event::DocumentStart(..) => self.start_document(span),
            Event::DocumentEnd => {
                self.end_document();
                Ok(())
            }
            Event::Comment(text, placement) => {
                self.comment(&text, placement, source.start.col());
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                if self.wants_key() {
                    return self.key(&text, style, span);
                }
                let mut node = scalar(text.into_owned(), style, tag.as_deref(), span)?;
                node.span = span;
                self.count(span)?;
                self.add(node, anchor)
            }
            Event::SequenceStart(style, anchor, _) => {
                let node = self.open(span, style)?;
                let column = source.start.col();
                self.frames.push(Frame::Seq { node, items: Vec::new(), anchor, column });
                Ok(())
            }
            Event::MappingStart(style, anchor, _) => {
                let node = self.open(span, style)?;
                let column = source.start.col();
                let (map, merges) = (Map::new(), Vec::new());
                self.frames.push(Frame::Map { node, map, key: None, merges, anchor, column });
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(id) => self.alias(id, span),
            _ => Ok(()),
        }
    }

    fn start_document(&mut self, span: Span) -> Result<(), YamlError> {
        self.seen += 1;
        if self.seen > self.limits.documents {
            let message = format!("more than {} documents in one stream", self.limits.documents);
            return Err(YamlError::new(span, message));
        }
        self.line = span.line;
        self.anchors.clear();
        Ok(())
    }

    fn end_document(&mut self) {
        let trailing: Vec<String> = self.comments.drain(..).map(|(text, _)| text).collect();
        if let Some(mut root) = self.root.take().filter(|root| !root.is_null()) {
            // Comments at the end of a document stay there.
            let last = root.as_map_mut().and_then(|map| map.last_mut()).map(|(_, last)| last);
            if let Some(last) = last.filter(|_| !trailing.is_empty()) {
                last.comments_mut().foot.extend(trailing);
            }
            self.documents.push(Document { root, line: self.line });
        }
    }

    /// Counts a node against the budget.
    fn count(&mut self, span: Span) -> Result<(), YamlError> {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            return Err(YamlError::new(
                span,
                format!("more than {} values in one stream", self.limits.nodes),
            ));
        }
        Ok(())
    }

    fn open(&mut self, span: Span, style: StructureStyle) -> Result<Node, YamlError> {
        if self.wants_key() {
            return Err(YamlError::new(
                span,
                "a key must be a plain or quoted text, not a list or a mapping",
            ));
        }
        self.count(span)?;
        if self.frames.len() >= self.limits.depth {
            let message = format!("nested more than {} levels deep", self.limits.depth);
            return Err(YamlError::new(span, message));
        }
        let style = match style {
            StructureStyle::Block => Style::Block,
            StructureStyle::Flow => Style::Flow,
        };
        let mut node = Node { span, style, ..Node::default() };
        // Comments above a list item belong to the item, those above a mapping to its first key.
        if matches!(self.frames.last(), Some(Frame::Seq { .. })) {
            self.take_head(&mut node);
        }
        Ok(node)
    }

    fn wants_key(&self) -> bool {
        matches!(self.frames.last(), Some(Frame::Map { key: None, .. }))
    }

    fn key(&mut self, text: &str, style: ScalarStyle, span: Span) -> Result<(), YamlError> {
        let head = self.comments.drain(..).map(|(text, _)| text).collect();
        let merge = style == ScalarStyle::Plain && text == "<<";
        let Some(Frame::Map { map, key, .. }) = self.frames.last_mut() else {
            return Ok(());
        };
        if let Some(first) = map.get(text) {
            let message = format!("duplicate key {text:?}: it is already set at line {}", first.key.line);
            return Err(YamlError::new(span, message));
        }
        *key = Some(PendingKey { name: text.to_owned(), span, merge, head, line: None });
        Ok(())
    }

    fn close(&mut self) -> Result<(), YamlError> {
        match self.frames.pop() {
            Some(Frame::Seq { mut node, mut items, anchor, column }) => {
                self.take_foot(items.last_mut(), column);
                node.value = Value::Seq(items);
                self.add(node, anchor)
            }
            Some(Frame::Map { mut node, mut map, merges, anchor, column, .. }) => {
                self.take_foot(map.last_mut().map(|(_, value)| value), column);
                for merge in merges {
                    self.merge(&mut map, merge)?;
                }
                node.value = Value::Map(Box::new(map));
                self.add(node, anchor)
            }
            None => Ok(()),
        }
    }

    /// Puts a finished node where it belongs.
    fn add(&mut self, mut node: Node, anchor: usize) -> Result<(), YamlError> {
        if anchor != 0 {
            let (nodes, bytes) = node.weight();
            self.spend(node.span, nodes, bytes)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes, bytes });
        }
        if !node.is_collection() && matches!(self.frames.last(), Some(Frame::Seq { .. })) {
            self.take_head(&mut node);
        }
        match self.frames.last_mut() {
            None => self.root = Some(node),
            Some(Frame::Seq { items, .. }) => items.push(node),
            Some(Frame::Map { map, key, merges, .. }) => {
                let Some(pending) = key.take() else { return Ok(()) };
                if pending.merge {
                    merges.push(node);
                    return Ok(());
                }
                node.key = pending.span;
                if !pending.head.is_empty() {
                    node.comments_mut().head = pending.head;
                }
                if pending.line.is_some() {
                    node.comments_mut().line = pending.line;
                }
                map.insert(pending.name, node);
            }
        }
        Ok(())
    }

    /// Counts what a copy adds against the budget of aliases.
    fn spend(&mut self, span: Span, nodes: usize, bytes: usize) -> Result<(), YamlError> {
        self.alias_nodes += nodes;
        self.alias_bytes += bytes;
        if self.alias_nodes > self.limits.alias_nodes || self.alias_bytes > self.limits.alias_bytes {
            return Err(YamlError::new(span, "aliases make this document too large; write the values out"));
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), YamlError> {
        let Some(anchored) = self.anchors.get(&id) else {
            return Err(YamlError::new(span, "this alias refers to a value that contains it"));
        };
        let (nodes, bytes) = (anchored.nodes, anchored.bytes);
        if self.wants_key() {
            let Some(text) = anchored.node.as_text().map(|text| text.into_owned()) else {
                return Err(YamlError::new(
                    span,
                    "a key must be a plain or quoted text, not a list or a mapping",
                ));
            };
            return self.key(&text, ScalarStyle::DoubleQuoted, span);
        }
        let mut node = anchored.node.clone();
        node.span = span;
        self.spend(span, nodes, bytes)?;
        self.add(node, 0)
    }

    /// Adds the entries of a merge key's value that the mapping does not set itself.
    fn merge(&mut self, map: &mut Map, from: Node) -> Result<(), YamlError> {
        let span = from.span;
        match from.value {
            Value::Map(source) => {
                for (key, value) in *source {
                    if !map.contains_key(&key) {
                        let (nodes, bytes) = value.weight();
                        self.spend(span, nodes, bytes + key.len())?;
                        map.insert(key, value);
                    }
                }
                Ok(())
            }
            Value::Seq(items) if items.iter().all(|item| item.as_map().is_some()) => {
                items.into_iter().try_for_each(|item| self.merge(map, item))
            }
            _ => Err(YamlError::new(span, "a merge key (<<) takes a mapping or a list of mappings")),
        }
    }

    fn comment(&mut self, text: &str, placement: Placement, column: usize) {
        let text = text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned();
        if placement != Placement::Right {
            self.comments.push((text, column));
            return;
        }
        // A comment right of the first thing in a fresh collection stands on its parent's line.
        let depth = self.frames.len();
        let fresh = match self.frames.last() {
            Some(Frame::Seq { items, .. }) => items.is_empty(),
            Some(Frame::Map { map, key, .. }) => map.is_empty() && key.is_none(),
            None => false,
        };
        let at = if fresh { depth.checked_sub(2) } else { depth.checked_sub(1) };
        match at.and_then(|at| self.frames.get_mut(at)) {
            Some(Frame::Map { key: Some(key), .. }) => key.line = Some(text),
            Some(Frame::Map { map, .. }) => {
                if let Some((_, last)) = map.last_mut() {
                    last.comments_mut().line = Some(text);
                }
            }
            Some(Frame::Seq { items, .. }) => match items.last_mut() {
                Some(last) if !fresh => last.comments_mut().line = Some(text),
                _ => self.comments.push((text, column)),
            },
            None => self.comments.push((text, column)),
        }
    }

    fn take_head(&mut self, node: &mut Node) {
        if !self.comments.is_empty() {
            node.comments_mut().head = self.comments.drain(..).map(|(text, _)| text).collect();
        }
    }

    /// Comments at the end of a collection that stand at its column or deeper belong to it.
    fn take_foot(&mut self, last: Option<&mut Node>, column: usize) {
        let Some(last) = last else { return };
        let inside = self.comments.iter().take_while(|(_, at)| *at >= column && column > 0).count();
        if inside > 0 {
            last.comments_mut().foot = self.comments.drain(..inside).map(|(text, _)| text).collect();
        }
    }
}

/// A scalar's value from its text, style and tag.
fn scalar(text: String, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Result<Node, YamlError> {
    let style = match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    };
    let core = tag.and_then(|tag| tag.core_suffix());
    let resolved = match core {
        Some("int" | "float" | "bool" | "null") => resolve(text.trim()),
        Some(_) => Scalar::Str,
        None if tag.is_some() || style != Style::Plain => Scalar::Str,
        None => resolve(&text),
    };
    let fits = match core {
        Some("int") => matches!(resolved, Scalar::Int(_)),
        Some("float") => matches!(resolved, Scalar::Int(_) | Scalar::Float(_)),
        Some("bool") => matches!(resolved, Scalar::Bool(_)),
        Some("null") => matches!(resolved, Scalar::Null),
        Some("map" | "seq") => false,
        _ => true,
    };
    if !fits {
        // Without the text, which may be a secret.
        let message = format!("this value is not what its tag !!{} says", core.unwrap_or_default());
        return Err(YamlError::new(span, message));
    }
    let value = match resolved {
        Scalar::Null => Value::Null,
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::Int(value) => Value::Int(value),
        Scalar::Float(value) => Value::Float(value),
        Scalar::Timestamp | Scalar::Merge | Scalar::Str => {
            return Ok(Node { value: Value::Str(text), style, ..Node::default() });
        }
    };
    let mut node = Node { value, style, ..Node::default() };
    let canonical = node.as_text().is_some_and(|canonical| canonical == text);
    if !canonical && !node.is_null() {
        node.set_text(text);
    }
    Ok(node)
}
