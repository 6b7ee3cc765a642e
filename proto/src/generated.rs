//! The tree of generated modules, as the generated code itself refers to them.

#![allow(clippy::all, reason = "it is generated")]

include!("gen/mod.rs");
