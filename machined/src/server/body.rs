//! The body of a request: so many bytes, in so much time.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as _, Frame};
use tokio::time::{Sleep, sleep};
use tonic::Status;
use tonic::body::Body;

use super::kind::{self, Request};
use super::places::Place;

/// How long the message of a call may take to come.
const ONE: Duration = Duration::from_secs(30);

/// How long an upload may stand still.
const STILL: Duration = Duration::from_secs(60);

/// Bytes of a message that are not its own: compression and length (gRPC over HTTP/2).
const PREFIX: usize = 5;

/// A body that is bounded as its call is.
pub(super) struct Bounded {
    body: Body,
    request: Request,
    come: usize,
    place: Arc<Place>,
    /// Begins when something is waited for: most requests are there at once.
    late: Option<Pin<Box<Sleep>>>,
}

impl Bounded {
    /// Bounds a body; `unpacked` are the bytes that it may become in memory beside its own.
    pub(super) fn new(body: Body, request: Request, place: Arc<Place>, unpacked: bool) -> Body {
        if body.is_end_stream() {
            return body;
        }
        if unpacked {
            place.hold(kind::SMALL);
        }
        Body::new(Bounded { body, request, come: 0, place, late: None })
    }

    fn take(&mut self, length: usize) -> Result<(), Status> {
        self.come = self.come.saturating_add(length);
        match self.request {
            Request::One(most) if self.come > most + PREFIX => Err(Status::out_of_range(format!(
                "the request is larger than {most} bytes, the most that this call takes"
            ))),
            Request::One(_) if !self.place.hold(length) => Err(Status::resource_exhausted(
                "too many bytes of requests are under way on this node: try again later",
            )),
            _ => Ok(()),
        }
    }
}

impl hyper::body::Body for Bounded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) else {
            let patience = if this.request == Request::Many { STILL } else { ONE };
            let late = this.late.get_or_insert_with(|| Box::pin(sleep(patience)));
            ready!(late.as_mut().poll(cx));
            let text = format!("the request did not come within {} s", patience.as_secs());
            return Poll::Ready(Some(Err(Status::deadline_exceeded(text))));
        };
        if this.request == Request::Many
            && let Some(late) = &mut this.late
        {
            late.as_mut().reset(sys::clock::after(STILL));
        }
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
            && let Err(status) = this.take(data.len())
        {
            return Poll::Ready(Some(Err(status)));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

#[cfg(test)]
mod tests {
    use super::super::kind::Class;
    use super::super::places::Places;
    use super::*;
    use futures::{StreamExt, stream};
    use http_body_util::{BodyExt, StreamBody};
    use tonic::Code;

    fn bounded(request: Request, pieces: usize, then: bool) -> Body {
        let pieces =
            stream::iter((0..pieces).map(|_| Ok::<_, Status>(Frame::data(Bytes::from(vec![0; 1024])))));
        let body = match then {
            true => Body::new(StreamBody::new(pieces.chain(stream::pending()))),
            false => Body::new(StreamBody::new(pieces)),
        };
        let (place, _) = Places::default().take(Class::Reader, false, request == Request::Many).unwrap();
        Bounded::new(body, request, place, false)
    }

    async fn come(body: Body) -> Result<usize, Code> {
        body.collect().await.map(|all| all.to_bytes().len()).map_err(|status| status.code())
    }

    #[tokio::test(start_paused = true)]
    async fn small_requests_are_small_and_uploads_as_long_as_they_go_on() {
        let small = Request::One(kind::SMALL);
        assert_eq!(come(bounded(small, 64, false)).await, Ok(64 << 10));
        assert_eq!(come(bounded(small, 65, false)).await, Err(Code::OutOfRange));
        assert_eq!(come(bounded(Request::One(1 << 20), 65, false)).await, Ok(65 << 10));
        assert_eq!(come(bounded(Request::Many, 3000, false)).await, Ok(3000 << 10));
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_come_is_not_waited_for_for_ever() {
        for request in [Request::One(kind::SMALL), Request::Many] {
            assert_eq!(come(bounded(request, 3, true)).await, Err(Code::DeadlineExceeded));
        }
    }

    #[tokio::test]
    async fn all_requests_together_hold_no_more_than_their_class_may() {
        let places = Places::default();
        let mut held = Vec::new();
        let mut refused = 0;
        for _ in 0..90 {
            let (place, _) = places.take(Class::Reader, false, false).unwrap();
            let body = Body::new(http_body_util::Full::new(Bytes::from(vec![0; kind::SMALL])));
            let come = come(Bounded::new(body, Request::One(kind::SMALL), place.clone(), true)).await;
            refused += usize::from(come == Err(Code::ResourceExhausted));
            held.push(place);
        }
        assert_eq!(refused, 90 - 64, "each is counted with what it becomes when it is unpacked");
        eprintln!("{refused} of 90 requests refused");
    }
}
