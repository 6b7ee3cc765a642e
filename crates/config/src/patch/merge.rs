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
            Merge::Default | Merge::Replace => return target.extend(patch),
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
            (Value::Seq(items), Value::Seq(patch)) => items.append(patch),
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
