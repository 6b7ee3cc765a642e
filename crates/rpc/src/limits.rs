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

/// Bytes that one stream over the network may have under way to us before it waits. It bounds both what
/// a receiver that does not read pins in our memory, and the speed of one stream: 25 MiB/s at 20 ms.
pub const STREAM_WINDOW: u32 = 512 * 1024;

/// The same on sockets within the node, where a round trip costs next to nothing.
pub const LOCAL_STREAM_WINDOW: u32 = 64 * 1024;

/// Bytes that all streams of a client's connection may have under way.
pub const CONNECTION_WINDOW: u32 = 8 * 1024 * 1024;

/// The same for connections that many clients share: as much as [`STREAMS`] streams that nobody reads
/// can hold on a local socket, so that they do not hold up the others.
pub const SHARED_CONNECTION_WINDOW: u32 = 32 * 1024 * 1024;

/// Bytes a stream may have queued for sending.
pub const SEND_BUFFER: usize = 256 * 1024;

/// How long streams may go on after a listener has stopped accepting (contract api.md 1.3).
pub const DRAIN: Duration = Duration::from_secs(10);

/// How long a TLS handshake may take before the connection is dropped.
pub const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a connection attempt to a node may take (contract api.md 3.6).
pub const CONNECT: Duration = Duration::from_secs(20);
