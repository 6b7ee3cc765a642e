//! The machine configuration language: text to typed documents, checked, patched and written.
//!
//! Pure: no files, sockets, clock or randomness. See [`yaml`] for the tree that everything
//! else stands on, [`schema`] for the table of fields, [`documents`] for the kinds,
//! [`Config`] for a configuration as a whole, [`access`] for what it says, [`patch`] for changing
//! it, [`generate`] and [`secrets`] for making it.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests say bluntly what they expect"
    )
)]

#[macro_use]
pub mod schema;

pub mod access;
pub mod cel;
mod container;
pub mod diff;
pub mod documents;
pub mod effects;
pub mod generate;
pub mod guard;
pub mod origin;
pub mod patch;
pub mod place;
pub mod problem;
pub mod redact;
mod review;
pub mod secrets;
pub mod talosconfig;
pub mod validate;
pub mod value;
pub mod yaml;

pub use container::{Config, DecodeOptions, Document, DocumentId, decode_documents};
pub use problem::{Problem, Report, Severity};
pub use review::Reviewed;
