//! JSON 6902: operations read and carried out.

use crate::yaml::{Limits, Map, Node, Span, Value};

/// An operation.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    action: Action,
    /// The path as it was written.
    pub(super) path: String,
    pointer: Vec<String>,
    pub(super) span: Span,
}

#[derive(Debug, Clone)]
enum Action {
    Add(Node),
    Remove,
    Replace(Node),
    Move(Vec<String>),
    Copy(Vec<String>),
    Test(Node),
}

impl Operation {
    /// Reads an operation, or says what is wrong with it and where.
    pub(super) fn read(item: Node) -> Result<Self, (Span, String)> {
        let span = item.span;
        let fail = |message: String| (span, message);
        let Some(map) = item.as_map() else {
            return Err(fail(format!("a JSON 6902 operation is a mapping, not {}", item.kind_name())));
        };
        let text = |key: &str| {
            let node = map.get(key).ok_or_else(|| fail(format!("the operation has no {key:?}")))?;
            let text = node.as_text().ok_or_else(|| (node.span, format!("{key:?} has to be a text")))?;
            Ok(text.into_owned())
        };
        let value = || map.get("value").cloned().ok_or_else(|| fail("the operation has no \"value\"".into()));
        let from = || pointer(&text("from")?).map_err(fail);
        let action = match text("op")?.as_str() {
            "add" => Action::Add(value()?),
            "remove" => Action::Remove,
            "replace" => Action::Replace(value()?),
            "move" => Action::Move(from()?),
            "copy" => Action::Copy(from()?),
            // Without a value, nothing is what is expected.
            "test" => Action::Test(map.get("value").cloned().unwrap_or_default()),
            other => {
                return Err(fail(format!("{other:?} is not one of add, remove, replace, move, copy, test")));
            }
        };
        let path = text("path")?;
        Ok(Self { action, pointer: pointer(&path).map_err(fail)?, path, span })
    }

    /// Marks every value that the operation brings, and itself, as the patch of this number.
    pub(super) fn mark(&mut self, step: u16, mark: impl Fn(&mut Node, u16)) {
        self.span.source = step;
        if let Action::Add(value) | Action::Replace(value) = &mut self.action {
            mark(value, step);
        }
    }

    /// Changes the document, or says why it cannot.
    pub(super) fn carry_out(self, root: &mut Node, budget: &mut Budget) -> Result<(), String> {
        let path = &self.path;
        let missing = || format!("lookup failed: there is nothing at {path:?}");
        match self.action {
            Action::Add(value) => add(root, &self.pointer, value, path, budget),
            Action::Remove => remove(root, &self.pointer, budget)?.map(drop).ok_or_else(missing),
            Action::Replace(value) => {
                budget.place(&self.pointer, &value)?;
                match find_mut(root, &self.pointer) {
                    Some(node) => super::merge::replace(node, value),
                    // Existing patches set members of mappings so, whether they are there or not.
                    None => member_mut(root, &self.pointer).ok_or_else(missing)?.set(value),
                }
                Ok(())
            }
            Action::Copy(from) => {
                let value = find(root, &from).ok_or_else(|| nothing(&from))?;
                budget.carry(value)?;
                // That it is here is the patch's doing; what is inside keeps its origin.
                let mut value = value.clone();
                value.key = self.span;
                add(root, &self.pointer, value, path, budget)
            }
            Action::Move(from) if self.pointer == from => {
                find(root, &from).map(drop).ok_or_else(|| nothing(&from))
            }
            Action::Move(from) if self.pointer.starts_with(&from) => {
                Err(format!("a value cannot be moved into itself ({path:?})"))
            }
            Action::Move(from) => {
                let mut value = remove(root, &from, budget)?.ok_or_else(|| nothing(&from))?;
                budget.carry(&value)?;
                value.key = self.span;
                add(root, &self.pointer, value, path, budget)
            }
            Action::Test(value) => match find(root, &self.pointer).map(|node| *node == value) {
                Some(true) => Ok(()),
                Some(false) => Err(format!("the value at {path:?} is not the expected one")),
                // That nobody has set a member of a mapping.
                None if value.is_null() && member_mut(root, &self.pointer).is_some() => Ok(()),
                None => Err(missing()),
            },
        }
    }
}

/// What all operations of a patch together may do to a document: copies can double it again and again, moves
/// can nest it ever deeper, and removing from the front of a long list moves all of it.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    nodes: usize,
    bytes: usize,
    shifted: usize,
}

/// Items of lists and mappings that may change their place: far beyond any real patch, done in about a second.
const MOST_SHIFTED: usize = 20_000_000;

impl Budget {
    pub(super) fn new() -> Self {
        Self { limits: Limits::default(), nodes: 0, bytes: 0, shifted: 0 }
    }

