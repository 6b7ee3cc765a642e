//! Strategic merge: how each type of value takes in another (contract os.md 1.6).

use std::mem::take;
use std::sync::Arc;

use super::delete::same;
use super::keyed::Places;
use super::problem;
use crate::problem::{Report, Severity};
use crate::schema::{Merge, Object, Type};
use crate::yaml::{Map, Node, Path, Value};

/// Merges a patch's document into one of the same identity.
pub(super) struct Merger<'a> {
    pub(super) report: &'a mut Report,
    pub(super) patch: &'a Arc<str>,
    pub(super) document: &'a str,
    /// In the v1alpha1 document a number zero counts as not given, as an empty text does everywhere.
    pub(super) legacy: bool,
    pub(super) path: Path,
}

impl Merger<'_> {
    /// Merges mappings with known keys. New keys go where the table has them.
    pub(super) fn object(&mut self, target: &mut Map, patch: Map, object: &'static Object) {
        self.pair(target, &patch, object);
        for (key, value) in patch {
            let identity = self.path.0.is_empty() && matches!(key.as_str(), "apiVersion" | "kind");
            if identity || value.is_null() {
                continue;
            }
            let field = object.field(&key);
            match target.get_mut(&key) {
                None => insert(target, key, value, object),
                Some(node) => {
                    self.path.push(key.as_str());
                    match field {
                        Some(field) => self.value(node, value, &field.ty, field.merge),
                        None => self.free(node, value),
                    }
                    self.path.pop();
                }
            }
        }
    }

    /// A certificate and its key are one value: another certificate takes the key of the old one away.
    fn pair(&mut self, target: &mut Map, patch: &Map, object: &'static Object) {
        let Some(certificate) = object.certificate_of_pair() else { return };
        let text = |map: &Map, key: &str| {
            let text = map.get(key).and_then(Node::as_text).unwrap_or_default();
            text.split_whitespace().collect::<String>()
        };
        let new = text(patch, certificate);
        if new.is_empty() || new == text(target, certificate) {
            return;
        }
        let old = target.shift_remove("key").filter(|key| key.as_text().is_some_and(|text| !text.is_empty()));
        if old.is_some() && text(patch, "key").is_empty() {
            let message = "the key of the old certificate is taken away with it; give the new one's, if the \
                           machine is to have it";
            let position = patch.get(certificate).map(Node::position).unwrap_or_default();
            let at = (self.path.clone(), position);
            let rule = (Severity::Warning, "patch-certificate-key");
            self.report.push(problem(rule, self.patch, self.document, at, message.to_owned()));
        }
    }

    fn value(&mut self, target: &mut Node, mut patch: Node, ty: &'static Type, merge: Merge) {
        if target.is_null() || merge == Merge::Replace {
            return replace(target, patch);
        }
        match (ty, &mut target.value, &mut patch.value) {
            (Type::Object(object), Value::Map(map), Value::Map(patch)) => {
                self.object(map, take(patch), object)
            }
            (Type::Map(item), Value::Map(map), Value::Map(patch)) => self.map(map, take(patch), item),
            (Type::Args, Value::Map(map), Value::Map(patch)) => {
                for (key, value) in take::<Map>(patch) {
                    set(map, key, value);
                }
            }
            (Type::List(item), Value::Seq(items), Value::Seq(patch)) => {
                self.list(items, take(patch), item, merge);
            }
            (Type::Free, ..) => self.free(target, patch),
            _ => self.scalar(target, patch, ty),
        }
    }

    fn map(&mut self, target: &mut Map, patch: Map, item: &'static Type) {
        for (key, value) in patch {
            match (item, target.get_mut(&key)) {
                (Type::Object(_), Some(node)) if !value.is_null() => {
                    self.path.push(key.as_str());
                    self.value(node, value, item, Merge::Default);
                    self.path.pop();
                }
                _ => set(target, key, value),
            }
        }
    }

    fn list(&mut self, target: &mut Vec<Node>, patch: Vec<Node>, item: &'static Type, merge: Merge) {
        let keys = match merge {
            Merge::ByKey(keys) | Merge::ReplaceByKey(keys) => keys,
            Merge::Default | Merge::Replace => return append(target, patch),
        };
        let mut places = Places::new(target, keys);
        for value in patch {
            let index = places.find(target, &value);
            match index.and_then(|index| target.get_mut(index).map(|node| (index, node))) {
                Some((index, node)) => {
                    self.path.push(index);
                    match merge {
                        Merge::ReplaceByKey(_) => replace(node, value),
                        _ => self.value(node, value, item, Merge::Default),
                    }
                    self.path.pop();
                    places.add(index, node);
                }
                None if places.holds(&value) => {}
                None => {
                    places.add(target.len(), &value);
                    target.push(value);
                }
            }
        }
    }

    fn scalar(&mut self, target: &mut Node, patch: Node, ty: &Type) {
        if target.is_collection() || patch.is_collection() {
            return self.mismatch(target, &patch);
        }
        let zero = match (&patch.value, ty) {
            (Value::Str(text), _) => text.is_empty(),
            (Value::Int(0), Type::Int { .. } | Type::IntOrText) => self.legacy,
            _ => false,
        };
        if !zero {
            return replace(target, patch);
        }
        if !same(target, &patch) {
            let message =
                "an empty value does not replace one that is set; delete it with \"$patch: delete\"";
            let at = (self.path.clone(), patch.position());
            let rule = (Severity::Warning, "patch-empty-value");
            self.report.push(problem(rule, self.patch, self.document, at, message.to_owned()));
        }
    }

    /// Merges content that is not ours: mappings by key, lists append, scalars replace.
    fn free(&mut self, target: &mut Node, mut patch: Node) {
        match (&mut target.value, &mut patch.value) {
            (Value::Map(map), Value::Map(patch)) => {
                for (key, value) in take::<Map>(patch) {
                    match map.get_mut(&key) {
                        Some(node) => {
                            self.path.push(key.as_str());
                            self.free(node, value);
                            self.path.pop();
                        }
                        None => {
                            map.insert(key, value);
                        }
                    }
                }
            }
            (Value::Seq(items), Value::Seq(patch)) => append(items, take(patch)),
            (Value::Null, _) | (_, Value::Null) => replace(target, patch),
            (old, new) if is_collection(old) || is_collection(new) => self.mismatch(target, &patch),
            _ => replace(target, patch),
        }
    }

    fn mismatch(&mut self, target: &Node, patch: &Node) {
        let message = format!("{} cannot be merged into {}", patch.kind_name(), target.kind_name());
        let at = (self.path.clone(), patch.position());
        self.report.push(problem((Severity::Error, "patch-type"), self.patch, self.document, at, message));
    }
}

