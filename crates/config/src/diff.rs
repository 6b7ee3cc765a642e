//! What is different between two configurations, value by value, with what each change does.
//! Secrets are compared but never shown.

mod align;
mod nothing;

use std::collections::HashMap;
use std::fmt;

use serde_json::json;

use self::align::{Step, align};
use self::nothing::{quiet, says_nothing};
use crate::container::{Config, Document, DocumentId};
use crate::documents::Kind;
use crate::effects::effect_in;
use crate::redact::redact_document;
use crate::schema::{Effect, Object, Shape, Type};
use crate::validate::Mode;
use crate::yaml::{Node, Path, Value, write};

/// A difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The document.
    pub document: DocumentId,
    /// Where in the document; the root when the whole document comes or goes.
    pub path: Path,
    /// What was there, without secrets.
    pub old: Option<Node>,
    /// What is there now, without secrets.
    pub new: Option<Node>,
    /// What the change does.
    pub effect: Effect,
}

/// Longest text that is shown as it is, bytes.
const LONGEST: usize = 100;
/// How much of a longer one is shown, characters.
const SHOWN: usize = 40;

impl Change {
    /// The change with long texts, such as certificates, shown by how they begin.
    pub fn shortened(&self) -> Self {
        let mut short = self.clone();
        short.old.iter_mut().chain(&mut short.new).for_each(shorten);
        short
    }

    /// The change as a JSON object with the keys document, path, old, new and effect.
    pub fn to_json(&self) -> serde_json::Value {
        json!({
            "document": self.document.label(),
            "path": self.path.to_string(),
            "old": self.old.as_ref().map(Node::to_json),
            "new": self.new.as_ref().map(Node::to_json),
            "effect": self.effect.to_string(),
        })
    }
}

fn shorten(node: &mut Node) {
    match &mut node.value {
        Value::Str(text) if text.len() > LONGEST => {
            let start: String = text.chars().take_while(|c| *c != '\n').take(SHOWN).collect();
            *node = Node::str(format!("{start}…"));
        }
        Value::Seq(items) => items.iter_mut().for_each(shorten),
        Value::Map(map) => map.values_mut().for_each(shorten),
        _ => {}
    }
}

/// One line for a scalar, as JSON for a collection; whole documents are only named.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.document.label())?;
        let show = |node: &Node| match node.is_collection() {
            true => node.to_json().to_string(),
            false => write(node).trim_end().to_owned(),
        };
        if self.path.0.is_empty() {
            f.write_str(if self.old.is_none() { " is added" } else { " is removed" })?;
        } else {
            write!(f, " {}: ", self.path)?;
            match (&self.old, &self.new) {
                (Some(old), Some(new)) => write!(f, "{} → {}", show(old), show(new))?,
                (None, Some(new)) => write!(f, "+ {}", show(new))?,
                (Some(old), None) => write!(f, "- {}", show(old))?,
                (None, None) => {}
            }
        }
        write!(f, " ({})", self.effect)
    }
}

/// Every difference, in the order of the new documents, then those that are gone. Order of keys,
/// comments, ways to write a value and sections that say nothing make none.
pub fn diff(old: &Config, new: &Config) -> Vec<Change> {
    diff_on(Mode::Metal, old, new)
}

/// The same as it is on a machine of a mode: what has no effect there is not called anything else.
pub fn diff_on(mode: Mode, old: &Config, new: &Config) -> Vec<Change> {
    let mut changes = Vec::new();
    let (before, after) = (by_id(old), by_id(new));
    for document in new.documents() {
        match before.get(&document.id) {
            Some(before) => {
                let (old_shown, new_shown) = (shown(before), shown(document));
                let mut walk = Walk { mode, document, changes: &mut changes, path: Path::root() };
                let old = Side { real: &before.root, shown: &old_shown };
                let new = Side { real: &document.root, shown: &new_shown };
                match document.kind {
                    Some(kind) => walk.object(old, new, kind.object),
                    None => walk.value(Some(old), Some(new), &Type::Free),
                }
            }
            None => changes.push(whole(mode, document, None, Some(&document.root))),
        }
    }
    for document in old.documents() {
        if !after.contains_key(&document.id) {
            changes.push(whole(mode, document, Some(&document.root), None));
        }
    }
    changes
}

fn by_id(config: &Config) -> HashMap<&DocumentId, &Document> {
    config.documents().iter().map(|document| (&document.id, document)).collect()
}

/// A document without its secrets.
fn shown(document: &Document) -> Node {
    let mut root = document.root.clone();
    redact_document(&mut root, document.kind);
    root
}

/// The coming or going of a document.
fn whole(mode: Mode, document: &Document, old: Option<&Node>, new: Option<&Node>) -> Change {
    Change {
        document: document.id.clone(),
        path: Path::root(),
        old: old.map(|_| shown(document)),
        new: new.map(|_| shown(document)),
        effect: strongest(mode, document.kind, new.or(old)),
    }
}

/// The strongest effect of all that a document sets.
fn strongest(mode: Mode, kind: Option<&'static Kind>, root: Option<&Node>) -> Effect {
    let own = effect_in(mode, kind, &Path::root(), root);
    let fields = root.and_then(Node::as_map).into_iter().flatten();
    fields
        .filter(|(key, _)| kind.is_some_and(|kind| kind.object.field(key).is_some()))
        .map(|(key, _)| effect_in(mode, kind, &Path(vec![key.as_str().into()]), root))
        .fold(own, Effect::max)
}

/// A value as it is compared, and as it is shown: without secrets, of the same structure.
#[derive(Clone, Copy)]
struct Side<'a> {
    real: &'a Node,
    shown: &'a Node,
}

