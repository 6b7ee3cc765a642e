//! Sizes, windows and times that all servers and clients of the node share.

use std::time::Duration;

/// Largest message sent or received, in bytes (contract api.md 1.1). trustd keeps [`MESSAGE_TRUSTD`].
pub const MESSAGE: usize = 32 * 1024 * 1024;

/// Largest message of trustd, in bytes (contract api.md 1.1).
pub const MESSAGE_TRUSTD: usize = 4 * 1024 * 1024;

/// Largest list of headers that is read, in bytes as HTTP/2 counts them. Twice 1 MiB, so that a call
/// with 1 MiB of metadata is answered like any other; more is answered with HTTP status 431.
pub const HEADER_LIST: u32 = 2 * 1024 * 1024;

/// Streams that one connection may have open. Further calls wait at the client.
pub const STREAMS: u32 = 512;

/// Connections that one listener serves at a time. Further ones wait in the kernel's queue.
pub const CONNECTIONS: usize = 512;

/// Bytes that one stream may have under way to us before it waits. It bounds what a receiver that
/// does not read pins in our memory.
pub const STREAM_WINDOW: u32 = 256 * 1024;

/// Bytes that all streams of a connection may have under way. Much larger than one stream's, so that a
/// few streams that nobody reads cannot hold up the others.
pub const CONNECTION_WINDOW: u32 = 8 * 1024 * 1024;

/// Bytes a stream may have queued for sending.
pub const SEND_BUFFER: usize = 256 * 1024;

/// How long streams may go on after a listener has stopped accepting (contract api.md 1.3).
pub const DRAIN: Duration = Duration::from_secs(10);

/// How long a TLS handshake may take before the connection is dropped.
pub const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a connection attempt to a node may take (contract api.md 3.6).
pub const CONNECT: Duration = Duration::from_secs(20);
