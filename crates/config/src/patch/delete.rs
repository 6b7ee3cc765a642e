//! `$patch: delete`: found in patches and carried out on documents.

use std::collections::HashSet;

use indexmap::IndexMap;

use crate::documents::{Kind, V1ALPHA1};
use crate::problem::Severity;
use crate::schema::{Object, Redaction, Type, nearest};
use crate::yaml::{Map, Node, Path, Span, Value};

/// Bytes of a value that messages show.
const LONGEST_SHOWN: usize = 60;
/// The key of directives.
const DIRECTIVE: &str = "$patch";

/// Something that a patch deletes.
#[derive(Debug, Clone)]
pub(super) struct Deletion {
    steps: Vec<Step>,
    /// Where the patch says so.
    pub(super) span: Span,
}

#[derive(Debug, Clone)]
enum Step {
    /// A key of a mapping.
    Key(String),
    /// The items of a list that have this value under this key.
    Item(String, Node),
}

/// What was found in a document of a patch.
#[derive(Default)]
pub(super) struct Found {
    /// The document itself is deleted.
    pub(super) whole: bool,
    pub(super) deletions: Vec<Deletion>,
    pub(super) problems: Vec<(Severity, Span, Path, String)>,
}

/// Takes the directives out of a document, and the mappings and lists that held nothing else.
pub(super) fn extract(root: &mut Node) -> Found {
    let mut walk =
        Walk { found: Found::default(), steps: Vec::new(), path: Path::root(), inside_item: false };
    if let Some(directive) = root.as_map_mut().and_then(|map| map.shift_remove(DIRECTIVE)) {
        walk.found.whole = walk.is_delete(&directive);
    } else {
        walk.node(root);
    }
    walk.found
}

struct Walk {
    found: Found,
    steps: Vec<Step>,
    path: Path,
    /// Below an item of a list, which has no name that a deletion could use.
    inside_item: bool,
}

impl Walk {
    fn error(&mut self, span: Span, message: &str) {
        self.found.problems.push((Severity::Error, span, self.path.clone(), message.to_owned()));
    }

    fn is_delete(&mut self, directive: &Node) -> bool {
        let known = directive.as_text().is_some_and(|text| text == "delete");
        if !known {
            self.error(directive.span, "the only directive is \"$patch: delete\"");
        }
        known
    }

    /// Whether the node held nothing but directives and has to go.
    fn node(&mut self, node: &mut Node) -> bool {
        match &mut node.value {
            Value::Map(map) if map.contains_key(DIRECTIVE) => {
                self.deletion(map);
                true
            }
            Value::Map(map) => {
                let before = map.len();
                map.retain(|key, value| {
                    self.path.push(key.as_str());
                    self.steps.push(Step::Key(key.clone()));
                    let gone = self.node(value);
                    self.steps.pop();
                    self.path.pop();
                    !gone
                });
                map.is_empty() && before > 0
            }
            Value::Seq(items) => {
                let before = items.len();
                let mut index = 0;
                items.retain_mut(|item| {
                    self.path.push(index);
                    index += 1;
                    let gone = self.item(item);
                    self.path.pop();
                    !gone
                });
                items.is_empty() && before > 0
            }
            _ => false,
        }
    }

    fn item(&mut self, item: &mut Node) -> bool {
        let selector = item.as_map().filter(|map| map.contains_key(DIRECTIVE)).map(|map| {
            map.iter().find(|(key, _)| *key != DIRECTIVE).map(|(key, value)| (key.clone(), value.clone()))
        });
        match selector {
            Some(Some((key, value))) => {
                self.steps.push(Step::Item(key, value));
                if let Some(map) = item.as_map_mut() {
                    self.deletion(map);
                }
                self.steps.pop();
                true
            }
            Some(None) => {
                self.error(
                    item.span,
                    "say which item to delete: give one of its keys beside \"$patch: delete\"",
                );
                true
            }
            None => {
                let outer = std::mem::replace(&mut self.inside_item, true);
                self.node(item);
                self.inside_item = outer;
                false
            }
        }
    }

