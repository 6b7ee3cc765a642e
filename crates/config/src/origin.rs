//! Where each value of a merged configuration came from: which file, which patch, which line.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::container::{Config, DocumentId};
use crate::yaml::{Node, Path, Span, Value};

/// Something that set values: a file or a patch.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source {
    /// The file, or what stands for it: `controlplane.yaml`, `@patch.yaml`, `patch 2`.
    pub name: Arc<str>,
    /// The number of the patch from 1 in the order in which they were applied; 0 is the base.
    pub step: usize,
}

/// Where a value was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// By what.
    pub source: Source,
    /// Where in it; unknown for values that code made.
    pub span: Span,
}

/// The origin of every scalar and empty collection of a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    values: BTreeMap<DocumentId, BTreeMap<Path, Origin>>,
    steps: usize,
}

impl Origins {
    /// Everything comes from the configuration's own source.
    pub fn of(config: &Config) -> Self {
        let source = Source { name: config.source().into(), step: 0 };
        let mut origins = Self::default();
        for document in config.documents() {
            let values = origins.values.entry(document.id.clone()).or_default();
            fill(&document.root, &mut Path::root(), &source, values);
        }
        origins
    }

    /// The origins of a configuration whose values are marked with their sources, which have these names.
    pub(crate) fn marked(config: &Config, names: &[Arc<str>]) -> Self {
        let mut origins = Self { values: BTreeMap::new(), steps: names.len().saturating_sub(1) };
        for document in config.documents() {
            let values = origins.values.entry(document.id.clone()).or_default();
            fill_marked(&document.root, &mut Path::root(), names, values);
        }
        origins
    }

    /// After a patch named so turned one configuration into the other: what is as before keeps
    /// its origin, the rest was set by the patch. Documents keep their identity, items of lists
    /// their place from the beginning and from the end.
    pub fn patched(&mut self, before: &Config, after: &Config, name: &str) {
        self.steps += 1;
        let source = Source { name: name.into(), step: self.steps };
        let mut values = BTreeMap::new();
        let old: HashMap<_, _> = before.documents().iter().map(|document| (&document.id, document)).collect();
        for document in after.documents() {
            let old = old.get(&document.id);
            let known = self.values.get(&document.id);
            let mut out = BTreeMap::new();
            let mut walk = Carry { known, source: &source, out: &mut out };
            walk.node(old.map(|old| &old.root), &document.root, &mut Path::root(), &mut Path::root());
            values.insert(document.id.clone(), out);
        }
        self.values = values;
    }

    /// Where a value was set. For a collection, where the first value in it was.
    pub fn get(&self, document: &DocumentId, path: &Path) -> Option<&Origin> {
        let values = self.values.get(document)?;
        values.get(path).or_else(|| {
            let (found, origin) = values.range(path.clone()..).next()?;
            found.0.starts_with(&path.0).then_some(origin)
        })
    }

    /// The name of the file or patch of a number, if a value is from it.
    pub fn source(&self, step: usize) -> Option<&str> {
        let mut origins = self.values.values().flat_map(BTreeMap::values);
        origins.find(|origin| origin.source.step == step).map(|origin| &*origin.source.name)
    }

    /// Every value with its origin, by document and path.
    pub fn iter(&self) -> impl Iterator<Item = (&DocumentId, &Path, &Origin)> {
        self.values
            .iter()
            .flat_map(|(document, values)| values.iter().map(move |(path, origin)| (document, path, origin)))
    }
}

/// Gives everything below a node to a source.
fn fill(node: &Node, path: &mut Path, source: &Source, out: &mut BTreeMap<Path, Origin>) {
    walk(node, path, &mut |node, path| {
        out.insert(path.clone(), Origin { source: source.clone(), span: node.position() });
    });
}

/// Gives every value below a node to the source that it is marked with.
fn fill_marked(node: &Node, path: &mut Path, names: &[Arc<str>], out: &mut BTreeMap<Path, Origin>) {
    walk(node, path, &mut |node, path| {
        let step = usize::from(node.position().source);
        if let Some(name) = names.get(step) {
            let source = Source { name: name.clone(), step };
            out.insert(path.clone(), Origin { source, span: node.position() });
        }
    });
}

/// Shows every scalar and empty collection.
fn walk(node: &Node, path: &mut Path, show: &mut impl FnMut(&Node, &Path)) {
    match &node.value {
        Value::Map(map) if !map.is_empty() => {
            for (key, value) in map.iter() {
                path.push(key.as_str());
                walk(value, path, show);
                path.pop();
            }
        }
        Value::Seq(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                path.push(index);
                walk(item, path, show);
                path.pop();
            }
        }
        _ => show(node, path),
    }
}

