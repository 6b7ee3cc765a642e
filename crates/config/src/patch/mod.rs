//! Patches: strategic merges and JSON 6902 operations on configurations (contract os.md 1.6).
//!
//! ```
//! use config::{Config, patch};
//!
//! let base = Config::decode("base.yaml", b"machine:\n  type: worker\n  certSANs: [a]\n").unwrap();
//! let first = patch::load("first.yaml", b"machine:\n  certSANs: [b]\n").unwrap();
//! let second = patch::load("second.yaml", b"- {op: remove, path: /machine/certSANs/0}\n").unwrap();
//! let patched = patch::apply(&base, &[first, second]).unwrap();
//! assert_eq!(patched.text(), "machine:\n    type: worker\n    certSANs:\n        - b\n");
//! ```
//!
//! [`load`] tells the two kinds of patch apart and checks strategic ones as strictly as configurations;
//! [`apply`] gives the new configuration, what deserves a look, and where each value came from. Comments of the
//! base survive when it was decoded with them ([`crate::DecodeOptions::comments`]).

mod apply;
mod argument;
mod delete;
mod json;
mod keyed;
mod load;
mod merge;

use std::sync::Arc;

pub use apply::{Patched, apply};
pub use argument::Argument;
pub use load::load;

use crate::container::DocumentId;
use crate::documents::Kind;
use crate::problem::{Problem, Severity};
use crate::yaml::{Node, Path, Span};

/// A patch that has been read: it can be applied to any number of configurations.
#[derive(Debug, Clone)]
pub struct Patch {
    name: Arc<str>,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    /// Documents that are merged into those of the same identity.
    Strategic(Vec<Fragment>),
    /// Operations on the only document.
    Json(Vec<json::Operation>),
}

/// A document of a strategic patch.
#[derive(Debug, Clone)]
struct Fragment {
    id: DocumentId,
    kind: Option<&'static Kind>,
    root: Node,
    /// The whole document is deleted.
    whole: bool,
    deletions: Vec<delete::Deletion>,
}

impl Fragment {
    /// Whether it makes a document where there is none. What is left of the v1alpha1 document after deletions may
    /// not even be recognized as one.
    fn says_something(&self) -> bool {
        let says = |key: &String| key != "version";
        self.deletions.is_empty()
            || !self.id.is_v1alpha1()
            || self.root.as_map().is_some_and(|map| map.keys().any(says))
    }
}

impl Patch {
    /// The file it came from, or what stands for it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it consists of JSON 6902 operations.
    pub fn is_json(&self) -> bool {
        matches!(self.content, Content::Json(_))
    }

    /// Whether it changes nothing, such as a file of comments.
    pub fn is_empty(&self) -> bool {
        match &self.content {
            Content::Strategic(fragments) => fragments.is_empty(),
            Content::Json(operations) => operations.is_empty(),
        }
    }
}

/// A problem of a patch, at a place in it.
fn problem(
    (severity, rule): (Severity, &'static str),
    patch: &Arc<str>,
    document: &str,
    (path, span): (Path, Span),
    message: String,
) -> Problem {
    Problem {
        severity,
        rule: rule.into(),
        source: patch.clone(),
        document: document.into(),
        path,
        span,
        message,
        suggestion: None,
        unknown: None,
    }
}

#[cfg(test)]
mod tests;
