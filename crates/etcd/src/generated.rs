//! The tree of generated modules, as the generated code itself refers to them.

#![allow(clippy::all, missing_docs, dead_code)]

include!("gen/mod.rs");
