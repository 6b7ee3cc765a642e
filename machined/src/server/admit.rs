//! Gives each call its place, and takes it back when the call has ended.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use hyper::body::{Body as _, Frame};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use super::kind::{self, Class};
use super::places::{Ended, Place, Places};

/// The layer; it stands behind [`rpc::guard::Authorize`], which says who calls.
#[derive(Clone)]
pub struct Admit<S> {
    inner: S,
    places: Places,
}

impl<S> Admit<S> {
    /// Bounds the calls of `inner`.
    pub fn new(inner: S) -> Admit<S> {
        Admit { inner, places: Places::default() }
    }
}

impl<S> Service<Request<Body>> for Admit<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Unpin>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Admitted<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let path = request.uri().path();
        let class = Class::of(rpc::guard::roles(request.extensions()));
        let taken = self.places.take(class, kind::lasts(path), kind::is_large(path));
        let Some((place, ended)) = taken else { return Admitted { running: None } };
        let held = Held { place, ended };
        Admitted { running: Some((self.inner.call(request), held)) }
    }
}

/// What a call holds.
struct Held {
    place: Place,
    ended: Ended,
}

impl Held {
    /// Why the call is to end now.
    fn over(&mut self, cx: &mut Context<'_>) -> Option<Status> {
        if let Some(ended) = &mut self.ended
            && Pin::new(&mut *ended).poll(cx).is_ready()
        {
            self.ended = None;
            return Some(Status::resource_exhausted(
                "ended for a newer call: too many calls that last are under way on this node",
            ));
        }
        None
    }
}

/// The answer to come.
pub struct Admitted<F> {
    /// `None` when there was no place.
    running: Option<(F, Held)>,
}

impl<F> Future for Admitted<F>
where
    F: Future<Output = Result<Response<Body>, Infallible>> + Unpin,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some((future, held)) = &mut self.running else {
            let text = "too many calls are under way on this node: try again later";
            return Poll::Ready(Ok(Status::resource_exhausted(text).into_http()));
        };
        if let Poll::Ready(Ok(answer)) = Pin::new(future).poll(cx) {
            let held = self.running.take().map(|(_, mut held)| {
                held.place.has_brought_all();
                held
            });
            return Poll::Ready(Ok(answer.map(|body| Answer::of(body, held))));
        }
        match held.over(cx) {
            Some(status) => Poll::Ready(Ok(status.into_http())),
            None => Poll::Pending,
        }
    }
}

/// The messages of an answer, which keep the call's place.
struct Answer {
    body: Body,
    held: Option<Held>,
}

impl Answer {
    fn of(body: Body, held: Option<Held>) -> Body {
        if body.is_end_stream() { body } else { Body::new(Answer { body, held }) }
    }
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.held.is_none() {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        let Some(status) = self.held.as_mut().and_then(|held| held.over(cx)) else { return Poll::Pending };
        (self.held, self.body) = (None, Body::empty());
        let mut trailers = HeaderMap::new();
        let told = status.add_header(&mut trailers);
        Poll::Ready(told.is_ok().then(|| Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use http_body_util::StreamBody;
    use tower::{ServiceExt as _, service_fn};

    type Pending = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    /// Answers what lasts by a stream without a word, everything else at once.
    fn server() -> Admit<
        impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future = Pending> + Clone,
    > {
        Admit::new(service_fn(|request: Request<Body>| {
            Box::pin(async move {
                let lasts = kind::lasts(request.uri().path());
                let silence = stream::pending::<Result<Frame<Bytes>, Status>>();
                Ok(Response::new(if lasts { Body::new(StreamBody::new(silence)) } else { Body::empty() }))
            }) as Pending
        }))
    }

    fn request(path: &'static str) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = http::Uri::from_static(path);
        request
    }

    fn code(headers: &HeaderMap) -> Option<&str> {
        headers.get("grpc-status").and_then(|code| code.to_str().ok())
    }

    const EVENTS: &str = "/machine.MachineService/Events";

    #[tokio::test]
    async fn of_600_idle_calls_the_oldest_end_and_others_are_answered() {
        let server = server();
        let mut idle: Vec<Body> = Vec::new();
        let (mut ended, mut refused) = (0, 0);
        for _ in 0..600 {
            let answer = server.clone().oneshot(request(EVENTS)).await.unwrap();
            refused += usize::from(code(answer.headers()).is_some());
            idle.push(answer.into_body());
            // As connections do: whoever can be told something is. Each would be a task of its own.
            let before = idle.len();
            let tell = std::future::poll_fn(|cx| {
                idle.retain_mut(|body| Pin::new(body).poll_frame(cx).is_pending());
                Poll::Ready(())
            });
            tokio::task::unconstrained(tell).await;
            ended += before - idle.len();
        }
        let version = server.clone().oneshot(request("/machine.MachineService/Version")).await.unwrap();
        assert_eq!((code(version.headers()), refused), (None, 0));
        assert_eq!(idle.len() + ended, 600);
        assert!(idle.len() < 200, "{}", idle.len());
        eprintln!("600 idle calls: {ended} ended for newer ones, {} kept, none refused", idle.len());
    }
}
