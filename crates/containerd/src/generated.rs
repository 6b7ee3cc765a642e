//! The tree of generated modules, as the generated code itself refers to them.

#![allow(clippy::all, dead_code, reason = "it is generated, whole")]

include!("gen/mod.rs");
