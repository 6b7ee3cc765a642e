//! Answers that apid gives itself, and what it makes of those that broke on the way.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response, response};
use http_body::Frame;
use hyper::body::Incoming;
use rpc::status::{WireStatus, code_of_http2};
use tonic::Code;
use tonic::body::Body;

use crate::link::Link;

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// An answer of one's own whose result follows in trailers.
pub fn with(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, GRPC);
    response
}

/// Answers with nothing but a status.
pub fn status(status: &WireStatus) -> Response<Body> {
    let mut response = with(Body::empty());
    status.write(response.headers_mut());
    response
}

/// The end of an answer that has begun.
pub fn trailers(status: &WireStatus) -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(2);
    status.write(&mut trailers);
    trailers
}

/// The status of an answer that has no body, or that is no gRPC; `None` when a body follows.
pub fn of_head(head: &response::Parts) -> Option<WireStatus> {
    if let Some(status) = WireStatus::from_headers(&head.headers) {
        return Some(status);
    }
    if head.status.is_success() {
        return None;
    }
    // The table of the gRPC protocol for answers of what is no gRPC server.
    let code = match head.status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    };
    Some(WireStatus::new(code, format!("unexpected HTTP status code received from server: {}", head.status)))
}

/// What a broken stream or connection to another process means for the call.
pub fn of_error(error: &hyper::Error) -> WireStatus {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let broken = loop {
        match cause {
            Some(error) => match error.downcast_ref::<h2::Error>() {
                Some(broken) => break Some(broken),
                None => cause = error.source(),
            },
            None => break None,
        }
    };
    match broken.and_then(|broken| broken.reason().filter(|_| broken.is_reset())) {
        Some(reason) => {
            let code = code_of_http2(reason.into());
            WireStatus::new(code, format!("stream terminated by RST_STREAM with error code: {reason:?}"))
        }
        None => WireStatus::new(Code::Unavailable, "error reading from server: EOF"),
    }
}

/// The body of a node's answer as it is passed on: when it breaks, its end says so.
pub struct Passed {
    body: Incoming,
    ended: bool,
    /// What the request's body has to say when the call broke because of it.
    reason: Arc<crate::forward::Reason>,
    /// Marks the connection as used.
    _link: Arc<Link>,
}

impl Passed {
    /// What comes from a node over a link.
    pub fn new(body: Incoming, reason: Arc<crate::forward::Reason>, link: Arc<Link>) -> Passed {
        Passed { body, ended: false, reason, _link: link }
    }
}

impl http_body::Body for Passed {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        Pin::new(&mut self.body).poll_frame(cx).map(|frame| match frame {
            Some(Err(error)) => {
                self.ended = true;
                let status = self.reason.get().map_or_else(|| of_error(&error), WireStatus::clone);
                Some(Ok(Frame::trailers(trailers(&status))))
            }
            other => other,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.is_end_stream()
    }
}
