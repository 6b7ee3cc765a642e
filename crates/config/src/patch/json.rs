//! JSON 6902: operations read and carried out.

use crate::yaml::{Node, Span, Value};

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
            "test" => Action::Test(value()?),
            other => {
                return Err(fail(format!("{other:?} is not one of add, remove, replace, move, copy, test")));
            }
        };
        let path = text("path")?;
        Ok(Self { action, pointer: pointer(&path).map_err(fail)?, path, span })
    }

    /// Marks every value that the operation brings.
    pub(super) fn mark(&mut self, mark: impl Fn(&mut Node)) {
        if let Action::Add(value) | Action::Replace(value) = &mut self.action {
            mark(value);
        }
    }

    /// Changes the document, or says why it cannot.
    pub(super) fn carry_out(self, root: &mut Node) -> Result<(), String> {
        let path = &self.path;
        let missing = || format!("lookup failed: there is nothing at {path:?}");
        match self.action {
            Action::Add(value) => add(root, &self.pointer, value, path),
            Action::Remove => remove(root, &self.pointer).map(drop).ok_or_else(missing),
            Action::Replace(value) => {
                super::merge::replace(find_mut(root, &self.pointer).ok_or_else(missing)?, value);
                Ok(())
            }
            Action::Copy(from) => {
                let value = find(root, &from).cloned().ok_or_else(|| nothing(&from))?;
                add(root, &self.pointer, value, path)
            }
            Action::Move(from) if self.pointer == from => {
                find(root, &from).map(drop).ok_or_else(|| nothing(&from))
            }
            Action::Move(from) if self.pointer.starts_with(&from) => {
                Err(format!("a value cannot be moved into itself ({path:?})"))
            }
            Action::Move(from) => {
                let value = remove(root, &from).ok_or_else(|| nothing(&from))?;
                add(root, &self.pointer, value, path)
            }
            Action::Test(value) => match find(root, &self.pointer) {
                Some(node) if *node == value => Ok(()),
                Some(_) => Err(format!("the value at {path:?} is not the expected one")),
                None => Err(missing()),
            },
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

fn add(root: &mut Node, pointer: &[String], value: Node, path: &str) -> Result<(), String> {
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
                items.insert(index, value);
                Ok(())
            }
            _ => Err(format!("lookup failed: {path:?} is past the end of a list of {}", items.len())),
        },
        _ => Err(format!("nothing can be added at {path:?}: it is below {}", holder.kind_name())),
    }
}

fn remove(root: &mut Node, pointer: &[String]) -> Option<Node> {
    let (last, parent) = pointer.split_last()?;
    match &mut find_mut(root, parent)?.value {
        Value::Map(map) => map.shift_remove(last),
        Value::Seq(items) => {
            let index = index(last, items.len()).filter(|index| *index < items.len())?;
            Some(items.remove(index))
        }
        _ => None,
    }
}
