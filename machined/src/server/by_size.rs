//! A service with a server for its small requests and one for its large ones.

use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::body::Body;
use tonic::server::NamedService;
use tower::Service;

use super::kind;

/// Two servers of the same service: a generated server has one size for all its calls.
#[derive(Clone)]
pub(super) struct BySize<S> {
    pub small: S,
    pub large: S,
}

impl<S> Service<Request<Body>> for BySize<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        // Generated servers always are.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> S::Future {
        match kind::is_large(request.uri().path()) {
            true => self.large.call(request),
            false => self.small.call(request),
        }
    }
}

impl<S: NamedService> NamedService for BySize<S> {
    const NAME: &'static str = S::NAME;
}