    fn deletion(&mut self, map: &mut Map) {
        let Some(directive) = map.shift_remove(DIRECTIVE) else { return };
        if !self.is_delete(&directive) {
            return;
        }
        if self.inside_item {
            return self
                .error(directive.position(), "\"$patch: delete\" cannot be used inside of a list's item");
        }
        let selects = matches!(self.steps.last(), Some(Step::Item(..)));
        if map.len() > usize::from(selects) {
            let message = "the other keys beside \"$patch: delete\" have no effect".to_owned();
            let at = directive.position();
            self.found.problems.push((Severity::Warning, at, self.path.clone(), message));
        }
        self.found.deletions.push(Deletion { steps: self.steps.clone(), span: directive.position() });
    }
}

impl Deletion {
    /// `machine.network.interfaces[interface=eth0]`; what may be secret is left out.
    pub(super) fn describe(&self, object: Option<&'static Object>) -> String {
        let mut path = Path::root();
        let mut ty = object.map(Type::Object);
        for step in &self.steps {
            match step {
                Step::Key(key) => {
                    path.push(key.as_str());
                    ty = ty.and_then(|ty| inside(&ty, key));
                }
                Step::Item(key, value) => {
                    let item = if let Some(Type::List(item)) = ty { Some(item) } else { None };
                    let field = if let Some(Type::Object(rows)) = item { rows.field(key) } else { None };
                    let shown = field.is_some_and(|field| field.redaction == Redaction::None);
                    let value = value.as_text().unwrap_or_else(|| value.kind_name().into());
                    let short = value.len() <= LONGEST_SHOWN && !value.contains('\n');
                    return match shown && short {
                        true => format!("{path}[{key}={value}]"),
                        false => format!("{path}[{key}=…]"),
                    };
                }
            }
        }
        path.to_string()
    }

    /// Whether this is about a field of the table that is not set: there is nothing to take away then. Keys of the
    /// user's own and items of lists are another matter: that they are not there may be a slip.
    fn is_unset_field(&self, root: &Node, object: Option<&'static Object>) -> bool {
        let mut ty = object.map(Type::Object);
        let mut node = Some(root);
        let last = self.steps.len().saturating_sub(1);
        for (index, step) in self.steps.iter().enumerate() {
            let Step::Key(key) = step else { return false };
            match ty {
                Some(Type::Object(rows)) if rows.field(key).is_some() => {}
                _ if index == last => return false,
                _ if node.and_then(|node| node.get(key)).is_none() => return false,
                _ => {}
            }
            ty = ty.and_then(|ty| inside(&ty, key));
            node = node.and_then(|node| node.get(key));
        }
        true
    }

    /// The key that was probably meant, if there is one like it.
    pub(super) fn suggestion(&self, root: &Node) -> Option<String> {
        let (Step::Key(key), way) = self.steps.split_last()? else { return None };
        let holder = way.iter().try_fold(root, |node, step| match step {
            Step::Key(key) => node.get(key),
            Step::Item(..) => None,
        })?;
        nearest(key, holder.as_map()?.keys().map(String::as_str)).map(str::to_owned)
    }
}

