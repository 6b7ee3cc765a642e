//! A configuration: the documents of one stream, in order, with the bytes they came from.

mod config;
mod decode;
mod document;

pub use config::Config;
pub(crate) use decode::check_roots;
pub use decode::{DecodeOptions, decode_documents};
pub use document::{Document, DocumentId};

#[cfg(test)]
mod tests;
