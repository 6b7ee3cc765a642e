//! The table that everything is driven by: one row a field, with its type, whether it is
//! required or secret, how patches merge it and what changing it does.
//!
//! Typed structs and rows come from one declaration (the `record!` macro); decoding, unknown-key
//! checks, redaction, effects, the JSON Schema and the reference documentation read the rows.

mod canonical;
mod check;
pub mod formats;
mod json;
mod reference;
#[macro_use]
mod macros;
mod shape;
mod suggest;

use std::fmt;

pub use canonical::canonicalize;
pub(crate) use canonical::settle_booleans;
pub use check::{CheckOptions, check_document};
pub use formats::Format;
pub use json::json_schema;
pub use reference::reference;
pub use shape::{Args, IntOrText, Record, Shape, read_field};
pub use suggest::nearest;

/// What changing a field of an applied configuration does, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Effect {
    /// No part of the machine reads it.
    Nothing,
    /// Read while installing; no effect afterwards.
    NoneAfterInstall,
    /// Takes effect while everything keeps running.
    Live,
    /// Objects that the cluster lacks are made; those that it has stay as they are until Kubernetes is upgraded.
    CreatedOnce,
    /// The named service, static pod or manifest is restarted or rolled out again.
    ServiceRestart(&'static str),
    /// Takes effect at the next boot.
    Reboot,
    /// Takes effect only when the volume or the system is created again.
    Reinstall,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("no effect"),
            Self::Live => f.write_str("live"),
            Self::CreatedOnce => f.write_str("created-once"),
            Self::ServiceRestart(service) => write!(f, "service-restart({service})"),
            Self::Reboot => f.write_str("reboot"),
            Self::Reinstall => f.write_str("reinstall"),
            Self::NoneAfterInstall => f.write_str("none-after-install"),
        }
    }
}

/// How a strategic merge patch combines a list or a mapping with what is there
/// (contract os.md 1.6).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Merge {
    /// Scalars replace, mappings recurse, lists append.
    #[default]
    Default,
    /// The patch's value replaces the whole.
    Replace,
    /// List items are matched by the first of these keys that both have, and merged; others append.
    ByKey(&'static [&'static str]),
    /// List items are matched by the first of these keys that both have, and replaced; others append.
    ReplaceByKey(&'static [&'static str]),
}

/// Whether a field must be set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Need {
    /// It may be left out.
    #[default]
    Optional,
    /// It must be set: an editor asks for it and validation refuses its absence.
    Required,
    /// An editor asks for it; validation lets its absence pass.
    Advised,
    /// Validation refuses its absence; editors do not ask for it.
    Enforced,
}

/// What of a value is never shown (contract os.md 1.4, and where else users put secrets). Of all that is left,
/// what looks like a secret is not shown either: see [`crate::redact`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Redaction {
    /// Nothing of it.
    #[default]
    None,
    /// All of it.
    Whole,
    /// What stands under keys named `secret`, at any depth.
    SecretKeys,
    /// The `jointoken` in the query of a URL.
    JoinToken,
    /// What stands behind `=` in texts of the form `NAME=value`.
    Assigned,
}

/// The type of a value.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// An integer within bounds, both included.
    Int {
        /// The least value.
        min: i128,
        /// The greatest value.
        max: i128,
    },
    /// Any text.
    Text,
    /// Text with a grammar.
    Formatted(&'static Format),
    /// One of some words.
    Choice(&'static Choice),
    /// A list.
    List(&'static Type),
    /// A mapping from any key.
    Map(&'static Type),
    /// A mapping with known keys.
    Object(&'static Object),
    /// A mapping whose content is not ours to check.
    Free,
    /// Command-line arguments: each a text or a list of texts.
    Args,
    /// An integer or a text.
    IntOrText,
}

impl Type {
    /// Whether this is a mapping with known keys.
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }
}

/// Words of which one may be chosen.
#[derive(Debug)]
pub struct Choice {
    /// The words, as they are written.
    pub words: &'static [&'static str],
    /// The word that a spelling stands for: letter case makes no difference, and some have older spellings.
    pub canonical: fn(&str) -> Option<&'static str>,
}

/// A mapping with known keys.
#[derive(Debug)]
pub struct Object {
    /// The name of the Rust type and of the JSON Schema definition.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Its own fields, in the order in which they are written.
    pub own: &'static [Field],
    /// Groups of fields that several objects share, written after its own.
    pub shared: &'static [&'static Object],
}

impl Object {
    /// All fields in the order in which they are written.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> {
        self.own.iter().chain(self.shared.iter().flat_map(|object| object.own.iter()))
    }

    /// A field by its key.
    pub fn field(&self, key: &str) -> Option<&'static Field> {
        self.fields().find(|field| field.key == key)
    }

    /// The key of the certificate, where this is a certificate with its private key under `key`: the two are one
    /// value, of which no half is worth anything.
    pub fn certificate_of_pair(&self) -> Option<&'static str> {
        self.field("key").filter(|field| field.secret)?;
        self.fields().map(|field| field.key).find(|key| matches!(*key, "crt" | "cert"))
    }
}