/// Carries deletions out on a document, all of one mapping or list together, so that many take no longer than a
/// few. Returns those that there is nothing of the kind for.
pub(super) fn carry_out<'a>(
    deletions: &'a [Deletion],
    root: &mut Node,
    kind: Option<&'static Kind>,
) -> Vec<&'a Deletion> {
    let kept = usize::from(kind.is_some_and(|kind| kind.name == V1ALPHA1.name));
    let mut holders: IndexMap<Vec<&str>, Vec<&'a Deletion>> = IndexMap::new();
    let mut missing = Vec::new();
    for deletion in deletions {
        let way = deletion.steps.split_last().and_then(|(_, way)| {
            way.iter().map(|step| if let Step::Key(key) = step { Some(key.as_str()) } else { None }).collect()
        });
        match way {
            Some(way) => holders.entry(way).or_default().push(deletion),
            None => missing.push(deletion),
        }
    }
    for (way, deletions) in holders {
        let holder = way.iter().try_fold(&mut *root, |node, key| node.get_mut(key));
        let wanted = deletions.len();
        let absent = match holder.map(|holder| &mut holder.value) {
            Some(Value::Map(map)) => keys(&deletions, map),
            Some(Value::Seq(items)) => self::items(&deletions, items),
            _ => deletions,
        };
        if absent.len() < wanted {
            prune(root, &way, kept);
        }
        missing.extend(absent);
    }
    missing.retain(|deletion| !deletion.is_unset_field(root, kind.map(|kind| kind.object)));
    missing
}

/// Deletes keys of a mapping.
fn keys<'a>(deletions: &[&'a Deletion], map: &mut Map) -> Vec<&'a Deletion> {
    let key = |deletion: &&'a Deletion| match deletion.steps.last() {
        Some(Step::Key(key)) => Some(key.as_str()),
        _ => None,
    };
    let gone: HashSet<&str> = deletions.iter().filter_map(key).filter(|key| map.contains_key(*key)).collect();
    map.retain(|key, _| !gone.contains(key.as_str()));
    let is_missing = |deletion: &&'a Deletion| key(deletion).is_none_or(|key| !gone.contains(key));
    deletions.iter().copied().filter(is_missing).collect()
}

/// Deletes items of a list.
fn items<'a>(deletions: &[&'a Deletion], items: &mut Vec<Node>) -> Vec<&'a Deletion> {
    let selector = |deletion: &'a Deletion| match deletion.steps.last() {
        Some(Step::Item(key, value)) => Some((key.as_str(), value.fingerprint())),
        _ => None,
    };
    let wanted: HashSet<(&str, String)> =
        deletions.iter().filter_map(|deletion| selector(deletion)).collect();
    let selecting: HashSet<&str> = wanted.iter().map(|(key, _)| *key).collect();
    let mut found: HashSet<(&str, String)> = HashSet::new();
    items.retain(|item| {
        let mut stays = true;
        for key in &selecting {
            let Some(value) = item.get(key) else { continue };
            let selector = (*key, value.fingerprint());
            if wanted.contains(&selector) {
                found.insert(selector);
                stays = false;
            }
        }
        stays
    });
    let is_missing =
        |deletion: &&'a Deletion| selector(deletion).is_none_or(|selector| !found.contains(&selector));
    deletions.iter().copied().filter(is_missing).collect()
}

/// The type of what is under a key of a type.
fn inside(ty: &Type, key: &str) -> Option<Type> {
    match ty {
        Type::Object(rows) => Some(rows.field(key)?.ty),
        Type::Map(value) => Some(**value),
        _ => None,
    }
}

/// Takes away mappings and lists on the way to a place where something was deleted that hold nothing more. The
/// first level of the v1alpha1 document stays: it makes the document what it is.
fn prune(root: &mut Node, way: &[&str], kept: usize) {
    for depth in (kept + 1..=way.len()).rev() {
        let Some((last, parents)) = way.get(..depth).and_then(<[&str]>::split_last) else { return };
        let holder = parents.iter().try_fold(&mut *root, |node, key| node.get_mut(key));
        let Some(map) = holder.and_then(Node::as_map_mut) else { return };
        match map.get(*last).map(|node| &node.value) {
            Some(Value::Map(inner)) if inner.is_empty() => {}
            Some(Value::Seq(items)) if items.is_empty() => {}
            _ => return,
        }
        map.shift_remove(*last);
    }
}

/// Whether two values are the same to a reader: `10` and `"10"` are.
pub(super) fn same(left: &Node, right: &Node) -> bool {
    match (left.as_text(), right.as_text()) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}
