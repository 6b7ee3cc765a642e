//! What is wrong with a configuration: all problems at once, each with file, line, column,
//! path, the rule it breaks and, where one is near, what was probably meant.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::yaml::{Node, Path, Segment, Span, Value, write};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The configuration is refused.
    Error,
    /// The configuration is accepted; something about it deserves a look.
    Warning,
}

impl Severity {
    /// The lower-case word for messages and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Error or warning.
    pub severity: Severity,
    /// The rule, as a stable name for tests and scripts: `unknown-key`, `bond-links-required`.
    pub rule: Cow<'static, str>,
    /// The file, or what stands for it (`<stdin>`, `the request`).
    pub source: Arc<str>,
    /// The document, as its kind and name: `v1alpha1`, `BondConfig bond0`.
    pub document: Arc<str>,
    /// Where in the document.
    pub path: Path,
    /// Where in the file.
    pub span: Span,
    /// What is wrong and what to do about it. Never holds a secret.
    pub message: String,
    /// The key or value that was probably meant.
    pub suggestion: Option<String>,
    /// For an unknown key, where it was found and what it held.
    pub unknown: Option<Box<Unknown>>,
}

/// An unknown key, for the text that existing clients look for.
#[derive(Debug, Clone, PartialEq)]
pub struct Unknown {
    /// The document in the form `apiVersion/kind/name`.
    pub document: Arc<str>,
    /// The line that the document starts at.
    pub line: u32,
    /// The value as YAML text, without texts that may be secret.
    pub value: Node,
}

impl Problem {
    /// An error about a whole file.
    pub fn unplaced(rule: &'static str, source: &str, message: String) -> Self {
        Self {
            severity: Severity::Error,
            rule: rule.into(),
            source: source.into(),
            document: "".into(),
            path: Path::root(),
            span: Span::default(),
            message,
            suggestion: None,
            unknown: None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.source)?;
        if self.span.is_known() {
            write!(f, "{}:", self.span)?;
        }
        write!(f, " {}: ", self.severity.as_str())?;
        if !self.document.is_empty() {
            write!(f, "{}: ", self.document)?;
        }
        if !self.path.0.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        if let Some(suggestion) = &self.suggestion {
            write!(f, "; did you mean {suggestion:?}?")?;
        }
        Ok(())
    }
}

/// All problems found, in the order of the text. As an error it prints one problem a line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    problems: Vec<Problem>,
    left_off: usize,
}

/// More problems than this are counted, not kept: a hostile file must not make a huge answer.
const MOST_PROBLEMS: usize = 1000;

impl Report {
    /// Adds a problem.
    pub fn push(&mut self, mut problem: Problem) {
        if self.problems.len() < MOST_PROBLEMS {
            // A message may show a URL that is wrong, but not who logs in with which password.
            if let Some(message) = crate::redact::without_secrets(&problem.message) {
                problem.message = message;
            }
            self.problems.push(problem);
        } else {
            self.left_off += 1;
        }
    }

    /// Adds the problems of another report.
    pub fn extend(&mut self, other: Report) {
        self.left_off += other.left_off;
        other.problems.into_iter().for_each(|problem| self.push(problem));
    }

    /// Whether further problems are only counted; finding out more about them is wasted.
    pub fn is_full(&self) -> bool {
        self.problems.len() >= MOST_PROBLEMS
    }

    /// Every problem.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The errors only.
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|problem| problem.severity == Severity::Error)
    }

    /// The warnings only.
    pub fn warnings(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|problem| problem.severity == Severity::Warning)
    }

    /// Whether anything is an error.
    pub fn has_errors(&self) -> bool {
        self.left_off > 0 || self.errors().next().is_some()
    }

    /// Whether nothing was found at all.
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// Problems that were found but not kept.
    pub fn left_off(&self) -> usize {
        self.left_off
    }

    /// Counts problems that were found elsewhere and not kept.
    pub(crate) fn leave_off(&mut self, count: usize) {
        self.left_off += count;
    }

    /// What was probably meant where the last problem is.
    pub(crate) fn suggest(&mut self, meant: Option<String>) {
        if let Some(problem) = self.problems.last_mut().filter(|_| self.left_off == 0) {
            problem.suggestion = meant;
        }
    }

    /// Makes errors of the warnings that a rule selects.
    pub fn promote(&mut self, select: impl Fn(&Problem) -> bool) {
        for problem in &mut self.problems {
            if problem.severity == Severity::Warning && select(problem) {
                problem.severity = Severity::Error;
            }
        }
    }

    /// This report as `Err` when it has errors, else with its warnings as `Ok`.
    ///
    /// # Errors
    /// The report itself.
    pub fn into_result(self) -> Result<Report, Report> {
        if self.has_errors() { Err(self) } else { Ok(self) }
    }

    /// The problems as JSON objects with the keys severity, rule, file, line, column, document,
    /// path, message and suggestion.
    pub fn to_json(&self) -> serde_json::Value {
        let row = |problem: &Problem| {
            serde_json::json!({
                "severity": problem.severity.as_str(),
                "rule": problem.rule,
                "file": &*problem.source,
                "line": problem.span.line,
                "column": problem.span.column,
                "document": &*problem.document,
                "path": problem.path.to_string(),
                "message": problem.message,
                "suggestion": problem.suggestion,
            })
        };
        self.problems.iter().map(row).collect()
    }
}

impl Report {
    /// The text of an error status: for documents with unknown keys, the sentence and the YAML of
    /// just those keys that existing clients look for (contract os.md 1.1), then every problem.
    pub fn status_text(&self) -> String {
        let mut text = String::new();
        let mut trees: Vec<(&Unknown, Node)> = Vec::new();
        for problem in self.errors() {
            let Some(unknown) = problem.unknown.as_deref() else { continue };
            let tree = match trees.iter_mut().find(|(known, _)| known.document == unknown.document) {
                Some((_, tree)) => tree,
                None => {
                    trees.push((unknown, Node::empty_map()));
                    let Some((_, tree)) = trees.last_mut() else { continue };
                    tree
                }
            };
            graft(tree, &problem.path.0, &unknown.value);
        }
        for (unknown, tree) in &trees {
            text.push_str(&format!(
                "error decoding document {} (line {}): unknown keys found during decoding:\n{}\n",
                unknown.document,
                unknown.line,
                write(tree)
            ));
        }
        text + &self.to_string()
    }
}

/// Puts a value at a path of a tree that has only what was put there; of lists, items only.
fn graft(tree: &mut Node, path: &[Segment], value: &Node) {
    match path {
        [] => *tree = value.clone(),
        [Segment::Key(key), rest @ ..] => {
            if tree.as_map().is_none() {
                *tree = Node::empty_map();
            }
            if let Some(map) = tree.as_map_mut() {
                graft(map.entry(key.clone()).or_default(), rest, value);
            }
        }
        [Segment::Index(_), rest @ ..] => {
            let mut item = Node::default();
            graft(&mut item, rest, value);
            match &mut tree.value {
                Value::Seq(items) => items.push(item),
                other => *other = Value::Seq(vec![item]),
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.problems.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        if self.left_off > 0 {
            write!(f, "\n… and {} more", self.left_off)?;
        }
        Ok(())
    }
}

impl std::error::Error for Report {}
