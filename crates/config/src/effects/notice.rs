//! What of a configuration has no effect on a machine, in the words that are shown to whoever wrote it.

use std::fmt;

use super::row::{Level, Row, Why, is_in, rows};
use crate::container::{Config, Document};
use crate::problem::{Problem, Severity};
use crate::validate::Mode;
use crate::yaml::{Node, Path, Segment, Span, Value};

/// The rule under which notices are reported.
pub const RULE: &str = "without-effect";

/// Most documents that are named in one notice.
const MOST_NAMES: usize = 5;

/// A kind, or a field of it, that a configuration has and that does nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// The kind of document.
    pub kind: &'static str,
    /// The path of the row, with `[]` for items of lists and `{}` for entries of mappings; empty for the whole kind.
    pub path: &'static str,
    /// The names of the documents that have it, in their order; empty for kinds without names.
    pub names: Vec<String>,
    /// Why it has no effect.
    pub why: Why,
    /// How much that matters.
    pub level: Level,
    /// What that means for the machine.
    pub so: &'static str,
    /// Where the first one is.
    pub place: Span,
    /// The path of the first one.
    pub at: Path,
}

impl Notice {
    /// Kind, names and path: `LinkConfig eth0: multicast`.
    pub fn label(&self) -> String {
        let mut label = self.kind.to_owned();
        let named = self.names.iter().take(MOST_NAMES).filter(|name| !name.is_empty());
        let named: Vec<&str> = named.map(String::as_str).collect();
        if !named.is_empty() {
            label = format!("{label} {}", named.join(", "));
        }
        if let Some(more) = self.names.len().checked_sub(MOST_NAMES).filter(|more| *more > 0) {
            label = format!("{label} and {more} more");
        }
        if self.path.is_empty() { label } else { format!("{label}: {}", self.path) }
    }

    /// What is wrong with it: `has no effect in this version: …`.
    pub fn reason(&self) -> String {
        let (so, nothing) = (self.so, if self.level == Level::Grave { "NO EFFECT" } else { "no effect" });
        match self.why {
            Why::NotBuilt => format!("has {nothing} in this version: {so}"),
            Why::Host => format!("has {nothing} in container mode: {so}"),
            Why::NoOp => format!("has {nothing}: {so}"),
        }
    }

    /// As a warning at the place of the first one.
    pub fn problem(&self, source: &str) -> Problem {
        let label =
            if self.path.is_empty() { self.label() } else { Self { path: "", ..self.clone() }.label() };
        Problem {
            severity: Severity::Warning,
            rule: RULE.into(),
            source: source.into(),
            document: label.into(),
            path: self.at.clone(),
            span: self.place,
            message: self.reason(),
            suggestion: None,
            unknown: None,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.label(), self.reason())
    }
}

/// The one line for what every generated configuration has and this machine does not do.
pub fn quiet_line(notices: &[Notice]) -> Option<String> {
    let quiet = notices.iter().filter(|notice| notice.level == Level::Quiet);
    let labels: Vec<String> = quiet.map(Notice::label).collect();
    let host = notices.iter().any(|notice| notice.level == Level::Quiet && notice.why == Why::Host);
    let why = if host { "in container mode, where it is the host's affair" } else { "in this version" };
    (!labels.is_empty()).then(|| format!("without effect {why}: {}", labels.join("; ")))
}

/// What is worth a line of its own, gravest first, then everything else in one line.
pub fn lines(notices: &[Notice]) -> Vec<String> {
    let loud = notices.iter().filter(|notice| notice.level > Level::Quiet).map(ToString::to_string);
    loud.chain(quiet_line(notices)).collect()
}

impl Config {
    /// What of it has no effect on a machine of this mode: one notice for each kind or field, gravest first, otherwise in
    /// the order of the table. What says nothing, or asks for what is the case anyway, is left out.
    pub fn without_effect(&self, mode: Mode) -> Vec<Notice> {
        let mut found: Vec<(usize, Notice)> = Vec::new();
        for document in self.documents() {
            for (index, hit) in hits(document, mode) {
                let same = |(at, notice): &&mut (usize, Notice)| *at == index && notice.kind == hit.kind;
                match found.iter_mut().find(same) {
                    Some((_, notice)) => notice.names.extend(hit.names),
                    None => found.push((index, hit)),
                }
            }
        }
        found.sort_by_key(|(index, notice)| (std::cmp::Reverse(notice.level), *index));
        found.into_iter().map(|(_, notice)| notice).collect()
    }
}

