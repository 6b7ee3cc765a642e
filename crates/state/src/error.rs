//! Why a store operation was refused.

use crate::traits::Pointer;

/// A refused store operation. The gRPC code of each is given by [`Error::code`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing is stored under that name. The text is part of the contract (api.md 6.2).
    #[error("resource {pointer}@undefined) doesn't exist", pointer = head(.0))]
    NotFound(Pointer),
    /// A resource of that name is there already.
    #[error("resource {pointer}@undefined) already exists", pointer = head(.0))]
    AlreadyExists(Pointer),
    /// Somebody else wrote in between: read again, then write.
    #[error("resource {name}@{expected}) update conflict: the stored version is {found}", name = head(.pointer))]
    VersionConflict { pointer: Pointer, expected: u64, found: u64 },
    /// Only the owner of a resource may change it.
    #[error("resource {name}) is owned by {owner:?}, not by {caller:?}", name = head(.pointer))]
    OwnerConflict { pointer: Pointer, owner: String, caller: String },
    /// The resource is being torn down (or is not, where that was expected).
    #[error("resource {name}) is not in phase {expected}", name = head(.pointer))]
    PhaseConflict { pointer: Pointer, expected: &'static str },
    /// Somebody still depends on the resource.
    #[error("resource {name}) has pending finalizers {finalizers:?}", name = head(.pointer))]
    PendingFinalizers { pointer: Pointer, finalizers: Vec<String> },
    /// The bookmark is from another process or fell out of the history: list again, then watch.
    #[error("the watch bookmark is not valid any more: list the resources again and start a new watch")]
    InvalidBookmark,
    /// The watcher was slower than the history is long.
    #[error("the watch of {0} fell behind the event history: start a new watch")]
    Overrun(String),
    /// The request makes no sense.
    #[error("{0}")]
    InvalidArgument(String),
    /// The store was reached, and said no; or it was not reached.
    #[error("{message}")]
    Remote { code: tonic::Code, message: String },
}

fn head(pointer: &Pointer) -> String {
    format!("{}({}/{}", pointer.typ, pointer.namespace, pointer.id)
}

impl Error {
    /// Code under which the error crosses gRPC.
    pub fn code(&self) -> tonic::Code {
        match self {
            Error::NotFound(_) => tonic::Code::NotFound,
            Error::AlreadyExists(_) => tonic::Code::AlreadyExists,
            Error::VersionConflict { .. } | Error::PhaseConflict { .. } => tonic::Code::FailedPrecondition,
            Error::PendingFinalizers { .. } | Error::InvalidBookmark => tonic::Code::FailedPrecondition,
            Error::OwnerConflict { .. } => tonic::Code::PermissionDenied,
            Error::Overrun(_) => tonic::Code::Aborted,
            Error::InvalidArgument(_) => tonic::Code::InvalidArgument,
            Error::Remote { code, .. } => *code,
        }
    }

    /// True when the resource is simply not there, wherever the store is.
    pub fn is_not_found(&self) -> bool {
        self.code() == tonic::Code::NotFound
    }

    /// True when reading again and retrying can help.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Error::VersionConflict { .. })
            || matches!(self, Error::Remote { code: tonic::Code::FailedPrecondition, message } if message.contains("update conflict"))
    }
}

impl From<Error> for tonic::Status {
    fn from(error: Error) -> Self {
        tonic::Status::new(error.code(), error.to_string())
    }
}

impl From<tonic::Status> for Error {
    fn from(status: tonic::Status) -> Self {
        Error::Remote { code: status.code(), message: status.message().to_owned() }
    }
}
