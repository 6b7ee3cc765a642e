//! A panic in a handler ends its call, not the process (contract api.md 1.1: it becomes Internal).

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as _, Frame};
use sys::panic::{Panicked, catch};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

/// Answers Internal to a call whose handler, or whose stream, panics. The panic is in the log of the process
/// (see [`sys::panic::install`]).
#[derive(Clone)]
pub struct Catch<S>(S);

impl<S> Catch<S> {
    /// Guards the calls of `inner`.
    pub fn new(inner: S) -> Catch<S> {
        Catch(inner)
    }
}

fn internal(panicked: Panicked) -> Status {
    Status::internal(panicked.to_string())
}

impl<S> Service<Request<Body>> for Catch<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Unpin>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Caught<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Caught(catch(|| self.0.call(request)))
    }
}

/// The answer to come.
pub struct Caught<F>(Result<F, Panicked>);

impl<F> Future for Caught<F>
where
    F: Future<Output = Result<Response<Body>, Infallible>> + Unpin,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = match &mut self.0 {
            Ok(future) => catch(|| Pin::new(future).poll(cx)),
            Err(panicked) => Err(*panicked),
        };
        match polled {
            Ok(Poll::Ready(Ok(answer))) => Poll::Ready(Ok(answer.map(guard))),
            Ok(Poll::Pending) => Poll::Pending,
            Err(panicked) => {
                self.0 = Err(panicked);
                Poll::Ready(Ok(internal(panicked).into_http()))
            }
        }
    }
}

fn guard(body: Body) -> Body {
    if body.is_end_stream() { body } else { Body::new(Stream(Some(body))) }
}

/// The messages of an answer.
struct Stream(Option<Body>);

impl http_body::Body for Stream {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(body) = &mut self.0 else { return Poll::Ready(None) };
        match catch(|| Pin::new(body).poll_frame(cx)) {
            Ok(polled) => polled,
            Err(panicked) => {
                self.0 = None;
                let mut trailers = http::HeaderMap::new();
                let told = internal(panicked).add_header(&mut trailers);
                Poll::Ready(told.is_ok().then(|| Ok(Frame::trailers(trailers))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(http_body::Body::is_end_stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;
    use std::future::{poll_fn, ready};
    use tower::{ServiceExt as _, service_fn};

    type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>>>>;

    async fn status(handler: fn(Request<Body>) -> Answer) -> (Option<String>, Option<String>) {
        let answer = Catch::new(service_fn(handler)).oneshot(Request::new(Body::empty())).await.unwrap();
        let code = |headers: &http::HeaderMap| {
            headers.get("grpc-status").map(|code| code.to_str().unwrap().to_owned())
        };
        let head = code(answer.headers());
        let body = answer.into_body().collect().await.unwrap();
        (head, body.trailers().and_then(code))
    }

    #[tokio::test]
    async fn a_panic_is_internal_wherever_it_happens() {
        let internal = || Some("13".to_owned());
        assert_eq!(status(|_| panic!("at once")).await, (internal(), None));
        assert_eq!(status(|_| Box::pin(async { panic!("later") })).await, (internal(), None));
        let streamed = status(|_| {
            let mut sent = false;
            let frames = futures::stream::poll_fn(move |_| {
                assert!(!std::mem::replace(&mut sent, true), "in a stream");
                Poll::Ready(Some(Ok::<_, Status>(Frame::data(Bytes::from_static(b"x")))))
            });
            let body = Body::new(http_body_util::StreamBody::new(frames));
            Box::pin(ready(Ok(Response::new(body))))
        });
        assert_eq!(streamed.await, (None, internal()));
    }

    #[tokio::test]
    async fn what_goes_well_is_left_alone() {
        let answer = status(|_| {
            let mut polls = 0;
            Box::pin(poll_fn(move |cx| {
                polls += 1;
                cx.waker().wake_by_ref();
                if polls < 2 { Poll::Pending } else { Poll::Ready(Ok(Response::new(Body::empty()))) }
            }))
        });
        assert_eq!(answer.await, (None, None));
    }
}
