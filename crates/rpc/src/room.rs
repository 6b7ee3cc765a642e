//! How much a stream can be given to send.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, SendStream};

/// A first piece of up to this many bytes is sent without asking for room, as nearly every message is: a
/// window is larger, and what does not fit is kept by the stream (RFC 9113 6.9).
const SMALL: usize = 4096;

/// How many of `wanted` bytes may be sent now: as fast as the other side reads. `first` says that nothing
/// has been sent on this stream yet.
///
/// # Errors
/// When the other side is gone, or does not want any more.
pub fn poll_room(
    stream: &mut SendStream<Bytes>,
    wanted: usize,
    first: bool,
    cx: &mut Context<'_>,
) -> Poll<Result<usize, h2::Error>> {
    if first && wanted <= SMALL {
        return Poll::Ready(Ok(wanted));
    }
    stream.reserve_capacity(wanted);
    let mut capacity = stream.capacity();
    while capacity == 0 {
        capacity = ready!(stream.poll_capacity(cx)).unwrap_or_else(|| Err(Reason::CANCEL.into()))?;
    }
    Poll::Ready(Ok(capacity.min(wanted)))
}
