//! Why a call failed.

use tonic::{Code, Status};

/// A failed call; `what` says what was attempted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The thing itself, or something it needs (an image in its registry), does not exist.
    #[error("{what}: not found: {message}")]
    NotFound { what: String, message: String },
    /// Something of that name exists.
    #[error("{what}: exists already: {message}")]
    AlreadyExists { what: String, message: String },
    /// The daemon cannot be reached: it is not running, or was stopped during the call.
    #[error("{what}: the container runtime at {socket} does not answer ({message}); it may be starting")]
    Unavailable { what: String, socket: String, message: String },
    /// The daemon took the call and did not finish it in time.
    #[error("{what}: no answer from the container runtime at {socket} within {seconds} s")]
    Timeout { what: String, socket: String, seconds: u64 },
    /// The daemon refused or failed.
    #[error("{what}: {message}")]
    Failed { what: String, code: Code, message: String },
    /// The answer makes no sense.
    #[error("{what}: the answer cannot be used: {message}")]
    BadAnswer { what: String, message: String },
    /// The argument makes no sense.
    #[error("{what}: {message}")]
    InvalidArgument { what: String, message: String },
}

impl Error {
    pub(crate) fn from_status(what: &str, socket: &str, status: &Status) -> Self {
        let (what, message) = (what.to_owned(), status.message().to_owned());
        match status.code() {
            Code::NotFound => Error::NotFound { what, message },
            Code::AlreadyExists => Error::AlreadyExists { what, message },
            Code::InvalidArgument => Error::InvalidArgument { what, message },
            code if code == Code::Unavailable || lost_connection(status) => {
                Error::Unavailable { what, socket: socket.to_owned(), message }
            }
            code => Error::Failed { what, code, message },
        }
    }

    pub(crate) fn bad_answer(what: impl Into<String>, message: impl Into<String>) -> Self {
        Error::BadAnswer { what: what.into(), message: message.into() }
    }

    /// True when the thing does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Error::NotFound { .. })
    }

    /// True when the daemon is not there (any more): reconnecting can help.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Error::Unavailable { .. } | Error::Timeout { .. })
    }

    /// The gRPC code under which the error crosses to clients of the node.
    pub fn code(&self) -> Code {
        match self {
            Error::NotFound { .. } => Code::NotFound,
            Error::AlreadyExists { .. } => Code::AlreadyExists,
            Error::Unavailable { .. } | Error::Timeout { .. } => Code::Unavailable,
            Error::InvalidArgument { .. } => Code::InvalidArgument,
            Error::Failed { code, .. } => *code,
            Error::BadAnswer { .. } => Code::Internal,
        }
    }
}

/// A connection that breaks in the middle of a call shows as Unknown or Cancelled with a transport source.
fn lost_connection(status: &Status) -> bool {
    let broken = matches!(status.code(), Code::Unknown | Code::Cancelled | Code::Internal);
    broken && std::error::Error::source(status).is_some()
}

/// `None` for a thing that does not exist.
pub(crate) fn optional<T>(result: crate::Result<T>) -> crate::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keep_their_meaning() {
        let cases = [
            (Code::NotFound, true, false),
            (Code::Unavailable, false, true),
            (Code::Unknown, false, false),
            (Code::AlreadyExists, false, false),
        ];
        for (code, not_found, unavailable) in cases {
            let error = Error::from_status("looking", "/run/c.sock", &Status::new(code, "why"));
            assert_eq!((error.is_not_found(), error.is_unavailable()), (not_found, unavailable), "{code:?}");
            assert_eq!(error.code(), code);
            assert!(error.to_string().contains("looking") && error.to_string().contains("why"));
        }
    }

    #[test]
    fn absence_is_not_a_failure_for_callers_that_ask_whether_something_is_there() {
        let absent = Error::from_status("looking", "s", &Status::not_found("x"));
        assert_eq!(optional::<()>(Err(absent)), Ok(None));
        assert_eq!(optional(Ok(1)), Ok(Some(1)));
    }
}