    /// Counts a value that is copied or moved.
    fn carry(&mut self, value: &Node) -> Result<(), String> {
        let (nodes, bytes) = value.weight();
        self.nodes += nodes;
        self.bytes += bytes;
        match self.nodes > self.limits.alias_nodes || self.bytes > self.limits.alias_bytes {
            true => Err("the copies and moves of this patch are too large; write the values out".to_owned()),
            false => Ok(()),
        }
    }

    /// Counts items that make room or close up.
    fn shift(&mut self, items: usize) -> Result<(), String> {
        self.shifted += items;
        match self.shifted > MOST_SHIFTED {
            true => {
                Err("this patch moves too many items of long lists; replace the list as a whole".to_owned())
            }
            false => Ok(()),
        }
    }

    /// Checks that a value does not go deeper than what can be read.
    fn place(&self, pointer: &[String], value: &Node) -> Result<(), String> {
        match pointer.len() + value.depth() > self.limits.depth {
            true => Err(format!("the result is nested more than {} levels deep", self.limits.depth)),
            false => Ok(()),
        }
    }
}

fn nothing(pointer: &[String]) -> String {
    let path: String =
        pointer.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1"))).collect();
    format!("lookup failed: there is nothing at {path:?}")
}

/// The parts of a JSON pointer.
fn pointer(text: &str) -> Result<Vec<String>, String> {
    match text.strip_prefix('/') {
        Some(rest) => Ok(rest.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect()),
        None if text.is_empty() => Ok(Vec::new()),
        None => Err(format!("the path {text:?} has to begin with \"/\"")),
    }
}

/// The index that a part means in a list; negative ones count from the end, as existing patches use them.
fn index(part: &str, len: usize) -> Option<usize> {
    match part.strip_prefix('-') {
        Some(back) => len.checked_sub(number(back).filter(|back| *back > 0)?),
        None => number(part),
    }
}

fn number(digits: &str) -> Option<usize> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (plain && (digits == "0" || !digits.starts_with('0'))).then(|| digits.parse().ok())?
}

fn find<'a>(root: &'a Node, pointer: &[String]) -> Option<&'a Node> {
    pointer.iter().try_fold(root, |node, part| match &node.value {
        Value::Map(map) => map.get(part),
        Value::Seq(items) => items.get(index(part, items.len())?),
        _ => None,
    })
}

fn find_mut<'a>(root: &'a mut Node, pointer: &[String]) -> Option<&'a mut Node> {
    pointer.iter().try_fold(root, |node, part| match &mut node.value {
        Value::Map(map) => map.get_mut(part),
        Value::Seq(items) => {
            let index = index(part, items.len())?;
            items.get_mut(index)
        }
        _ => None,
    })
}

/// A member that a mapping does not have.
struct Member<'a> {
    map: &'a mut Map,
    key: &'a str,
}

impl Member<'_> {
    fn set(self, value: Node) {
        self.map.insert(self.key.to_owned(), value);
    }
}

/// The member that a pointer ends in, if it is one of a mapping that is there.
fn member_mut<'a>(root: &'a mut Node, pointer: &'a [String]) -> Option<Member<'a>> {
    let (key, parent) = pointer.split_last()?;
    Some(Member { map: find_mut(root, parent)?.as_map_mut()?, key })
}

fn add(
    root: &mut Node,
    pointer: &[String],
    value: Node,
    path: &str,
    budget: &mut Budget,
) -> Result<(), String> {
    budget.place(pointer, &value)?;
    let Some((last, parent)) = pointer.split_last() else {
        *root = value;
        return Ok(());
    };
    let holder = find_mut(root, parent).ok_or_else(|| {
        format!(
            "lookup failed: there is nothing at {:?} to add {path:?} to",
            &path.get(..path.rfind('/').unwrap_or(0)).unwrap_or_default()
        )
    })?;
    match &mut holder.value {
        Value::Map(map) => {
            map.insert(last.clone(), value);
            Ok(())
        }
        Value::Seq(items) if last == "-" => {
            items.push(value);
            Ok(())
        }
        Value::Seq(items) => match index(last, items.len()) {
            Some(index) if index <= items.len() => {
                budget.shift(items.len() - index)?;
                items.insert(index, value);
                Ok(())
            }
            _ => Err(format!("lookup failed: {path:?} is past the end of a list of {}", items.len())),
        },
        _ => Err(format!("nothing can be added at {path:?}: it is below {}", holder.kind_name())),
    }
}

fn remove(root: &mut Node, pointer: &[String], budget: &mut Budget) -> Result<Option<Node>, String> {
    let Some((last, parent)) = pointer.split_last() else { return Ok(None) };
    Ok(match find_mut(root, parent).map(|holder| &mut holder.value) {
        Some(Value::Map(map)) => match map.get_index_of(last) {
            Some(index) => {
                budget.shift(map.len() - index)?;
                map.shift_remove(last)
            }
            None => None,
        },
        Some(Value::Seq(items)) => match index(last, items.len()).filter(|index| *index < items.len()) {
            Some(index) => {
                budget.shift(items.len() - index)?;
                Some(items.remove(index))
            }
            None => None,
        },
        _ => None,
    })
}
