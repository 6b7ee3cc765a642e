//! The container of documents.

use std::fmt;
use std::sync::Arc;

use super::decode::{DecodeOptions, check_roots, decode_documents};
use super::document::Document;
use crate::documents::v1alpha1::V1Alpha1Config;
use crate::documents::{self};
use crate::problem::{Report, Severity};
use crate::schema::{Record, Type, canonicalize, settle_booleans};
use crate::yaml::{self, Node};

/// A decoded configuration. Cheap to share behind an `Arc`; it never changes.
#[derive(Clone)]
pub struct Config {
    source: Arc<str>,
    documents: Vec<Document>,
    legacy: Option<Arc<V1Alpha1Config>>,
    bytes: Arc<[u8]>,
    warnings: Report,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.documents).finish()
    }
}

impl Config {
    /// Decodes strictly: what the API and the client do.
    ///
    /// # Errors
    /// Every unknown key, wrong type, unknown kind and duplicate, with positions.
    pub fn decode(source: &str, bytes: &[u8]) -> Result<Self, Report> {
        Self::decode_with(source, bytes, &DecodeOptions::default())
    }

    /// Decodes what the node itself has stored: unknown keys and kinds are kept and reported in
    /// [`Config::decode_warnings`], and a value of a wrong type reads as absent.
    ///
    /// # Errors
    /// Only when the text is not YAML or its documents cannot be told apart.
    pub fn decode_lenient(source: &str, bytes: &[u8]) -> Result<Self, Report> {
        Self::decode_with(source, bytes, &DecodeOptions { lenient: true, ..DecodeOptions::default() })
    }

    /// Decodes with options of the caller's choice.
    ///
    /// # Errors
    /// As [`Config::decode`], within what the options let pass.
    pub fn decode_with(source: &str, bytes: &[u8], options: &DecodeOptions) -> Result<Self, Report> {
        let (documents, report) = decode_documents(source, bytes, options);
        Self::build(source, documents, report, Some(bytes), options)
    }

    /// A configuration of trees, in order; the v1alpha1 document comes first.
    ///
    /// # Errors
    /// As [`Config::decode`].
    pub fn from_roots(source: &str, roots: impl IntoIterator<Item = Node>) -> Result<Self, Report> {
        Self::from_roots_with(source, roots, &DecodeOptions::default())
    }

    /// A configuration of trees, within what the options let pass.
    ///
    /// # Errors
    /// As [`Config::decode_with`].
    pub fn from_roots_with(
        source: &str,
        roots: impl IntoIterator<Item = Node>,
        options: &DecodeOptions,
    ) -> Result<Self, Report> {
        let (documents, report) = check_roots(source, roots, options);
        Self::build(source, documents, report, None, options)
    }

    pub(crate) fn build(
        source: &str,
        documents: Vec<Document>,
        report: Report,
        bytes: Option<&[u8]>,
        options: &DecodeOptions,
    ) -> Result<Self, Report> {
        let fatal = |rule: &str| !matches!(rule, "wrong-type" | "wrong-choice");
        let refused = match options.lenient {
            true => report.problems().iter().any(|p| p.severity == Severity::Error && fatal(&p.rule)),
            false => report.has_errors(),
        };
        if refused {
            return Err(report);
        }
        Ok(Self::assemble(source, documents, report, bytes))
    }

    /// Puts documents together, whatever has been said about them.
    pub(crate) fn assemble(
        source: &str,
        mut documents: Vec<Document>,
        warnings: Report,
        bytes: Option<&[u8]>,
    ) -> Self {
        let bytes = match bytes {
            Some(bytes) => bytes.into(),
            None => {
                documents.sort_by_key(|document| !document.id.is_v1alpha1());
                for document in &mut documents {
                    if let Some(kind) = document.kind {
                        settle_booleans(&mut document.root, &Type::Object(kind.object));
                    }
                }
                yaml::write_stream(documents.iter().map(|document| &document.root)).into_bytes().into()
            }
        };
        let legacy = documents
            .iter()
            .find(|document| document.id.is_v1alpha1())
            .and_then(|document| document.root.as_map())
            .map(|map| Arc::new(V1Alpha1Config::from_map(map)));
        Self { source: source.into(), documents, legacy, bytes, warnings }
    }

    /// The file it came from, or what stands for it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The text, verbatim as it came: comments, order and all.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Every document in stored order.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// What a lenient decoder let pass.
    pub fn decode_warnings(&self) -> &Report {
        &self.warnings
    }

    /// The v1alpha1 document, if there is one.
    pub fn v1alpha1(&self) -> Option<&V1Alpha1Config> {
        self.legacy.as_deref()
    }

    /// Whether a machine can boot with it: the v1alpha1 document is there (contract os.md 1.1).
    pub fn is_complete(&self) -> bool {
        self.legacy.is_some()
    }

    /// The first document of a kind.
    pub fn get<T: documents::Document>(&self) -> Option<T> {
        self.of_kind(T::KIND).next().and_then(|document| document.root.as_map()).map(T::from_map)
    }

    /// All documents of a kind, in stored order.
    pub fn all<T: documents::Document>(&self) -> Vec<T> {
        self.of_kind(T::KIND).filter_map(|document| document.root.as_map()).map(T::from_map).collect()
    }

    /// All documents of a kind as they are.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Document> {
        self.documents.iter().filter(move |document| document.id.kind == kind)
    }

    /// Whether there is a document of a kind.
    pub fn has(&self, kind: &str) -> bool {
        self.documents.iter().any(|document| document.id.kind == kind)
    }

    /// The tree of the v1alpha1 document.
    pub fn v1alpha1_root(&self) -> Option<&Node> {
        self.documents.iter().find(|document| document.id.is_v1alpha1()).map(|document| &document.root)
    }

    /// Changes documents for showing them; the text and typed records stay what they were.
    pub(crate) fn change_roots(&mut self, change: impl Fn(&mut Document)) {
        self.documents.iter_mut().for_each(change);
    }

    /// The text that the reference encoder would write for the same content: v1alpha1 first,
    /// known keys in the table's order, no comments of the original.
    pub fn canonical_text(&self) -> String {
        let mut documents = self.documents.clone();
        documents.sort_by_key(|document| !document.id.is_v1alpha1());
        for document in &mut documents {
            canonicalize_document(document);
        }
        yaml::write_stream(documents.iter().map(|document| &document.root))
    }
}

/// Puts a document into canonical order, `apiVersion` and `kind` first.
fn canonicalize_document(document: &mut Document) {
    let Some(kind) = document.kind else { return };
    canonicalize(&mut document.root, kind.object);
    if let Some(map) = document.root.as_map_mut() {
        for key in ["kind", "apiVersion"] {
            if let Some(index) = map.get_index_of(key) {
                map.move_index(index, 0);
            }
        }
    }
}