impl<'a> Side<'a> {
    fn key(self, key: &str) -> Option<Self> {
        Some(Self { real: self.real.get(key)?, shown: self.shown.get(key)? })
    }

    fn item(self, index: usize) -> Option<Self> {
        Some(Self { real: self.real.as_seq()?.get(index)?, shown: self.shown.as_seq()?.get(index)? })
    }

    fn keys(self) -> impl Iterator<Item = &'a String> {
        self.real.as_map().into_iter().flatten().map(|(key, _)| key)
    }
}

struct Walk<'a> {
    mode: Mode,
    document: &'a Document,
    changes: &'a mut Vec<Change>,
    path: Path,
}

impl Walk<'_> {
    fn object(&mut self, old: Side<'_>, new: Side<'_>, rows: &'static Object) {
        let gone = old.keys().filter(|key| new.real.get(key).is_none());
        for key in new.keys().chain(gone) {
            let (mut before, mut after) = (old.key(key), new.key(key));
            let field = rows.field(key);
            // Beside nothing, a section that says nothing is nothing.
            if let (Some(field), true) = (field, before.is_none() || after.is_none()) {
                before = before.filter(|side| !says_nothing(side.real, field));
                after = after.filter(|side| !says_nothing(side.real, field));
            }
            self.path.push(key.as_str());
            self.value(before, after, field.map_or(&Type::Free, |field| &field.ty));
            self.path.pop();
        }
    }

    fn value(&mut self, old: Option<Side<'_>>, new: Option<Side<'_>>, ty: &Type) {
        // Null is the same as absent.
        let (old, new) = (old.filter(|side| !side.real.is_null()), new.filter(|side| !side.real.is_null()));
        let (Some(before), Some(after)) = (old, new) else {
            if old.is_some() || new.is_some() {
                self.change(old, new);
            }
            return;
        };
        match (&before.real.value, &after.real.value, ty) {
            (Value::Map(_), Value::Map(_), Type::Object(rows)) => self.object(before, after, rows),
            (Value::Map(_), Value::Map(_), Type::Map(_) | Type::Free | Type::Args) => {
                let inner = match ty {
                    Type::Map(value) => *value,
                    Type::Args => &Type::Text,
                    _ => &Type::Free,
                };
                let gone = before.keys().filter(|key| after.real.get(key).is_none());
                for key in after.keys().chain(gone) {
                    self.path.push(key.as_str());
                    self.value(before.key(key), after.key(key), inner);
                    self.path.pop();
                }
            }
            // An argument is a text or a list of them.
            (Value::Seq(l), Value::Seq(r), Type::List(_) | Type::Free | Type::Text) => {
                let item = if let Type::List(item) = ty { *item } else { ty };
                self.list((before, l), (after, r), item);
            }
            _ if same(before.real, after.real, ty) => {}
            _ => self.change(old, new),
        }
    }

    /// Items that are in both lists are compared, at their place in the new one.
    fn list(&mut self, (old, l): (Side<'_>, &[Node]), (new, r): (Side<'_>, &[Node]), item: &Type) {
        for step in align(l, r, item) {
            let (before, after, place) = match step {
                Step::Both(before, after) => (Some(before), Some(after), after),
                Step::Gone(index) => (Some(index), None, index),
                Step::Come(index) => (None, Some(index), index),
            };
            let before = before.and_then(|index| old.item(index));
            let after = after.and_then(|index| new.item(index));
            self.path.push(place);
            match step {
                Step::Both(..) => self.value(before, after, item),
                _ => self.change(before, after),
            }
            self.path.pop();
        }
    }

    fn change(&mut self, old: Option<Side<'_>>, new: Option<Side<'_>>) {
        self.changes.push(Change {
            document: self.document.id.clone(),
            path: self.path.clone(),
            old: old.map(|side| side.shown.clone()),
            new: new.map(|side| side.shown.clone()),
            effect: effect_in(self.mode, self.document.kind, &self.path, Some(&self.document.root)),
        });
    }
}

/// Whether two values mean the same to a type.
fn same(left: &Node, right: &Node, ty: &Type) -> bool {
    match ty {
        Type::Choice(choice) => {
            let word = |node: &Node| {
                let text = node.as_text()?.into_owned();
                Some((choice.canonical)(&text).map_or(text, str::to_owned))
            };
            left == right || word(left).is_some() && word(left) == word(right)
        }
        Type::Text | Type::Formatted(_) | Type::IntOrText => {
            left.as_text() == right.as_text()
                && left.is_collection() == right.is_collection()
                && (!left.is_collection() || left == right)
        }
        Type::Bool => left == right || bool::read(left).is_some_and(|value| bool::read(right) == Some(value)),
        _ => left == right,
    }
}

/// The difference of the two texts as lines, in the canonical order, without secrets and what says nothing:
/// `---`, `+++` and hunks of three lines around each difference. Empty when there is none.
pub fn text_diff(old: &Config, new: &Config) -> String {
    let (before, after) = (redacted_canonical(old), redacted_canonical(new));
    if before == after {
        return String::new();
    }
    let diff = similar::TextDiff::from_lines(&before, &after);
    diff.unified_diff().context_radius(3).header("a", "b").to_string()
}

fn redacted_canonical(config: &Config) -> String {
    let redacted = Config::decode_lenient(config.source(), config.redacted_text().as_bytes());
    let Ok(mut config) = redacted else { return String::new() };
    config.change_roots(quiet);
    config.canonical_text()
}

#[cfg(test)]
mod tests;
