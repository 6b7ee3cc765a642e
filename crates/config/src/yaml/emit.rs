//! Writing: four spaces a level, lists indented under their key, long texts as literal blocks.
//! This is the layout that existing tools write, so a file that went through ours differs from
//! theirs in content only.

use super::scalar::{Scalar, resolve};
use super::style::{Form, form_of, write_double_quoted};
use super::{Comments, Node, Style, Value};

/// Spaces a level of mappings takes.
const INDENT: usize = 4;
/// Keys longer than this need the explicit `? ` form, as the reference emitter writes them.
const LONGEST_SIMPLE_KEY: usize = 128;

/// The text of one document, ending in a line break.
pub fn write(root: &Node) -> String {
    let mut writer = Writer { out: String::new() };
    writer.root(root);
    writer.out
}

/// The text of several documents, separated by `---`.
pub fn write_stream<'a>(roots: impl IntoIterator<Item = &'a Node>) -> String {
    let mut writer = Writer { out: String::new() };
    for (position, root) in roots.into_iter().enumerate() {
        if position > 0 {
            writer.out.push_str("---\n");
        }
        writer.root(root);
    }
    writer.out
}

struct Writer {
    out: String,
}

/// The level below a mapping's value: the next multiple of the step.
fn deeper(indent: usize) -> usize {
    (indent + INDENT) / INDENT * INDENT
}

impl Writer {
    fn root(&mut self, node: &Node) {
        match &node.value {
            Value::Map(map) if !map.is_empty() => {
                for (key, value) in map.iter() {
                    self.entry(key, value, 0, false);
                }
            }
            Value::Seq(items) if !items.is_empty() => self.items(items, 0, false),
            _ => {
                match &node.value {
                    // A block has no parent here to be indented under.
                    Value::Str(text) if text.contains('\n') => write_double_quoted(&mut self.out, text),
                    _ => self.scalar(node),
                }
                self.out.push('\n');
            }
        }
    }

    fn pad(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    /// Lines of comment at a level; empty lines stay empty comments.
    fn comment_lines(&mut self, lines: &[String], indent: usize) {
        for line in lines {
            self.pad(indent);
            self.out.push('#');
            if !line.is_empty() {
                self.out.push(' ');
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }

    fn line_comment(&mut self, comments: Option<&Comments>) {
        if let Some(line) = comments.and_then(|comments| comments.line.as_ref()) {
            self.out.push_str(" # ");
            self.out.push_str(line);
        }
    }

    /// An entry of a mapping. The first one inside a list item starts on the dash's line, with
    /// what stands above it already written.
    fn entry(&mut self, key: &str, value: &Node, indent: usize, on_line: bool) {
        let comments = value.comments();
        if !on_line {
            if let Some(comments) = comments {
                self.comment_lines(&comments.head, indent);
            }
            self.pad(indent);
        }
        if key.len() > LONGEST_SIMPLE_KEY {
            self.out.push_str("? ");
            self.key(key);
            self.out.push('\n');
            self.pad(indent);
        } else {
            self.key(key);
        }
        self.out.push(':');
        match &value.value {
            Value::Map(map) if !map.is_empty() => {
                self.line_comment(comments);
                self.out.push('\n');
                for (key, value) in map.iter() {
                    self.entry(key, value, deeper(indent), false);
                }
            }
            Value::Seq(items) if !items.is_empty() => {
                self.line_comment(comments);
                self.out.push('\n');
                self.items(items, deeper(indent), false);
            }
            _ => {
                self.out.push(' ');
                self.commented_scalar(value, indent, deeper(indent));
            }
        }
        if let Some(comments) = comments {
            self.comment_lines(&comments.foot, indent);
        }
    }

    fn items(&mut self, items: &[Node], indent: usize, mut on_line: bool) {
        for item in items {
            if !on_line {
                self.comments_above(item, indent);
                self.pad(indent);
            }
            on_line = false;
            self.out.push_str("- ");
            match &item.value {
                Value::Map(map) if !map.is_empty() => {
                    for (position, (key, value)) in map.iter().enumerate() {
                        self.entry(key, value, indent + 2, position == 0);
                    }
                }
                Value::Seq(inner) if !inner.is_empty() => self.items(inner, indent + 2, true),
                _ => self.commented_scalar(item, indent, indent + 2),
            }
            if let Some(comments) = item.comments() {
                self.comment_lines(&comments.foot, indent);
            }
        }
    }

    /// Comments above a list item, with those of what starts on its line.
    fn comments_above(&mut self, item: &Node, indent: usize) {
        if let Some(comments) = item.comments() {
            self.comment_lines(&comments.head, indent);
        }
        match &item.value {
            Value::Map(map) => {
                if let Some(comments) = map.first().and_then(|(_, first)| first.comments()) {
                    self.comment_lines(&comments.head, indent);
                }
            }
            Value::Seq(items) => {
                if let Some(first) = items.first() {
                    self.comments_above(first, indent);
                }
            }
            _ => {}
        }
    }

    /// A scalar with its comment and the end of its line. `parent` is the level of the mapping
    /// or dash it belongs to, `indent` where the lines of a block go.
    fn commented_scalar(&mut self, value: &Node, parent: usize, indent: usize) {
        if let Value::Str(text) = &value.value
            && form_of(text, false) == Form::Literal
        {
            self.literal(text, parent, indent, value.comments());
            return;
        }
        self.scalar(value);
        self.line_comment(value.comments());
        self.out.push('\n');
    }

    /// A scalar on one line, or an empty collection.
    fn scalar(&mut self, node: &Node) {
        match &node.value {
            Value::Map(_) => self.out.push_str("{}"),
            Value::Seq(_) => self.out.push_str("[]"),
            Value::Null => self.out.push_str("null"),
            // A date written without quotes stays so: quoting it would change its type for others.
            Value::Str(text) if node.style == Style::Plain && resolve(text) == Scalar::Timestamp => {
                self.out.push_str(text);
            }
            Value::Str(text) => self.text(text, form_of(text, false)),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
                if let Some(text) = node.as_text() {
                    self.out.push_str(&text);
                }
            }
        }
    }

    fn key(&mut self, key: &str) {
        self.text(key, form_of(key, true));
    }

    fn text(&mut self, text: &str, form: Form) {
        match form {
            Form::Plain => self.out.push_str(text),
            Form::SingleQuoted => {
                self.out.push('\'');
                self.out.push_str(&text.replace('\'', "''"));
                self.out.push('\'');
            }
            Form::DoubleQuoted | Form::Literal => write_double_quoted(&mut self.out, text),
        }
    }

    fn literal(&mut self, text: &str, parent: usize, indent: usize, comments: Option<&Comments>) {
        self.out.push('|');
        if text.starts_with([' ', '\n', '\t']) {
            // The content's own indentation must not be taken for the block's.
            self.out.push_str(&indent.saturating_sub(parent).clamp(1, 9).to_string());
        }
        let body = text.trim_end_matches('\n');
        match text.len() - body.len() {
            0 => self.out.push('-'),
            1 if !body.is_empty() => {}
            _ => self.out.push('+'),
        }
        self.line_comment(comments);
        self.out.push('\n');
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            if !line.is_empty() {
                self.pad(indent);
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests;
