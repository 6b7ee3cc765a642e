//! One HTTP/2 connection of a server: takes calls, hands them to a service, sends its answers.
//!
//! It is made of `h2` alone: what a call costs here is paid at every hop of every call.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::OptionFuture;
use futures::task::noop_waker_ref;
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use http::{Request, Response};
use http_body::{Body as _, Frame};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Sleep, sleep};
use tonic::Status;
use tonic::body::Body;

use crate::gather::Gather;
use crate::limits;
use crate::room::poll_room;
use crate::serve::{Drain, GrpcService, Options};

/// Serves one connection (HTTP/2 without negotiation) until the other side closes it or the drain's
/// time is over. `extension` is put into the extensions of every request: who is calling.
///
/// Start it with [`Drain::spawn`] for [`Drain::finish`] to wait for it.
///
/// The service must be ready whenever it is called, as generated servers are; one that is not has its
/// call answered Unavailable.
pub async fn connection<I, E, S>(io: I, extension: E, mut service: S, options: Options, drain: Drain)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    E: Clone + Send + Sync + 'static,
    S: GrpcService,
{
    let take = move |request: Request<RecvStream>, respond| {
        let mut request = request.map(|stream| Body::new(Incoming { stream }));
        request.extensions_mut().insert(extension.clone());
        match service.poll_ready(&mut Context::from_waker(noop_waker_ref())) {
            Poll::Ready(Ok(())) => {
                let mut exchange = Exchange::Called { answer: service.call(request), respond };
                // Most calls are answered at once, and need no task. One that has to wait is polled again in its
                // own, and woken there.
                if exchange.poll_unpin(&mut Context::from_waker(noop_waker_ref())).is_pending() {
                    tokio::spawn(exchange);
                }
            }
            Poll::Pending => refuse(respond),
        }
    };
    calls(io, options, drain, take).await;
}

/// Takes the calls of one connection until the other side closes it or the drain's time is over. `take`
/// is given each call and starts what answers it.
pub async fn calls<I>(
    io: I,
    options: Options,
    drain: Drain,
    mut take: impl FnMut(Request<RecvStream>, SendResponse<Bytes>),
) where
    I: AsyncRead + AsyncWrite + Unpin,
{
    let mut builder = h2::server::Builder::new();
    builder
        .initial_window_size(limits::STREAM_WINDOW)
        .initial_connection_window_size(limits::CONNECTION_WINDOW)
        .max_concurrent_streams(options.streams)
        .max_header_list_size(options.header_list)
        .max_send_buffer_size(limits::SEND_BUFFER);
    if options.trusted {
        builder.max_local_error_reset_streams(None).data_frame_budget(usize::MAX);
    }
    let handshake = builder.handshake::<_, Bytes>(Gather::new(io)).await;
    let mut connection = match handshake {
        Ok(connection) => connection,
        Err(error) => return tracing::debug!(%error, "a peer does not speak HTTP/2"),
    };
    let mut draining = std::pin::pin!(drain.begun());
    let mut over: Option<Pin<Box<Sleep>>> = None;
    loop {
        // In this order: most often there is a call, and then nothing else has to be looked at.
        let accepted = tokio::select! {
            biased;
            accepted = connection.accept() => accepted,
            () = draining.as_mut(), if over.is_none() => {
                connection.graceful_shutdown();
                over = Some(Box::pin(sleep(options.drain)));
                continue;
            }
            () = OptionFuture::from(over.as_mut()).map(drop), if over.is_some() => {
                return tracing::debug!("calls were still under way when the time to drain was over");
            }
        };
        match accepted {
            Some(Ok((request, respond))) => take(request, respond),
            Some(Err(error)) => return tracing::debug!(%error, "a connection ended early"),
            None => return,
        }
    }
}

fn refuse(mut respond: SendResponse<Bytes>) {
    let response = Status::unavailable("the server is busy; try again").into_http::<()>();
    let _ = respond.send_response(response, true);
}

/// The body of a request, as far as it has come in.
struct Incoming {
    stream: RecvStream,
}

impl http_body::Body for Incoming {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        if let Some(data) = ready!(self.stream.poll_data(cx)) {
            // The handler asks for a piece when it can use it, so it may be replaced by the next.
            let length = data.as_ref().map_or(0, Bytes::len);
            let _ = self.stream.flow_control().release_capacity(length);
            return Poll::Ready(Some(data.map(Frame::data)));
        }
        let trailers = ready!(self.stream.poll_trailers(cx));
        Poll::Ready(trailers.map(|trailers| trailers.map(Frame::trailers)).transpose())
    }

    fn is_end_stream(&self) -> bool {
        self.stream.is_end_stream()
    }
}

/// One call under way.
enum Exchange<F> {
    Called { answer: F, respond: SendResponse<Bytes> },
    Answering { body: Body, stream: SendStream<Bytes>, held: Bytes, first: bool },
}

impl<F> Future for Exchange<F>
where
    F: Future<Output = Result<Response<Body>, Infallible>> + Unpin,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match &mut *self {
                Exchange::Called { answer, respond } => {
                    let Poll::Ready(Ok(response)) = Pin::new(answer).poll(cx) else {
                        // A caller that has gone ends the handler.
                        return respond.poll_reset(cx).map(|_| ());
                    };
                    let (head, body) = response.into_parts();
                    let end = body.is_end_stream();
                    match respond.send_response(Response::from_parts(head, ()), end) {
                        Ok(stream) if !end => {
                            *self = Exchange::Answering { body, stream, held: Bytes::new(), first: true };
                        }
                        _ => return Poll::Ready(()),
                    }
                }
                Exchange::Answering { body, stream, held, first } => {
                    let sent = send(Pin::new(body), stream, held, first, cx);
                    if sent.is_ready() {
                        return Poll::Ready(());
                    }
                    return stream.poll_reset(cx).map(|_| ());
                }
            }
        }
    }
}

/// Sends a body as fast as the other side reads; ready when all is sent, or nobody wants it any more. `first`
/// says that nothing of it has been sent.
fn send(
    mut body: Pin<&mut Body>,
    stream: &mut SendStream<Bytes>,
    held: &mut Bytes,
    first: &mut bool,
    cx: &mut Context<'_>,
) -> Poll<()> {
    loop {
        while !held.is_empty() {
            let Ok(room) = ready!(poll_room(stream, held.len(), *first, cx)) else { return Poll::Ready(()) };
            if stream.send_data(held.split_to(room), false).is_err() {
                return Poll::Ready(());
            }
            *first = false;
        }
        let frame = match ready!(body.as_mut().poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            // Errors of handlers are trailers; what else fails has no words left.
            Some(Err(_)) => {
                stream.send_reset(h2::Reason::INTERNAL_ERROR);
                return Poll::Ready(());
            }
            None => {
                let _ = stream.send_data(Bytes::new(), true);
                return Poll::Ready(());
            }
        };
        match frame.into_data() {
            Ok(data) => *held = data,
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    let _ = stream.send_trailers(trailers);
                    return Poll::Ready(());
                }
            }
        }
    }
}