fn is_collection(value: &Value) -> bool {
    matches!(value, Value::Map(_) | Value::Seq(_))
}

/// Puts a value in the place of another. What is equal stays, with its origin; comments stay unless the new
/// value brings its own.
pub(super) fn replace(target: &mut Node, mut patch: Node) {
    if target.value == patch.value {
        return;
    }
    let own = patch.comments().is_some_and(|comments| *comments != Default::default());
    if !own && let Some(comments) = target.comments() {
        *patch.comments_mut() = comments.clone();
    }
    *target = patch;
}

/// Appends items, unless all of them are there in a row already: the patch has been applied before.
fn append(target: &mut Vec<Node>, patch: Vec<Node>) {
    if !holds(target, &patch) {
        target.extend(patch);
    }
}

/// Whether a list has items in a row, found in time that grows with the length of both (Knuth, Morris, Pratt).
fn holds(list: &[Node], row: &[Node]) -> bool {
    // Most rows begin with something new, which is found out quickly.
    let first = row.first().is_none_or(|first| list.iter().any(|node| same(node, first)));
    if row.len() > list.len() || !first {
        return false;
    }
    let row: Vec<String> = row.iter().map(Node::fingerprint).collect();
    // How many items of the row's beginning end at each of its items.
    let mut known: Vec<usize> = vec![0; row.len()];
    let extend = |mut found: usize, known: &[usize], item: &String| {
        while found > 0 && row.get(found) != Some(item) {
            found = known.get(found - 1).copied().unwrap_or(0);
        }
        if row.get(found) == Some(item) { found + 1 } else { 0 }
    };
    for index in 1..row.len() {
        let Some((before, item)) = index.checked_sub(1).zip(row.get(index)) else { continue };
        let found = extend(known.get(before).copied().unwrap_or(0), &known, item);
        if let Some(place) = known.get_mut(index) {
            *place = found;
        }
    }
    let mut found = 0;
    row.is_empty()
        || list.iter().any(|node| {
            found = extend(found, &known, &node.fingerprint());
            found == row.len()
        })
}

fn set(map: &mut Map, key: String, value: Node) {
    match map.get_mut(&key) {
        Some(node) => replace(node, value),
        None => {
            map.insert(key, value);
        }
    }
}

/// Inserts a key before the first one that the table has after it.
fn insert(map: &mut Map, key: String, value: Node, object: &'static Object) {
    let mut after = object.fields().skip_while(|field| field.key != key).skip(1);
    match after.find_map(|field| map.get_index_of(field.key)) {
        Some(index) => {
            map.shift_insert(index, key, value);
        }
        None => {
            map.insert(key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_wherever_it_is() {
        let list = |text: &str| text.split_whitespace().map(Node::str).collect::<Vec<_>>();
        for (items, row, expected) in [
            ("a b c", "", true),
            ("a b c", "b c", true),
            ("a b c", "a c", false),
            ("a a b a a a c", "a a a c", true),
            ("a b a b a c", "a b a c", true),
            ("a b a b a c", "b a b b", false),
            ("a", "a a", false),
            ("", "a", false),
        ] {
            assert_eq!(holds(&list(items), &list(row)), expected, "{items} / {row}");
        }
        let many = vec![Node::str("a"); 20_000];
        let mut other = many.clone();
        other.push(Node::str("b"));
        assert!(!holds(&many, &other.split_off(10_001)) && holds(&many, &other));
    }
}
