//! The node's gRPC services on machine.sock, one module a concern.

pub mod apply;
mod cluster;
pub mod containers;
pub mod etcd;
pub mod events;
pub mod files;
pub mod images;
mod inspect;
pub mod kubeconfig;
mod lifecycle;
pub mod logs;
mod machine;
pub mod netstat;
pub mod node;
pub mod power;
mod probe;
pub mod proc;
pub mod services;
mod storage;
mod time;
pub mod version;

use tonic::Status;

pub use cluster::ClusterApi;
pub use images::ImageApi;
pub use inspect::InspectApi;
pub use lifecycle::LifecycleApi;
pub use machine::MachineApi;
pub use storage::StorageApi;
pub use time::TimeApi;

/// Does the work of a call beside its handler. A panic is the error of that call, as in a handler.
pub(crate) fn spawn<T: Send + 'static>(
    told: tokio::sync::mpsc::Sender<Result<T, Status>>,
    work: impl Future<Output = ()> + Send + 'static,
) {
    tokio::spawn(async move {
        if let Err(panicked) = sys::panic::Guarded::new(Box::pin(work)).await {
            let _ = told.send(Err(Status::internal(panicked.to_string()))).await;
        }
    });
}

/// A handler's own error as clients see it: code Unknown (contract api.md 1).
pub(crate) fn plain(message: impl Into<String>) -> Status {
    Status::unknown(message)
}

/// A time that a client sent; `None` for none, and for what is no length of time. (The library's own conversion
/// overflows at the ends of its numbers.)
pub(crate) fn duration(sent: Option<prost_types::Duration>) -> Option<std::time::Duration> {
    let sent = sent?;
    let (seconds, nanos) = (u64::try_from(sent.seconds).ok()?, u32::try_from(sent.nanos).ok()?);
    let nanos = Some(nanos).filter(|nanos| *nanos < 1_000_000_000)?;
    Some(std::time::Duration::new(seconds, nanos)).filter(|length| !length.is_zero())
}

/// The answer to a call that does not exist yet.
pub(crate) fn not_yet(call: &str) -> Status {
    Status::unimplemented(format!("{call} is not implemented"))
}

/// Refuses what a machine in container mode cannot do (contract api.md 5, «mode check»).
pub(crate) fn not_in_container(call: &str) -> Status {
    Status::failed_precondition(format!("method {call} is not supported in container mode"))
}