/// A row of the table.
#[derive(Debug)]
pub struct Field {
    /// The key as it is written.
    pub key: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Its type.
    pub ty: Type,
    /// Whether it must be set.
    pub need: Need,
    /// Whether its value is never shown.
    pub secret: bool,
    /// What of its value redacted forms leave out.
    pub redaction: Redaction,
    /// Whether a document has replaced it.
    pub deprecated: bool,
    /// How patches merge it.
    pub merge: Merge,
    /// What changing it does; inherited from what it is in when not given.
    pub effect: Option<Effect>,
    /// Whether an empty mapping or list says something that leaving it out does not.
    pub presence: bool,
    /// An example for documentation and generated files, as YAML.
    pub example: Option<&'static str>,
}

impl Field {
    /// A row with nothing special about it.
    pub const fn new(key: &'static str, doc: &'static str, ty: Type, secret: bool) -> Self {
        Self {
            key,
            doc,
            ty,
            need: Need::Optional,
            secret,
            redaction: if secret { Redaction::Whole } else { Redaction::None },
            deprecated: false,
            merge: Merge::Default,
            effect: None,
            presence: false,
            example: None,
        }
    }

    /// Must be set; see [`Need::Required`].
    pub const fn required(mut self) -> Self {
        self.need = Need::Required;
        self
    }

    /// See [`Need::Advised`].
    pub const fn advised(mut self) -> Self {
        self.need = Need::Advised;
        self
    }

    /// See [`Need::Enforced`].
    pub const fn enforced(mut self) -> Self {
        self.need = Need::Enforced;
        self
    }

    /// Replaced by a document.
    pub const fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }

    /// Patches replace the whole value.
    pub const fn replaced(mut self) -> Self {
        self.merge = Merge::Replace;
        self
    }

    /// Patches match list items by one of these keys.
    pub const fn merged_by(mut self, keys: &'static [&'static str]) -> Self {
        self.merge = Merge::ByKey(keys);
        self
    }

    /// Patches match list items by one of these keys and replace them.
    pub const fn replaced_by(mut self, keys: &'static [&'static str]) -> Self {
        self.merge = Merge::ReplaceByKey(keys);
        self
    }

    /// What changing it does.
    pub const fn effect(mut self, effect: Effect) -> Self {
        self.effect = Some(effect);
        self
    }

    /// Redacted forms leave out only a part.
    pub const fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// It says something even when it is empty.
    pub const fn presence(mut self) -> Self {
        self.presence = true;
        self
    }

    /// An integer within narrower bounds than its Rust type.
    pub const fn range(mut self, min: i128, max: i128) -> Self {
        self.ty = Type::Int { min, max };
        self
    }

    /// Text with a grammar.
    pub const fn format(mut self, format: &'static Format) -> Self {
        self.ty = Type::Formatted(format);
        self
    }

    /// An example for documentation and generated files.
    pub const fn example(mut self, yaml: &'static str) -> Self {
        self.example = Some(yaml);
        self
    }

    /// The example as a value.
    pub fn example_value(&self) -> Option<serde_json::Value> {
        let documents = crate::yaml::read(self.example?.as_bytes()).ok()?;
        Some(documents.first()?.root.to_json())
    }

    /// The example on one line.
    pub fn example_text(&self) -> Option<String> {
        match self.example_value()? {
            value @ (serde_json::Value::Array(_) | serde_json::Value::Object(_)) => Some(value.to_string()),
            _ => self.example.map(str::to_owned),
        }
    }
}
