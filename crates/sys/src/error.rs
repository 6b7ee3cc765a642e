//! The error of a kernel call: what was attempted, and what the kernel answered.

use std::io;

/// A failed kernel call.
#[derive(Debug, thiserror::Error)]
#[error("{action}: {source}")]
pub struct Error {
    /// What was attempted, with the object's name, for example `mount proc on /proc`.
    pub action: String,
    /// What the kernel answered.
    #[source]
    pub source: io::Error,
}

/// Result of a kernel call.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error about `action` answered with `source`.
    pub fn new(action: impl Into<String>, source: impl Into<io::Error>) -> Self {
        Self { action: action.into(), source: source.into() }
    }

    /// An error that this program found by itself (no errno).
    pub fn other(action: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { action: action.into(), source: io::Error::other(reason.into()) }
    }

    /// The errno, if the kernel gave one.
    pub fn errno(&self) -> Option<nix::errno::Errno> {
        self.source.raw_os_error().map(nix::errno::Errno::from_raw)
    }
}

/// Adds the attempted action to a bare I/O or errno result.
pub trait Context<T> {
    /// Wraps the error with what was attempted.
    fn context(self, action: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<io::Error>> Context<T> for std::result::Result<T, E> {
    fn context(self, action: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error { action: action(), source: source.into() })
    }
}
