//! Every kind of document: one row a kind, its fields in a record each.

pub mod block;
pub mod k8s;
mod kinds;
pub mod network;
pub mod runtime;
pub mod v1alpha1;

use crate::schema::{Effect, Object, Record};

pub use kinds::{KINDS, V1ALPHA1, kind_of};

/// Whether documents of a kind have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// Several documents, each with a name of its own.
    Named,
    /// At most one document.
    Singleton,
}

/// Kinds among which a name may be used only once (contract os.md 1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameGroup {
    /// Links, including the other ends of pairs.
    Links,
    /// Shared addresses.
    Vips,
    /// Volumes below /var/mnt that are not shared by a host.
    Volumes,
}

/// What of a document and of the v1alpha1 document must not both be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Superseded {
    /// The document's field as a dotted path; empty where the document itself says it.
    pub field: &'static str,
    /// The field of the v1alpha1 document that says the same, as a dotted path.
    pub section: &'static str,
}

/// A kind of document.
#[derive(Debug)]
pub struct Kind {
    /// The kind, as documents write it.
    pub name: &'static str,
    /// Other spellings that are accepted.
    pub aliases: &'static [&'static str],
    /// Its fields.
    pub object: &'static Object,
    /// Whether its documents have names.
    pub naming: Naming,
    /// Kinds with which it shares names.
    pub group: Option<NameGroup>,
    /// Whether only control planes may have it.
    pub control_plane_only: bool,
    /// What adding, removing or changing a document does, unless a field says otherwise.
    pub effect: Effect,
    /// What it replaces in the v1alpha1 document, field by field; what it does not set may be said there.
    pub supersedes: &'static [Superseded],
}

/// A record that is a document of its own kind.
pub trait Document: Record {
    /// The kind, as documents write it.
    const KIND: &'static str;
}
