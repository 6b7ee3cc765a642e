//! Paths into a tree, as messages print them: `machine.network.interfaces[0].vip`.

use std::fmt;

use super::{Node, Span, Value};

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// A key of a mapping.
    Key(String),
    /// An index of a sequence, from 0.
    Index(usize),
}

impl From<&str> for Segment {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<String> for Segment {
    fn from(key: String) -> Self {
        Self::Key(key)
    }
}

impl From<usize> for Segment {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// A path from the root of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(pub Vec<Segment>);

impl Path {
    /// The root itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// A path from plain keys and numbers separated by dots, for code and tests:
    /// `machine.network.interfaces.0.vip`. Keys that contain dots need [`Path::join`].
    pub fn dotted(text: &str) -> Self {
        let segment = |part: &str| match part.parse::<usize>() {
            Ok(index) => Segment::Index(index),
            Err(_) => Segment::Key(part.to_owned()),
        };
        Self(text.split('.').filter(|part| !part.is_empty()).map(segment).collect())
    }

    /// This path and one more step.
    #[must_use]
    pub fn join(&self, segment: impl Into<Segment>) -> Self {
        let mut path = self.clone();
        path.0.push(segment.into());
        path
    }

    /// Adds a step.
    pub fn push(&mut self, segment: impl Into<Segment>) {
        self.0.push(segment.into());
    }

    /// Removes the last step.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// The node at this path.
    pub fn find<'a>(&self, root: &'a Node) -> Option<&'a Node> {
        self.0.iter().try_fold(root, step)
    }

    /// The position of the deepest part of this path that exists.
    pub fn locate(&self, root: &Node) -> Span {
        let mut node = root;
        for segment in &self.0 {
            match step(node, segment) {
                Some(next) => node = next,
                None => break,
            }
        }
        node.position()
    }
}

fn step<'a>(node: &'a Node, segment: &Segment) -> Option<&'a Node> {
    match (segment, &node.value) {
        (Segment::Key(key), Value::Map(map)) => map.get(key),
        (Segment::Index(index), Value::Seq(items)) => items.get(*index),
        _ => None,
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) if key.is_empty() || key.contains(['.', '[', ']', '"', ' ']) => {
                    write!(f, "[{key:?}]")?;
                }
                Segment::Key(key) if position == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}
