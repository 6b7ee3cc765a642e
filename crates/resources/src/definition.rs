//! What a type of resource is called, where it lives, who may read it and what people see of it.

use std::sync::LazyLock;

use crate::specs::PACKAGES;

/// Facts about a type of resource (contract api.md 6.5 and 7).
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// The full type, such as `LinkStatuses.net.talos.dev`.
    pub typ: &'static str,
    /// The namespace that is meant when none is said.
    pub namespace: &'static str,
    /// Aliases beside those that follow from the type.
    pub aliases: &'static [&'static str],
    /// Columns that `talosctl get` shows: title and JSONPath into the spec.
    pub columns: &'static [(&'static str, &'static str)],
    /// Holds secrets: only administrators may read it.
    pub sensitive: bool,
    /// Answers to its explicit aliases only.
    pub no_automatic_aliases: bool,
}

impl Definition {
    /// A definition without aliases of its own and without columns.
    pub(crate) const fn new(typ: &'static str, namespace: &'static str) -> Self {
        Definition {
            typ,
            namespace,
            aliases: &[],
            columns: &[],
            sensitive: false,
            no_automatic_aliases: false,
        }
    }
}

static ALL: LazyLock<Vec<Definition>> =
    LazyLock::new(|| PACKAGES.iter().flat_map(|package| package.iter().copied()).collect());

/// The definitions of all types.
pub fn definitions() -> &'static [Definition] {
    &ALL
}
