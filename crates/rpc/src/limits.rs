//! Sizes, windows and times that all servers and clients of the node share.

use std::time::Duration;

use crate::places::Bounds;

/// Largest message sent or received, in bytes (contract api.md 1.1).
pub const MESSAGE: usize = 32 * 1024 * 1024;

/// Largest request of methods that ask for something and bring nothing along, in bytes; trustd's are among them.
pub const SMALL_MESSAGE: usize = 64 * 1024;

/// Largest list of headers that is read, in bytes as HTTP/2 counts them. Twice 1 MiB, so that a call
/// with 1 MiB of metadata is answered like any other; more is answered with HTTP status 431.
pub const HEADER_LIST: u32 = 2 * 1024 * 1024;

/// Names of metadata that one call may bring along.
pub const HEADER_NAMES: usize = 256;

/// Values of metadata that one call may bring along: as many nodes as it may name, and some more.
pub const HEADER_VALUES: usize = 2048 + 256;

/// Streams that one connection may have open. Further calls wait at the client.
pub const STREAMS: u32 = 512;

/// Calls that one connection between two processes of a node may give up before they were looked at.
pub const GIVEN_UP: usize = 1024;

/// Connections that a Unix socket serves at a time: one for each client of apid, and some more.
pub const CONNECTIONS: usize = 1024;

/// Places of a listener on the network. Whoever comes from one address, or with one certificate, cannot take so many
/// that others find none.
pub const PLACES: Bounds =
    Bounds { all: 512, for_administrators: 64, for_known: 128, stranger: 64, known: 64 };

/// Connections whose process is not known, or not yet, on a listener within the node; further ones are ended at once.
pub const STRANGERS: usize = 256;

/// How long a stranger's connection is answered that it is one.
pub const STRANGER: Duration = Duration::from_secs(3);

/// Bytes that one stream over the network may have under way to us before it waits. It bounds both what
/// a receiver that does not read pins in our memory, and the speed of one stream: 25 MiB/s at 20 ms.
pub const STREAM_WINDOW: u32 = 512 * 1024;

/// The same on sockets within the node, where a round trip costs next to nothing.
pub const LOCAL_STREAM_WINDOW: u32 = 64 * 1024;

/// Bytes that all streams of a connection may have under way to a client of ours.
pub const CONNECTION_WINDOW: u32 = 8 * 1024 * 1024;

/// The same to a server: what one client can make it hold, times [`PLACES`].
pub const SERVER_CONNECTION_WINDOW: u32 = 1024 * 1024;

/// The same for connections that many calls share: as much as [`STREAMS`] streams that nobody reads
/// can hold on a local socket, so that they do not hold up the others.
pub const SHARED_CONNECTION_WINDOW: u32 = 32 * 1024 * 1024;

/// Bytes a stream may have queued for sending.
pub const SEND_BUFFER: usize = 256 * 1024;

/// How long streams may go on after a listener has stopped accepting (contract api.md 1.3).
pub const DRAIN: Duration = Duration::from_secs(10);

/// How long a client may take to begin a TLS handshake.
pub const CLIENT_HELLO: Duration = Duration::from_secs(3);

/// How long a TLS handshake may take before the connection is dropped.
pub const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a connection attempt to a node may take (contract api.md 3.6).
pub const CONNECT: Duration = Duration::from_secs(20);
