//! The strict walk: unknown keys and wrong types, all of them, with positions and advice.

use std::sync::Arc;

use super::shape::{Shape, integer};
use super::suggest::nearest;
use super::{Choice, Object, Redaction, Type};
use crate::problem::{Problem, Report, Severity, Unknown};
use crate::value::REDACTED;
use crate::yaml::{Node, Path, Span, Value};

/// What a walk lets pass and who it is for.
#[derive(Debug, Clone)]
pub struct CheckOptions {
    /// The file.
    pub source: Arc<str>,
    /// The document, for messages.
    pub document: Arc<str>,
    /// The document in the form `apiVersion/kind/name`.
    pub id: Arc<str>,
    /// The line that the document starts at.
    pub line: u32,
    /// Unknown keys are warnings, not errors: a newer system wrote this configuration.
    pub lenient: bool,
    /// Keys that stand beside those of the table at the root: `apiVersion`, `kind`.
    pub extra: &'static [&'static str],
    /// `$patch` directives are allowed.
    pub patch: bool,
}

/// Checks a document against its rows and adds what is wrong to the report.
pub fn check_document(root: &Node, object: &'static Object, options: &CheckOptions, report: &mut Report) {
    let mut walk = Walk { options, report, path: Path::root(), root: object };
    walk.object(root, object, options.extra);
}

struct Walk<'a> {
    options: &'a CheckOptions,
    report: &'a mut Report,
    path: Path,
    root: &'static Object,
}

