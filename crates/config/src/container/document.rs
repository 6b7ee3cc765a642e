//! One document and its identity.

use std::fmt;

use crate::documents::{Kind, Naming, V1ALPHA1, kind_of};
use crate::yaml::{Node, Span};

/// What tells a document from others: API version, kind and name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentId {
    /// `v1alpha1`; empty for the v1alpha1 document itself.
    pub api_version: String,
    /// The kind in its own spelling; `v1alpha1` for the document without a kind.
    pub kind: String,
    /// The name; empty where kinds have none.
    pub name: String,
}

impl DocumentId {
    /// The identity of the v1alpha1 document.
    pub fn v1alpha1() -> Self {
        Self { api_version: String::new(), kind: V1ALPHA1.name.to_owned(), name: String::new() }
    }

    /// The identity of a document of another kind.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self { api_version: "v1alpha1".to_owned(), kind: kind.into(), name: name.into() }
    }

    /// Whether this is the v1alpha1 document.
    pub fn is_v1alpha1(&self) -> bool {
        self.kind == V1ALPHA1.name
    }

    /// Kind and name, for messages to people: `BondConfig bond0`.
    pub fn label(&self) -> String {
        if self.name.is_empty() { self.kind.clone() } else { format!("{} {}", self.kind, self.name) }
    }
}

/// The form that clients match on: `v1alpha1/BondConfig/bond0`, `/v1alpha1/`.
impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.api_version, self.kind, self.name)
    }
}

/// A document. Its content stays a tree, so that nothing of it is lost; typed records are read
/// from it on demand.
#[derive(Clone)]
pub struct Document {
    /// Its identity.
    pub id: DocumentId,
    /// Its kind; unknown only when read leniently.
    pub kind: Option<&'static Kind>,
    /// Its content, `apiVersion` and `kind` included.
    pub root: Node,
    /// The line it starts at.
    pub line: u32,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.root == other.root
    }
}

/// Why a document has no identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NoIdentity {
    pub(super) rule: &'static str,
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) suggestion: Option<String>,
}

/// Finds out what a document is (contract os.md 1.1).
pub(super) fn identify(root: &Node) -> Result<(DocumentId, Option<&'static Kind>), NoIdentity> {
    let text = |key: &str| root.get(key).and_then(Node::as_text).filter(|text| !text.is_empty());
    let fail = |rule, span, message: String| NoIdentity { rule, span, message, suggestion: None };
    let Some(kind) = text("kind") else {
        let sections = ["machine", "cluster", "debug", "persist"];
        let legacy = sections.iter().any(|key| root.get(key).is_some())
            || text("version").is_some_and(|version| version == "v1alpha1");
        return if legacy {
            Ok((DocumentId::v1alpha1(), Some(&V1ALPHA1)))
        } else {
            Err(fail("missing-kind", root.span, "missing kind".to_owned()))
        };
    };
    let Some(version) = text("apiVersion") else {
        return Err(fail("missing-api-version", root.span, "missing apiVersion".to_owned()));
    };
    let known = kind_of(&kind).filter(|_| version == "v1alpha1");
    let name = match known.map(|kind| kind.naming) {
        Some(Naming::Singleton) => String::new(),
        _ => root.get("name").and_then(Node::as_text).unwrap_or_default().into_owned(),
    };
    let id = DocumentId {
        api_version: version.into_owned(),
        kind: known.map_or_else(|| kind.clone().into_owned(), |kind| kind.name.to_owned()),
        name,
    };
    Ok((id, known))
}
