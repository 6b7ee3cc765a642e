//! What commands print, and how.

pub mod human;
pub mod lines;
mod table;

use std::io::{self, Write};

pub use table::{LiveTable, Table};

/// Prints to standard output; a reader that went away is no error.
pub fn print(text: &str) -> anyhow::Result<()> {
    print_bytes(text.as_bytes())
}

/// Prints bytes to standard output; a reader that went away is no error.
pub fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints a line to standard error.
pub fn note(text: &str) {
    // A reader that went away is no error.
    let _ = writeln!(io::stderr().lock(), "{text}");
}
