//! From text to documents: identities, duplicates, unknown keys, wrong types. All problems of
//! all documents are found in one pass.

use std::collections::HashMap;
use std::sync::Arc;

use super::document::{Document, DocumentId, identify};
use crate::documents::{KINDS, NameGroup, Naming};
use crate::problem::{Problem, Report, Severity};
use crate::schema::{CheckOptions, check_document, nearest};
use crate::yaml::{self, Node, Path, Span};

/// How strictly a stream is read.
#[derive(Debug, Clone, Default)]
pub struct DecodeOptions {
    /// Unknown keys and kinds are kept and reported as warnings, and values of a wrong type
    /// read as absent: for the node's own disk, which a newer system may have written.
    pub lenient: bool,
    /// The stream is a patch: `$patch` directives, several documents with one identity and
    /// v1alpha1 fragments are allowed.
    pub patch: bool,
    /// Comments are kept in the tree.
    pub comments: bool,
}

/// Reads documents. The report holds every problem; there are documents even if it has errors,
/// except when the text is not YAML.
pub fn decode_documents(source: &str, bytes: &[u8], options: &DecodeOptions) -> (Vec<Document>, Report) {
    let mut decoder = Decoder::new(source, options);
    let limits = yaml::Limits { comments: options.comments, ..yaml::Limits::default() };
    match yaml::read_with(bytes, &limits) {
        Ok(documents) => {
            for document in documents {
                decoder.document(document.root, document.line);
            }
        }
        Err(error) => decoder.problem(Severity::Error, "yaml", "", error.span, error.message, None),
    }
    decoder.finish()
}

/// Checks documents that are already trees, such as the result of a patch.
pub(crate) fn check_roots(
    source: &str,
    roots: impl IntoIterator<Item = Node>,
    options: &DecodeOptions,
) -> (Vec<Document>, Report) {
    let mut decoder = Decoder::new(source, options);
    for root in roots {
        let line = root.span.line;
        decoder.document(root, line);
    }
    decoder.finish()
}

struct Decoder<'a> {
    source: Arc<str>,
    options: &'a DecodeOptions,
    documents: Vec<Document>,
    /// Where each identity was seen first.
    seen: HashMap<DocumentId, u32>,
    /// Which document took a name that only one of several kinds may have.
    names: HashMap<(NameGroup, String), String>,
    report: Report,
}

impl<'a> Decoder<'a> {
    fn new(source: &str, options: &'a DecodeOptions) -> Self {
        Self {
            source: source.into(),
            options,
            documents: Vec::new(),
            seen: HashMap::new(),
            names: HashMap::new(),
            report: Report::default(),
        }
    }

    fn finish(self) -> (Vec<Document>, Report) {
        (self.documents, self.report)
    }

    fn problem(
        &mut self,
        severity: Severity,
        rule: &'static str,
        document: &str,
        span: Span,
        message: String,
        suggestion: Option<String>,
    ) {
        self.report.push(Problem {
            severity,
            rule: rule.into(),
            source: self.source.clone(),
            document: document.into(),
            path: Path::root(),
            span,
            message,
            suggestion,
            unknown: None,
        });
    }

    fn document(&mut self, root: Node, line: u32) {
        if root.as_map().is_none() {
            let message = format!("expected a YAML document at line {line}, found {}", root.kind_name());
            return self.problem(Severity::Error, "not-a-mapping", "", root.span, message, None);
        }
        let (id, kind) = match identify(&root) {
            Ok(identity) => identity,
            Err(error) => {
                return self.problem(
                    Severity::Error,
                    error.rule,
                    "",
                    error.span,
                    error.message,
                    error.suggestion,
                );
            }
        };
        let label = id.label();
        match kind {
            Some(kind) => {
                let extra: &[&str] = if id.is_v1alpha1() { &[] } else { &["apiVersion", "kind"] };
                let options = CheckOptions {
                    source: self.source.clone(),
                    document: label.as_str().into(),
                    id: id.to_string().into(),
                    line,
                    lenient: self.options.lenient,
                    extra,
                    patch: self.options.patch,
                };
                check_document(&root, kind.object, &options, &mut self.report);
            }
            None => self.unregistered(&id, &root, &label),
        }
        if !self.options.patch {
            self.duplicates(&id, kind.map(|kind| kind.naming), line, &root, &label);
            if let Some(group) = kind.and_then(|kind| kind.group) {
                self.names(group, &id, &root, &label);
            }
        }
        self.documents.push(Document { id, kind, root, line });
    }

    fn unregistered(&mut self, id: &DocumentId, root: &Node, label: &str) {
        let key = if id.api_version == "v1alpha1" { "kind" } else { "apiVersion" };
        let span = root.get(key).map_or(root.span, |node| node.span);
        let suggestion = match key {
            "kind" => nearest(&id.kind, KINDS.iter().map(|kind| kind.name)),
            _ => Some("v1alpha1"),
        };
        let severity = if self.options.lenient { Severity::Warning } else { Severity::Error };
        let message = format!("{:?} {:?}: not registered", id.kind, id.api_version);
        self.problem(severity, "unknown-kind", label, span, message, suggestion.map(str::to_owned));
    }

    fn duplicates(&mut self, id: &DocumentId, naming: Option<Naming>, line: u32, root: &Node, label: &str) {
        let Some(first) = self.seen.get(id) else {
            self.seen.insert(id.clone(), line);
            return;
        };
        let advice = match naming {
            Some(Naming::Singleton) => "there can be only one",
            _ => "give it another name",
        };
        let message = format!(
            "duplicate document {id} is not allowed (line {line}): the first is at line {first}; {advice}"
        );
        self.problem(Severity::Error, "duplicate-document", label, root.span, message, None);
    }

    /// Names that several kinds share may be used once among them (contract os.md 1.1).
    fn names(&mut self, group: NameGroup, id: &DocumentId, root: &Node, label: &str) {
        let peer = root.get("peer").and_then(|peer| peer.get("name")).filter(|_| id.kind == "VethConfig");
        for node in root.get("name").into_iter().chain(peer) {
            let Some(name) = node.as_text().filter(|name| !name.is_empty()) else { continue };
            match self.names.get(&(group, name.to_string())) {
                // Two documents of one kind and name have been reported as duplicates.
                Some(first) if first == label => {}
                Some(first) => {
                    let message = format!("the name {name:?} is already taken by {first}");
                    self.problem(Severity::Error, "name-conflict", label, node.span, message, None);
                }
                None => {
                    self.names.insert((group, name.into_owned()), label.to_owned());
                }
            }
        }
    }
}
