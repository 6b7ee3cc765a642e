//! What is different between two configurations, value by value, with what each change does.
//! Secrets are compared but never shown.

mod align;

use std::collections::HashMap;
use std::fmt;

use serde_json::json;

use self::align::{Step, align};
use crate::container::{Config, Document, DocumentId};
use crate::documents::Kind;
use crate::effects::effect_of;
use crate::redact::{redact_document, redact_value};
use crate::schema::{Effect, Object, Redaction, Shape, Type};
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
/// comments and ways to write a value make none.
pub fn diff(old: &Config, new: &Config) -> Vec<Change> {
    let mut changes = Vec::new();
    let (before, after) = (by_id(old), by_id(new));
    for document in new.documents() {
        match before.get(&document.id) {
            Some(before) => {
                let mut walk = Walk { document, changes: &mut changes, path: Path::root() };
                match document.kind {
                    Some(kind) => walk.object(&before.root, &document.root, kind.object),
                    None => {
                        walk.value(Some(&before.root), Some(&document.root), &Type::Free, Redaction::Whole)
                    }
                }
            }
            None => changes.push(whole(document, None, Some(&document.root))),
        }
    }
    for document in old.documents() {
        if !after.contains_key(&document.id) {
            changes.push(whole(document, Some(&document.root), None));
        }
    }
    changes
}

fn by_id(config: &Config) -> HashMap<&DocumentId, &Document> {
    config.documents().iter().map(|document| (&document.id, document)).collect()
}

/// The coming or going of a document.
fn whole(document: &Document, old: Option<&Node>, new: Option<&Node>) -> Change {
    let redacted = |node: &Node| {
        let mut node = node.clone();
        redact_document(&mut node, document.kind);
        node
    };
    Change {
        document: document.id.clone(),
        path: Path::root(),
        old: old.map(redacted),
        new: new.map(redacted),
        effect: strongest(document.kind, new.or(old)),
    }
}

/// The strongest effect of all that a document sets.
fn strongest(kind: Option<&'static Kind>, root: Option<&Node>) -> Effect {
    let own = effect_of(kind, &Path::root());
    let fields = root.and_then(Node::as_map).into_iter().flatten();
    fields
        .filter(|(key, _)| kind.is_some_and(|kind| kind.object.field(key).is_some()))
        .map(|(key, _)| effect_of(kind, &Path(vec![key.as_str().into()])))
        .fold(own, Effect::max)
}

struct Walk<'a> {
    document: &'a Document,
    changes: &'a mut Vec<Change>,
    path: Path,
}

impl Walk<'_> {
    fn object(&mut self, old: &Node, new: &Node, rows: &'static Object) {
        let keys = |node: &Node| -> Vec<String> {
            node.as_map().into_iter().flatten().map(|(k, _)| k.clone()).collect()
        };
        let mut all = keys(new);
        all.extend(keys(old).into_iter().filter(|key| new.get(key).is_none()));
        for key in all {
            let (before, after) = (old.get(&key), new.get(&key));
            self.path.push(key.as_str());
            match rows.field(&key) {
                Some(field) => self.value(before, after, &field.ty, field.redaction),
                None => self.value(before, after, &Type::Free, Redaction::Whole),
            }
            self.path.pop();
        }
    }

    fn value(&mut self, old: Option<&Node>, new: Option<&Node>, ty: &Type, redaction: Redaction) {
        // Null is the same as absent.
        let (old, new) = (old.filter(|node| !node.is_null()), new.filter(|node| !node.is_null()));
        let (Some(before), Some(after)) = (old, new) else {
            if old.is_some() || new.is_some() {
                self.change(old, new, ty, redaction);
            }
            return;
        };
        match (&before.value, &after.value, ty) {
            (Value::Map(_), Value::Map(_), Type::Object(rows)) => self.object(before, after, rows),
            (Value::Map(l), Value::Map(r), Type::Map(_) | Type::Free | Type::Args)
                if redaction != Redaction::Whole =>
            {
                let inner = match ty {
                    Type::Map(value) => *value,
                    Type::Args => &Type::Text,
                    _ => &Type::Free,
                };
                let gone = l.keys().filter(|key| !r.contains_key(*key));
                for key in r.keys().chain(gone) {
                    self.path.push(key.as_str());
                    let redaction = match redaction {
                        Redaction::SecretKeys if key == "secret" => Redaction::Whole,
                        other => other,
                    };
                    self.value(l.get(key), r.get(key), inner, redaction);
                    self.path.pop();
                }
            }
            // An argument is a text or a list of them.
            (Value::Seq(l), Value::Seq(r), Type::List(_) | Type::Free | Type::Text) => {
                let item = if let Type::List(item) = ty { *item } else { ty };
                self.list(l, r, item, redaction);
            }
            _ if same(before, after, ty) => {}
            _ => self.change(old, new, ty, redaction),
        }
    }

    /// Items that are in both lists are compared, at their place in the new one.
    fn list(&mut self, old: &[Node], new: &[Node], item: &Type, redaction: Redaction) {
        for step in align(old, new, item) {
            match step {
                Step::Both(before, after) => {
                    self.path.push(after);
                    self.value(old.get(before), new.get(after), item, redaction);
                    self.path.pop();
                }
                Step::Gone(index) => {
                    self.path.push(index);
                    self.change(old.get(index), None, item, redaction);
                    self.path.pop();
                }
                Step::Come(index) => {
                    self.path.push(index);
                    self.change(None, new.get(index), item, redaction);
                    self.path.pop();
                }
            }
        }
    }

    fn change(&mut self, old: Option<&Node>, new: Option<&Node>, ty: &Type, redaction: Redaction) {
        let redacted = |node: &Node| {
            let mut node = node.clone();
            redact_value(&mut node, ty, redaction);
            node
        };
        self.changes.push(Change {
            document: self.document.id.clone(),
            path: self.path.clone(),
            old: old.map(redacted),
            new: new.map(redacted),
            effect: effect_of(self.document.kind, &self.path),
        });
    }
}

/// Whether two values mean the same to a type.
fn same(left: &Node, right: &Node, ty: &Type) -> bool {
    match ty {
        Type::Text | Type::Formatted(_) | Type::Choice(_) | Type::IntOrText => {
            left.as_text() == right.as_text()
                && left.is_collection() == right.is_collection()
                && (!left.is_collection() || left == right)
        }
        Type::Bool => left == right || bool::read(left).is_some_and(|value| bool::read(right) == Some(value)),
        _ => left == right,
    }
}

/// The difference of the two texts as lines, in the canonical order and without secrets:
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
    redacted.map(|config| config.canonical_text()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