/// Carries known origins over from an old tree to a new one.
struct Carry<'a> {
    known: Option<&'a BTreeMap<Path, Origin>>,
    source: &'a Source,
    out: &'a mut BTreeMap<Path, Origin>,
}

impl Carry<'_> {
    fn node(&mut self, old: Option<&Node>, new: &Node, old_path: &mut Path, path: &mut Path) {
        let Some(old) = old else { return fill(new, path, self.source, self.out) };
        match (&old.value, &new.value) {
            (Value::Map(before), Value::Map(after)) if !after.is_empty() => {
                for (key, value) in after.iter() {
                    old_path.push(key.as_str());
                    path.push(key.as_str());
                    self.node(before.get(key), value, old_path, path);
                    path.pop();
                    old_path.pop();
                }
            }
            (Value::Seq(before), Value::Seq(after)) if !after.is_empty() => {
                self.list(before, after, old_path, path);
            }
            (before, after) if before == after => {
                let known = self.known.and_then(|known| known.get(old_path)).cloned();
                let own = || Origin { source: self.source.clone(), span: new.position() };
                let origin = known.unwrap_or_else(own);
                self.out.insert(path.clone(), origin);
            }
            _ => fill(new, path, self.source, self.out),
        }
    }

    fn list(&mut self, before: &[Node], after: &[Node], old_path: &mut Path, path: &mut Path) {
        let start = before.iter().zip(after).take_while(|(l, r)| l == r).count();
        let room = before.len().min(after.len()) - start;
        let tails = before.iter().rev().zip(after.iter().rev()).take(room);
        let end = tails.take_while(|(l, r)| l == r).count();
        let paired = before.len() == after.len();
        for (index, item) in after.iter().enumerate() {
            let old_index = if index < start || paired {
                Some(index)
            } else if index + end >= after.len() {
                (before.len() + index).checked_sub(after.len())
            } else {
                None
            };
            path.push(index);
            match old_index {
                Some(old_index) => {
                    old_path.push(old_index);
                    self.node(before.get(old_index), item, old_path, path);
                    old_path.pop();
                }
                None => fill(item, path, self.source, self.out),
            }
            path.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(name: &str, text: &str) -> Config {
        Config::decode(name, text.as_bytes()).unwrap_or_else(|report| panic!("{report}"))
    }

    #[test]
    fn values_keep_their_origin_until_a_patch_sets_them() {
        let base = config("base.yaml", "machine:\n  type: worker\n  certSANs: [a, b]\n  sysctls: {x: '1'}\n");
        let first = config("", "machine:\n  type: worker\n  certSANs: [a, b, c]\n  sysctls: {x: '2'}\n");
        let second = config("", "machine:\n  type: worker\n  certSANs: [b, c]\n  sysctls: {x: '2'}\n");
        let mut origins = Origins::of(&base);
        origins.patched(&base, &first, "@first.yaml");
        origins.patched(&first, &second, "@second.yaml");
        let of = |path: &str| {
            let origin = origins.get(&DocumentId::v1alpha1(), &Path::dotted(path)).unwrap();
            (origin.source.name.to_string(), origin.source.step)
        };
        assert_eq!(of("machine.type"), ("base.yaml".to_owned(), 0));
        assert_eq!(of("machine.sysctls.x"), ("@first.yaml".to_owned(), 1));
        assert_eq!(of("machine.certSANs.0"), ("base.yaml".to_owned(), 0));
        assert_eq!(of("machine.certSANs.1"), ("@first.yaml".to_owned(), 1));
        assert_eq!(of("machine.certSANs"), ("base.yaml".to_owned(), 0));
        let span = origins.get(&DocumentId::v1alpha1(), &Path::dotted("machine.type")).unwrap().span;
        assert_eq!(span.to_string(), "2:3");
    }

    #[test]
    fn documents_that_a_patch_brings_are_its_own() {
        let base = config("base.yaml", "machine: {type: worker}\n");
        let after = config(
            "",
            "machine: {type: worker}\n---\napiVersion: v1alpha1\nkind: HostnameConfig\nauto: stable\n",
        );
        let mut origins = Origins::of(&base);
        origins.patched(&base, &after, "patch 1");
        let names: Vec<_> =
            origins.iter().map(|(d, p, o)| format!("{} {p} {}", d.kind, o.source.name)).collect();
        assert!(names.contains(&"HostnameConfig auto patch 1".to_owned()), "{names:?}");
        assert!(names.contains(&"v1alpha1 machine.type base.yaml".to_owned()), "{names:?}");
    }
}
