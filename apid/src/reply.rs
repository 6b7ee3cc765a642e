//! Answers that apid gives itself: errors, and the frame around what it put together.

use bytes::Bytes;
use futures::future::poll_fn;
use h2::SendStream;
use h2::server::SendResponse;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response, response};
use rpc::room::poll_room;
use rpc::status::{WireStatus, code_of_http2};
use tonic::Code;

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// The head of an answer whose result follows in trailers.
pub fn head() -> Response<()> {
    let mut response = Response::new(());
    response.headers_mut().insert(CONTENT_TYPE, GRPC);
    response
}

/// Answers with nothing but a status. A client that is gone does not matter.
pub fn status(respond: &mut SendResponse<Bytes>, status: &WireStatus) {
    let mut response = head();
    status.write(response.headers_mut());
    let _ = respond.send_response(response, true);
}

/// Ends an answer that has begun.
pub fn trailers(stream: &mut SendStream<Bytes>, status: &WireStatus) {
    let mut trailers = HeaderMap::with_capacity(2);
    status.write(&mut trailers);
    let _ = stream.send_trailers(trailers);
}

/// Sends all of it, as fast as the client reads. `first` says that nothing has been sent before.
///
/// # Errors
/// When the client is gone.
pub async fn send(
    stream: &mut SendStream<Bytes>,
    mut bytes: Bytes,
    mut first: bool,
) -> Result<(), h2::Error> {
    while !bytes.is_empty() {
        let room = poll_fn(|cx| poll_room(stream, bytes.len(), first, cx)).await?;
        stream.send_data(bytes.split_to(room), false)?;
        first = false;
    }
    Ok(())
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
pub fn of_error(error: &h2::Error) -> WireStatus {
    match error.reason() {
        Some(reason) if error.is_reset() => {
            let code = code_of_http2(reason.into());
            WireStatus::new(code, format!("stream terminated by RST_STREAM with error code: {reason:?}"))
        }
        _ if error.is_io() || error.is_go_away() => {
            WireStatus::new(Code::Unavailable, "error reading from server: EOF")
        }
        _ => WireStatus::new(Code::Unavailable, format!("error reading from server: {error}")),
    }
}
