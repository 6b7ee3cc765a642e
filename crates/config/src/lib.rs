//! The machine configuration language: text to typed documents, checked, patched and written.
//!
//! Pure: no files, sockets, clock or randomness. See [`yaml`] for the tree that everything
//! else stands on.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod yaml;
