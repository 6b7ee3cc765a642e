//! Passes one call on to one place without looking inside: request and answer, headers, trailers and status are
//! forwarded as they are (contract api.md 3.2).

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use rpc::status::WireStatus;
use tonic::body::Body;
use tonic::{Code, Status};

use crate::frame::{Meter, TooLarge};
use crate::link::Link;
use crate::reply::{self, Passed};

/// Why a request's body was not passed on to its end, once that is so.
pub type Reason = OnceLock<WireStatus>;

impl From<TooLarge> for WireStatus {
    fn from(error: TooLarge) -> WireStatus {
        WireStatus::new(Code::ResourceExhausted, error.to_string())
    }
}

/// The answer of one place, or the status that says why there is none.
pub async fn forward(link: Arc<Link>, request: Request<Body>) -> Response<Body> {
    let (request, reason) = metered(request);
    match link.send(request).await {
        Ok(answer) => answer.map(|body| Body::new(Passed::new(body, reason, link))),
        Err(status) => reply::status(reason.get().unwrap_or(&status)),
    }
}

/// Watches the sizes of the messages of a request. The reason is there when one was too large.
pub fn metered(request: Request<Body>) -> (Request<Body>, Arc<Reason>) {
    let reason = Arc::new(Reason::new());
    let told = Arc::clone(&reason);
    let body = |body| Body::new(Metered { body, meter: Meter::default(), reason: told });
    (request.map(body), reason)
}

struct Metered {
    body: Body,
    meter: Meter,
    reason: Arc<Reason>,
}

impl http_body::Body for Metered {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        Pin::new(&mut this.body).poll_frame(cx).map(|frame| {
            if let Some(Ok(frame)) = &frame
                && let Some(Err(error)) = frame.data_ref().map(|piece| this.meter.pass(piece))
            {
                let status = this.reason.get_or_init(|| error.into());
                return Some(Err(Status::resource_exhausted(status.message.clone())));
            }
            frame
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