/// The rows that a document falls under, each once, with their places in the table.
fn hits(document: &Document, mode: Mode) -> Vec<(usize, Notice)> {
    let Some(kind) = document.kind else { return Vec::new() };
    let mut hits: Vec<(usize, Notice)> = Vec::new();
    let own = rows().enumerate().filter(|(_, row)| row.kinds.contains(&kind.name));
    for (index, row) in own {
        let Some((why, without)) = row.without_in(mode) else { continue };
        if why == Why::NoOp {
            continue;
        }
        // What is told of the whole is not told again of its parts, unless they matter more.
        let told = |(_, hit): &(usize, Notice)| is_in(row.path, hit.path) && hit.level >= without.level;
        if hits.iter().any(told) {
            continue;
        }
        let Some(at) = first(&document.root, row) else { continue };
        hits.push((
            index,
            Notice {
                kind: kind.name,
                path: row.path,
                names: Some(document.id.name.clone()).filter(|name| !name.is_empty()).into_iter().collect(),
                why,
                level: without.level,
                so: without.so,
                place: if at.0.is_empty() { Span::new(document.line, 1) } else { at.locate(&document.root) },
                at,
            },
        ));
    }
    hits
}

/// The first value at the path of a row that says something and is such a case.
fn first(root: &Node, row: &Row) -> Option<Path> {
    let when = row.without.as_ref()?.when;
    let case = |(at, node): &(Path, &Node)| (at.0.is_empty() || says_something(node)) && when.holds(node);
    select(root, row.path).into_iter().find(case).map(|(at, _)| at)
}

/// Every value at a path with `[]` and `{}` in it.
fn select<'a>(root: &'a Node, path: &str) -> Vec<(Path, &'a Node)> {
    let mut found = vec![(Path::root(), root)];
    for step in steps(path) {
        found = found.into_iter().flat_map(|(at, node)| below(&at, node, step)).collect();
    }
    found
}

/// A path in steps: keys, `[]` and `{}`.
pub(super) fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split('.').flat_map(|part| {
        let cut = part.find(['[', '{']).unwrap_or(part.len());
        let (key, mut rest) = part.split_at(cut);
        let mut all: Vec<&str> = Some(key).filter(|key| !key.is_empty()).into_iter().collect();
        while rest.len() >= 2 {
            let (step, more) = rest.split_at(2);
            all.push(step);
            rest = more;
        }
        all
    })
}

fn below<'a>(at: &Path, node: &'a Node, step: &str) -> Vec<(Path, &'a Node)> {
    match (step, &node.value) {
        ("[]", Value::Seq(items)) => items.iter().enumerate().map(|(i, item)| (at.join(i), item)).collect(),
        ("{}", Value::Map(map)) => map.iter().map(|(key, value)| (at.join(key.as_str()), value)).collect(),
        (key, _) => node.get(key).map(|value| (at.join(key), value)).into_iter().collect(),
    }
}

/// Whether there is anything in it but empty mappings, lists and texts.
fn says_something(node: &Node) -> bool {
    match &node.value {
        Value::Map(map) => map.values().any(says_something),
        Value::Seq(items) => items.iter().any(says_something),
        Value::Str(text) => !text.is_empty(),
        _ => !node.is_null(),
    }
}

/// A path of a document as the table writes it.
pub(super) fn normalized(path: &Path, mut ty: crate::schema::Type) -> String {
    use crate::schema::Type;
    let mut text = String::new();
    for segment in &path.0 {
        match (ty, segment) {
            (Type::Object(object), Segment::Key(key)) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
                match object.field(key) {
                    Some(field) => ty = field.ty,
                    None => break,
                }
            }
            (Type::List(item), Segment::Index(_)) => {
                text.push_str("[]");
                ty = *item;
            }
            (Type::Map(value), Segment::Key(_)) => {
                text.push_str("{}");
                ty = *value;
            }
            _ => break,
        }
    }
    text
}
