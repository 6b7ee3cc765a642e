//! Who carries out what a configuration says, and what has no effect: one row a kind, a group of fields or a field.

use crate::validate::Mode;
use crate::yaml::Node;

use super::table::TABLES;

/// What the program is held to: a row says who reads what is at a path, or that nobody does. A path that has no row of
/// its own has that of what it is in.
#[derive(Debug, PartialEq)]
pub struct Row {
    /// The kinds of documents.
    pub kinds: &'static [&'static str],
    /// The path, with `[]` for items of lists and `{}` for entries of mappings; empty for the whole document.
    pub path: &'static str,
    /// The modules on the way from the configuration to where it takes effect, in order. Empty when nobody reads it.
    pub by: &'static [&'static str],
    /// When and why it has no effect.
    pub without: Option<Without>,
}

/// Why something has no effect.
#[derive(Debug, PartialEq)]
pub struct Without {
    /// In which case.
    pub when: When,
    /// The reason.
    pub why: Why,
    /// How much it matters to whoever wrote it.
    pub level: Level,
    /// What that means for the machine, as half a sentence.
    pub so: &'static str,
}

/// In which case something has no effect: what asks for nothing, or for what is the case anyway, is not told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Whenever it is set.
    Always,
    /// When the value at a path below it is this word.
    Only(&'static str, &'static str),
    /// Unless the value at a path below it is this word.
    Unless(&'static str, &'static str),
    /// When a key of the mapping, or the text, begins otherwise.
    Outside(&'static str),
}

/// The reason why something has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// This version does not do it yet.
    NotBuilt,
    /// A container leaves it to its host. A whole machine does it, if any module does.
    Host,
    /// The contract accepts it and nothing depends on it.
    NoOp,
}

impl Why {
    /// The word for documentation and resources.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotBuilt => "not built yet",
            Self::Host => "left to the host of a container",
            Self::NoOp => "nothing to do",
        }
    }
}

/// How much it matters that something has no effect, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Every generated configuration has it: worth a word, not a line.
    Quiet,
    /// Whoever wrote it waits for something that does not come.
    Plain,
    /// Whoever wrote it believes to be protected.
    Grave,
}

impl Level {
    /// The word for resources.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quiet => "note",
            Self::Plain => "warning",
            Self::Grave => "danger",
        }
    }
}

/// Kinds or fields that are carried out.
pub(super) const fn done(
    kinds: &'static [&'static str],
    path: &'static str,
    by: &'static [&'static str],
) -> Row {
    Row { kinds, path, by, without: None }
}

/// Kinds or fields without effect.
pub(super) const fn without(
    kinds: &'static [&'static str],
    path: &'static str,
    why: Why,
    so: &'static str,
) -> Row {
    Row { kinds, path, by: &[], without: Some(Without { when: When::Always, why, level: Level::Plain, so }) }
}

/// What this version does not do yet.
pub(super) const fn unbuilt(kinds: &'static [&'static str], path: &'static str, so: &'static str) -> Row {
    without(kinds, path, Why::NotBuilt, so)
}

/// What a container leaves to its host.
pub(super) const fn host(kinds: &'static [&'static str], path: &'static str, so: &'static str) -> Row {
    without(kinds, path, Why::Host, so)
}

/// What nothing depends on.
pub(super) const fn noop(kinds: &'static [&'static str], path: &'static str, so: &'static str) -> Row {
    without(kinds, path, Why::NoOp, so)
}

impl Row {
    /// Who carries it out where it has an effect.
    pub(super) const fn by(mut self, by: &'static [&'static str]) -> Self {
        self.by = by;
        self
    }

    pub(super) const fn level(mut self, level: Level) -> Self {
        if let Some(without) = &mut self.without {
            without.level = level;
        }
        self
    }

    pub(super) const fn when(mut self, when: When) -> Self {
        if let Some(without) = &mut self.without {
            without.when = when;
        }
        self
    }

    pub(super) const fn quiet(self) -> Self {
        self.level(Level::Quiet)
    }

    pub(super) const fn grave(self) -> Self {
        self.level(Level::Grave)
    }

    /// Why it may have no effect on a machine of this mode, and when.
    pub fn without_in(&self, mode: Mode) -> Option<(Why, &Without)> {
        let without = self.without.as_ref()?;
        match without.why {
            Why::Host if mode.in_container() => Some((Why::Host, without)),
            Why::Host if self.by.is_empty() => Some((Why::NotBuilt, without)),
            Why::Host => None,
            why => Some((why, without)),
        }
    }

    /// Whether it is without effect on every machine, whatever its value.
    pub fn is_without_effect(&self) -> bool {
        self.by.is_empty()
            && self.without_in(Mode::Metal).is_some_and(|(_, without)| without.when == When::Always)
    }
}

impl When {
    /// Whether a value is such a case.
    pub fn holds(self, value: &Node) -> bool {
        let word = |path: &str| {
            let mut keys = path.split('.').filter(|key| !key.is_empty());
            let found = keys.try_fold(value, |node, key| node.get(key));
            found.and_then(Node::as_text).unwrap_or_default().into_owned()
        };
        match self {
            Self::Always => true,
            Self::Only(path, wanted) => word(path) == wanted,
            Self::Unless(path, wanted) => word(path) != wanted,
            Self::Outside(prefix) => match value.as_map() {
                Some(map) => map.keys().any(|key| !key.starts_with(prefix)),
                None => value.as_text().is_some_and(|text| !text.starts_with(prefix)),
            },
        }
    }
}

/// Every row: documents by their groups, then the v1alpha1 document.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    TABLES.iter().flat_map(|table| table.iter())
}

/// The row of a path of a kind, with `[]` and `{}` in it: its own, or that of what it is in.
pub fn row_of(kind: &str, path: &str) -> Option<&'static Row> {
    rows_around(kind, path).max_by_key(|row| row.path.len())
}

/// The rows of a path and of everything that it is in.
pub fn rows_around<'a>(kind: &'a str, path: &'a str) -> impl Iterator<Item = &'static Row> + 'a {
    rows().filter(move |row| row.kinds.contains(&kind) && is_in(path, row.path))
}

/// Whether a path is another or lies below it.
pub(super) fn is_in(path: &str, around: &str) -> bool {
    match path.strip_prefix(around) {
        Some(rest) => around.is_empty() || rest.is_empty() || rest.starts_with(['.', '[', '{']),
        None => false,
    }
}
