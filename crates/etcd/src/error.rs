//! Calls that failed.

/// Why a call failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The cluster refused, or could not be reached.
    #[error("{what}: {message}", message = .status.message())]
    Call {
        /// What was asked.
        what: &'static str,
        /// The answer.
        status: Box<tonic::Status>,
    },
    /// Nobody answered in time.
    #[error("{what}: no answer within {seconds} s")]
    Timeout {
        /// What was asked.
        what: &'static str,
        /// How long it was waited.
        seconds: u64,
    },
    /// The certificates cannot be used.
    #[error("cannot speak to etcd: {0}")]
    Tls(String),
    /// The answer makes no sense.
    #[error("{what}: the answer is incomplete")]
    Incomplete {
        /// What was asked.
        what: &'static str,
    },
}

impl Error {
    /// Code of the answer; Unavailable when there was none.
    pub fn code(&self) -> tonic::Code {
        match self {
            Error::Call { status, .. } => status.code(),
            Error::Timeout { .. } | Error::Tls(_) => tonic::Code::Unavailable,
            Error::Incomplete { .. } => tonic::Code::Internal,
        }
    }

    /// The cluster refused because a learner has not caught up yet.
    pub fn is_not_ready(&self) -> bool {
        matches!(self, Error::Call { status, .. } if status.message().contains("in sync with leader"))
    }
}
