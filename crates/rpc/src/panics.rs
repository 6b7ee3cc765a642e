//! The last line: a handler that panics ends its call and nothing else, where the program is built to unwind.

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::FutureExt as _;
use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

/// Answers Internal when the service behind it panics. What panicked is in the log already, by the panic's hook.
#[derive(Clone, Debug)]
pub struct CatchPanic<S>(pub S);

impl<S> Service<Request<Body>> for CatchPanic<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The service that was polled is the one to call (tower::Service, "Be careful when cloning").
        let clone = self.0.clone();
        let mut service = std::mem::replace(&mut self.0, clone);
        let path = request.uri().path().to_owned();
        Box::pin(async move {
            // Locks that a panic poisons are taken nevertheless wherever they are taken.
            let answer = AssertUnwindSafe(async move { service.call(request).await }).catch_unwind().await;
            answer.unwrap_or_else(|_| {
                tracing::error!(path, "a call panicked");
                let text = "the call failed by a fault of the server; its log says where";
                Ok(Status::internal(text).into_http())
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tower::{ServiceExt as _, service_fn};

    #[tokio::test]
    async fn a_call_that_panics_is_answered_and_the_next_one_served() {
        let service = CatchPanic(service_fn(|request: Request<Body>| async move {
            assert!(request.uri().path() != "/bad", "as a fault would");
            Ok::<_, Infallible>(Response::new(Body::empty()))
        }));
        for (path, status) in [("/bad", Some("13")), ("/good", None), ("/bad", Some("13"))] {
            let request = Request::builder().uri(path).body(Body::empty()).unwrap();
            let answer = service.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.headers().get("grpc-status").map(|code| code.to_str().unwrap()), status);
        }
    }
}
