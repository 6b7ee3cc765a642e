//! Finds the service that a call is for, by the name in its path.

use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tonic::server::NamedService;
use tower::Service;

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;
type Handler = Box<dyn Fn(Request<Body>) -> Answer + Send + Sync>;

/// Several services on one connection. Calls to a service that is not here are answered Unimplemented
/// with its name.
#[derive(Clone, Default)]
pub struct Router {
    services: Arc<Vec<(&'static str, Handler)>>,
}

/// Collects the services of a [`Router`].
#[derive(Default)]
pub struct RouterBuilder {
    services: Vec<(&'static str, Handler)>,
}

impl Router {
    /// Starts an empty collection.
    #[must_use]
    pub fn builder() -> RouterBuilder {
        RouterBuilder::default()
    }
}

impl RouterBuilder {
    /// Adds a generated server.
    #[must_use]
    pub fn service<S>(mut self, server: S) -> RouterBuilder
    where
        S: NamedService
            + Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future = Answer>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        // Generated servers are always ready, and made to be cloned for each call.
        self.services.push((S::NAME, Box::new(move |request| server.clone().call(request))));
        self
    }

    /// The finished router.
    #[must_use]
    pub fn build(self) -> Router {
        Router { services: Arc::new(self.services) }
    }
}

impl Service<Request<Body>> for Router {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        let path = request.uri().path();
        let service =
            path.strip_prefix('/').and_then(|path| path.split_once('/')).map_or("", |(name, _)| name);
        match self.services.iter().find(|(name, _)| *name == service) {
            Some((_, handler)) => handler(request),
            None => {
                let status = Status::unimplemented(format!("unknown service {service}"));
                Box::pin(ready(Ok(status.into_http())))
            }
        }
    }
}
