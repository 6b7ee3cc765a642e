//! What can go wrong with a local cluster.

use std::path::Path;

/// A failure, with what to do about it where that is known.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller asked for something that cannot be.
    #[error("{0}")]
    Request(String),
    /// The kernel refused something.
    #[error(transparent)]
    Kernel(#[from] sys::Error),
    /// A file could not be read or written.
    #[error("{action} {path}: {source}")]
    File {
        /// What was attempted.
        action: &'static str,
        /// With which file.
        path: String,
        /// What the system answered.
        source: std::io::Error,
    },
    /// A network device, address or rule could not be made or removed.
    #[error("{action}: {reason}")]
    Network {
        /// What was attempted.
        action: String,
        /// What the kernel or nft answered.
        reason: String,
    },
    /// The host process could not be started or ended early.
    #[error("{0}")]
    Host(String),
    /// A node refused its configuration or did not take it in time.
    #[error("node {node}: {reason}")]
    Node {
        /// Which node.
        node: String,
        /// Why.
        reason: String,
    },
    /// The machine configurations could not be made.
    #[error("make the machine configurations: {0}")]
    Configuration(String),
}

/// Result of an operation on a local cluster.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::File { action, path, source }
    }

    pub(crate) fn network(action: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self::Network { action: action.into(), reason: reason.to_string() }
    }
}
