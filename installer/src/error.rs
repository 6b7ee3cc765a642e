//! What can go wrong, by the exit code that it ends the program with (contract os.md 3.6).

use disk::plan::Refusal;

/// A failure.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was asked for makes no sense, or must not be done.
    #[error("{0}")]
    InvalidInput(String),
    /// What was asked for is not possible here.
    #[error("{0}")]
    Unsupported(String),
    /// Something around the installer is missing.
    #[error("{0}")]
    Environment(String),
    /// Reading or writing failed.
    #[error("{0}")]
    Io(String),
    /// A step of the plan failed.
    #[error("{step}: {source}")]
    Install {
        /// The step.
        step: String,
        /// Why.
        source: Box<Error>,
    },
}

/// Result of what the installer does.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The program's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::InvalidInput(_) => 2,
            Self::Unsupported(_) => 3,
            Self::Environment(_) => 4,
            Self::Io(_) => 6,
            Self::Install { .. } => 7,
        }
    }

    /// An I/O error with what was attempted.
    pub(crate) fn io(action: impl std::fmt::Display, error: impl std::fmt::Display) -> Self {
        Self::Io(format!("{action}: {error}"))
    }
}

impl From<sys::Error> for Error {
    fn from(error: sys::Error) -> Self {
        Self::Io(error.to_string())
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::InvalidInput(refusal.to_string())
    }
}
