//! Where rules report to.

use std::sync::Arc;

use super::ValidateOptions;
use crate::problem::{Problem, Report, Severity};
use crate::yaml::{Node, Path};
use crate::{Config, Document};

/// A path from keys and indices: `at!["links", 2]`.
macro_rules! at {
    ($($segment:expr),* $(,)?) => {
        $crate::yaml::Path(vec![$($crate::yaml::Segment::from($segment)),*])
    };
}
pub(crate) use at;

/// The configuration under validation and the document that rules are looking at.
pub(crate) struct Context<'a> {
    pub(crate) config: &'a Config,
    pub(crate) options: ValidateOptions,
    report: Report,
    source: Arc<str>,
    document: Option<&'a Document>,
    label: Arc<str>,
    keys: usize,
    patterns: usize,
}

impl<'a> Context<'a> {
    pub(super) fn new(config: &'a Config, options: ValidateOptions) -> Self {
        Self {
            config,
            options,
            report: Report::default(),
            source: config.source().into(),
            document: None,
            label: "".into(),
            keys: 0,
            patterns: 0,
        }
    }

    /// Counts a private key, of which so many are decoded.
    pub(super) fn may_decode_key(&mut self, most: usize) -> bool {
        self.keys += 1;
        self.keys <= most
    }

    /// Counts a regular expression, of which so many are compiled.
    pub(super) fn may_compile(&mut self, most: usize) -> bool {
        self.patterns += 1;
        self.patterns <= most
    }

    /// Later problems are about this document.
    pub(super) fn enter(&mut self, document: &'a Document) {
        self.document = Some(document);
        self.label = document.id.label().into();
    }

    /// Later problems are about the first document of a kind, or of the whole if there is none.
    pub(super) fn enter_kind(&mut self, kind: &str) {
        match self.config.documents().iter().find(|document| document.id.kind == kind) {
            Some(document) => self.enter(document),
            None => {
                self.document = self.config.documents().first();
                self.label = "".into();
            }
        }
    }

    pub(super) fn finish(self) -> Report {
        self.report
    }

    /// The node at a path of the current document.
    pub(crate) fn node(&self, path: &Path) -> Option<&'a Node> {
        path.find(&self.document?.root)
    }

    pub(crate) fn error(&mut self, rule: &'static str, path: Path, message: impl Into<String>) {
        self.push(Severity::Error, rule, path, message.into());
    }

    pub(crate) fn warn(&mut self, rule: &'static str, path: Path, message: impl Into<String>) {
        self.push(Severity::Warning, rule, path, message.into());
    }

    /// A word that has to be one of some, with the one that was probably meant.
    pub(crate) fn not_one_of(&mut self, rule: &'static str, path: Path, word: &str, known: &[&str]) {
        let message = format!("{word:?} is not one of {}", known.join(", "));
        self.error(rule, path, message);
        let near = crate::schema::nearest(word, known.iter().copied());
        self.report.suggest(near.map(str::to_owned));
    }

    fn push(&mut self, severity: Severity, rule: &'static str, path: Path, message: String) {
        // Where there is no document at all, the beginning of the text is the place to look at.
        let span = match (self.document, self.config.documents()) {
            (Some(document), _) => path.locate(&document.root),
            (None, []) => crate::yaml::Span::new(1, 1),
            (None, _) => Default::default(),
        };
        self.report.push(Problem {
            severity,
            rule: rule.into(),
            source: self.source.clone(),
            document: self.label.clone(),
            path,
            span,
            message,
            suggestion: None,
            unknown: None,
        });
    }
}
