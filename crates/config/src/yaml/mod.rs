//! YAML with positions: text to a bounded tree of [`Node`]s and back to text.
//!
//! Reading never guesses at types beyond the scalar rules that existing machine
//! configuration relies on (`0o644`, `0644`, `yes` as a string, `<<` merge keys), keeps the
//! position of every key and value, and answers hostile input (alias bombs, deep nesting,
//! huge streams) with an error that has a position, in bounded time and memory.
//!
//! ```
//! use config::yaml::{read, write};
//!
//! let documents = read(b"machine:\n  type: worker\n").unwrap();
//! let machine = documents[0].root.get("machine").unwrap();
//! assert_eq!(machine.get("type").unwrap().as_str(), Some("worker"));
//! assert_eq!(machine.get("type").unwrap().span.to_string(), "2:9");
//! assert_eq!(write(&documents[0].root), "machine:\n    type: worker\n");
//! ```

mod convert;
mod emit;
mod error;
mod node;
mod path;
mod read;
mod scalar;
mod style;

pub use emit::{write, write_stream};
pub use error::YamlError;
pub use node::{Comments, Map, Node, Span, Style, Value};
pub use path::{Path, Segment};
pub use read::{Document, Limits, read, read_with};
pub use scalar::{Scalar, resolve};