impl Walk<'_> {
    fn problem(
        &mut self,
        severity: Severity,
        rule: &'static str,
        span: Span,
        message: String,
        suggestion: Option<String>,
    ) {
        self.report.push(Problem {
            severity,
            rule: rule.into(),
            source: self.options.source.clone(),
            document: self.options.document.clone(),
            path: self.path.clone(),
            span,
            message,
            suggestion,
            unknown: None,
        });
    }

    fn mismatch(&mut self, node: &Node, expected: &str, secret: bool) {
        let found = match node.as_text() {
            // What stands before an @ may be a password.
            Some(text) if !secret && !text.contains('@') && text.chars().count() <= 60 => {
                format!("{} {text:?}", node.kind_name())
            }
            _ => node.kind_name().to_owned(),
        };
        self.problem(
            Severity::Error,
            "wrong-type",
            node.span,
            format!("expected {expected}, found {found}"),
            None,
        );
    }

    fn object(&mut self, node: &Node, object: &'static Object, extra: &[&str]) {
        let Some(map) = node.as_map() else {
            return self.mismatch(node, "a mapping", true);
        };
        for (key, value) in map {
            if extra.contains(&key.as_str()) || self.options.patch && key == "$patch" {
                continue;
            }
            self.path.push(key.as_str());
            match object.field(key) {
                Some(field) => {
                    let hidden = field.secret || field.redaction != Redaction::None;
                    self.value(value, &field.ty, hidden);
                }
                // What a newer system left may be taken away; that it is there is checked then.
                None if self.is_deletion(value) => {}
                None => self.unknown(key, value, object),
            }
            self.path.pop();
        }
    }

    fn unknown(&mut self, key: &str, value: &Node, object: &'static Object) {
        let severity = if self.options.lenient { Severity::Warning } else { Severity::Error };
        let mut problem = Problem {
            severity,
            rule: "unknown-key".into(),
            source: self.options.source.clone(),
            document: self.options.document.clone(),
            path: self.path.clone(),
            span: value.position(),
            message: "unknown key".to_owned(),
            suggestion: None,
            unknown: None,
        };
        if !self.report.is_full() {
            problem.suggestion = self.suggestion(key, object);
            // What stands under a misspelled key may be a secret.
            let mut value = value.clone();
            hide_texts(&mut value);
            let (document, line) = (self.options.id.clone(), self.options.line);
            problem.unknown = Some(Box::new(Unknown { document, line, value }));
        }
        self.report.push(problem);
    }

    /// A key of the same mapping that is spelled nearly so, or where else this one belongs.
    fn suggestion(&self, key: &str, object: &'static Object) -> Option<String> {
        let near = nearest(key, object.fields().map(|field| field.key)).map(str::to_owned);
        near.or_else(|| {
            let found = elsewhere(self.root, key, 4)?;
            (found != self.path).then(|| found.to_string())
        })
    }

    fn value(&mut self, node: &Node, ty: &Type, secret: bool) {
        // Null is the same as absent everywhere.
        if node.is_null() || self.is_deletion(node) {
            return;
        }
        match ty {
            Type::Bool => {
                if bool::read(node).is_none() {
                    self.mismatch(node, "true or false", secret);
                }
            }
            Type::Int { min, max } => match integer(node) {
                Some(value) if (*min..=*max).contains(&value) => {}
                Some(_) => self.mismatch(node, &format!("an integer from {min} to {max}"), secret),
                None => self.mismatch(node, "an integer", secret),
            },
            Type::Text => {
                if node.as_text().is_none() {
                    self.mismatch(node, "a text", secret);
                }
            }
            Type::Formatted(format) => match node.as_text() {
                // An empty text is the same as an absent one.
                Some(text) if text.is_empty() || (format.check)(&text) => {}
                _ => self.mismatch(node, format.expected, secret),
            },
            Type::Choice(choice) => self.choice(node, choice),
            Type::List(item) => match node.as_seq() {
                Some(items) => {
                    for (index, node) in items.iter().enumerate() {
                        self.path.push(index);
                        self.value(node, item, secret);
                        self.path.pop();
                    }
                }
                None => self.mismatch(node, "a list", true),
            },
            Type::Map(value) => match node.as_map() {
                Some(map) => {
                    for (key, node) in map {
                        if self.options.patch && key == "$patch" {
                            continue;
                        }
                        self.path.push(key.as_str());
                        self.value(node, value, secret);
                        self.path.pop();
                    }
                }
                None => self.mismatch(node, "a mapping", true),
            },
            Type::Object(object) => self.object(node, object, &[]),
            Type::Free => {
                if node.as_map().is_none() {
                    self.mismatch(node, "a mapping", true);
                }
            }
            Type::Args => match node.as_map() {
                Some(map) => {
                    for (key, node) in map {
                        if self.options.patch && key == "$patch" {
                            continue;
                        }
                        self.path.push(key.as_str());
                        match &node.value {
                            Value::Seq(_) => self.value(node, &Type::List(&Type::Text), secret),
                            Value::Map(_) if !self.is_deletion(node) => {
                                self.mismatch(node, "a text or a list of texts", secret);
                            }
                            _ => {}
                        }
                        self.path.pop();
                    }
                }
                None => self.mismatch(node, "a mapping of arguments", true),
            },
            Type::IntOrText => {
                if node.is_collection() {
                    self.mismatch(node, "an integer or a text", secret);
                }
            }
        }
    }

    /// Whether a patch deletes this value, whatever its type is.
    fn is_deletion(&self, node: &Node) -> bool {
        self.options.patch && node.as_map().is_some_and(|map| map.len() == 1 && map.contains_key("$patch"))
    }

    fn choice(&mut self, node: &Node, choice: &'static Choice) {
        let words = choice.words;
        let text = node.as_text();
        match text.as_deref() {
            Some(text) if text.is_empty() || (choice.canonical)(text).is_some() => {}
            Some(text) => {
                let suggestion = nearest(text, words.iter().copied()).map(str::to_owned);
                let message = format!("{text:?} is not one of {}", words.join(", "));
                self.problem(Severity::Error, "wrong-choice", node.span, message, suggestion);
            }
            None => self.mismatch(node, &format!("one of {}", words.join(", ")), false),
        }
    }
}

/// Hides texts; numbers and booleans say what was meant.
fn hide_texts(node: &mut Node) {
    match &mut node.value {
        Value::Str(text) if !text.is_empty() => *text = REDACTED.to_owned(),
        Value::Seq(items) => items.iter_mut().for_each(hide_texts),
        Value::Map(map) => map.values_mut().for_each(hide_texts),
        _ => {}
    }
}

/// Where else in the document a key is known, to a bounded depth.
fn elsewhere(object: &'static Object, key: &str, depth: usize) -> Option<Path> {
    if let Some(field) = object.field(key) {
        return Some(Path(vec![field.key.into()]));
    }
    if depth == 0 {
        return None;
    }
    object.fields().find_map(|field| {
        let Type::Object(inner) = field.ty else { return None };
        let mut path = elsewhere(inner, key, depth - 1)?;
        path.0.insert(0, field.key.into());
        Some(path)
    })
}
