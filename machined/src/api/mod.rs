//! The node's gRPC services on machine.sock, one module a concern.

pub mod files;
pub mod proc;
