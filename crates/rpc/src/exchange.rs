//! One HTTP/2 connection of a server: hands its calls to a service, each bounded in what it may bring along and in its
//! time, and none able to end the others.

use std::convert::Infallible;

use http::{HeaderMap, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::Status;
use tonic::body::Body;
use tower::ServiceExt as _;

use crate::catch::Catch;
use crate::serve::{Drain, GrpcService, Options};
use crate::{deadline, limits};

/// Serves one connection (HTTP/2 without negotiation) until the other side closes it or the drain's
/// time is over. `extension` is put into the extensions of every request: who is calling.
///
/// Start it with [`Drain::spawn`] for [`Drain::finish`] to wait for it.
pub async fn connection<I, E, S>(io: I, extension: E, service: S, options: Options, drain: Drain)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    E: Clone + Send + Sync + 'static,
    S: GrpcService,
{
    let service = Catch::new(service);
    let serve = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(extension.clone());
        answer(service.clone(), request)
    });
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .initial_stream_window_size(limits::STREAM_WINDOW)
        .initial_connection_window_size(limits::SERVER_CONNECTION_WINDOW)
        .max_concurrent_streams(options.streams)
        .max_header_list_size(options.header_list)
        .max_send_buf_size(limits::SEND_BUFFER)
        .auto_date_header(false);
    if options.trusted {
        builder.max_local_error_reset_streams(None).max_pending_accept_reset_streams(limits::GIVEN_UP);
    }
    let connection = builder.serve_connection(TokioIo::new(io), serve);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        () = drain.begun() => {
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(options.drain, connection).await {
                Ok(ended) => ended,
                Err(_) => return tracing::debug!("calls were still under way when the time to drain was over"),
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn answer<S: GrpcService>(
    service: Catch<S>,
    request: Request<Body>,
) -> Result<Response<Body>, Infallible> {
    if let Err(status) = check_fields(request.headers()) {
        return Ok(status.into_http());
    }
    let limit = deadline::of(request.headers());
    deadline::within(limit, service.oneshot(request)).await
}

/// A map of headers cannot take more than some ten thousand names, and whoever adds one more would panic.
fn check_fields(headers: &HeaderMap) -> Result<(), Status> {
    let (names, values) = (headers.keys_len(), headers.len());
    if names > limits::HEADER_NAMES {
        let text = format!("the call has {names} kinds of metadata, more than {}", limits::HEADER_NAMES);
        return Err(Status::resource_exhausted(text));
    }
    if values > limits::HEADER_VALUES {
        let text = format!("the call has {values} values of metadata, more than {}", limits::HEADER_VALUES);
        return Err(Status::resource_exhausted(text));
    }
    Ok(())
}
