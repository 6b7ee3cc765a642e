//! Logs of services and of the machine: bounded in memory, kept on disk while there is one.
//!
//! A [`Log`] remembers its last MiB, compressed. [`Logs`] knows all logs by id; once it is told where,
//! it also writes them to files, in its own time: writers never wait for the disk, and a full disk only
//! means that the newest MiB of each log is written when there is room again.

mod kernel;
mod log;
mod persist;
mod ring;
mod rotate;
mod stamp;
mod store;

pub use kernel::{KernelLog, shared_kernel};
pub use log::{Log, Reader, Tail, Writer};
pub use stamp::{go_stamp, rfc3339};
pub use store::Logs;

/// Id under which the kernel's messages are read (contract api.md 5.6).
pub const KERNEL: &str = "kernel";
