//! Channels for generated clients: to a Unix socket, over an inherited socket, or to nodes over TLS.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint};
use tower::Service;

use crate::limits;
use crate::tls::ClientStream;
use crate::tls::dial::{self, DialError, Target};

/// A channel to a socket in the file system. It connects at the first call and again whenever the
/// connection is lost; until then calls fail with Unavailable.
pub fn unix_channel(path: impl AsRef<Path>) -> Channel {
    let path: Arc<Path> = path.as_ref().into();
    endpoint().connect_with_connector_lazy(Connect(move || {
        let path = Arc::clone(&path);
        Box::pin(async move {
            let stream = UnixStream::connect(&path).await.map_err(|error| DialError::unix(&path, &error))?;
            Ok(TokioIo::new(stream))
        }) as Dialing<UnixStream>
    }))
}

/// A channel over a socket that is already connected, as inherited from machined. When it breaks every
/// call fails with Unavailable for good: the process at the other end is gone, and who started this
/// one will start it again.
pub fn channel_from_stream(stream: UnixStream) -> Channel {
    let once = Arc::new(Mutex::new(Some(stream)));
    endpoint().connect_with_connector_lazy(Connect(move || {
        let stream = sys::sync::lock(&once).take();
        Box::pin(async move {
            let gone =
                || DialError::text("the inherited connection is closed; the process must be started again");
            stream.map(TokioIo::new).ok_or_else(gone)
        }) as Dialing<UnixStream>
    }))
}

/// A channel to the first of several nodes that answers, over TLS. Each new connection begins with the
/// node after the one tried last, so that callers that shuffle `targets` spread over them.
pub fn tls_channel(targets: Vec<Target>, tls: Arc<rustls::ClientConfig>) -> Channel {
    let targets: Arc<[Target]> = targets.into();
    let next = Arc::new(Mutex::new(0_usize));
    endpoint().connect_with_connector_lazy(Connect(move || {
        let (targets, next, tls) = (Arc::clone(&targets), Arc::clone(&next), Arc::clone(&tls));
        Box::pin(async move {
            let start = {
                let mut next = sys::sync::lock(&next);
                let start = *next;
                *next = start.wrapping_add(1);
                start
            };
            let mut last = DialError::text("no endpoint is given; name one in the client configuration");
            for offset in 0..targets.len() {
                let Some(target) = targets.get(start.wrapping_add(offset) % targets.len()) else { continue };
                match dial::dial(target, Arc::clone(&tls)).await {
                    Ok(stream) => return Ok(TokioIo::new(stream)),
                    Err(error) => last = error,
                }
            }
            Err(last)
        }) as Dialing<ClientStream>
    }))
}

/// A connected Unix socket from a descriptor, as tokio needs it.
///
/// # Errors
/// When the descriptor is not a socket or no runtime is entered.
pub fn stream_from_fd(fd: std::os::fd::OwnedFd) -> io::Result<UnixStream> {
    let stream = std::os::unix::net::UnixStream::from(fd);
    stream.set_nonblocking(true)?;
    UnixStream::from_std(stream)
}

fn endpoint() -> Endpoint {
    // The address is never resolved; it only gives requests their `:authority`.
    Endpoint::from_static("http://localhost")
        .http2_max_header_list_size(limits::HEADER_LIST)
        .initial_stream_window_size(limits::STREAM_WINDOW)
        .initial_connection_window_size(limits::CONNECTION_WINDOW)
}

type Dialing<T> = Pin<Box<dyn Future<Output = Result<TokioIo<T>, DialError>> + Send>>;

/// A connector made of a closure, whatever the address.
#[derive(Clone)]
struct Connect<F>(F);

impl<F, T> Service<Uri> for Connect<F>
where
    F: FnMut() -> Dialing<T>,
{
    type Response = TokioIo<T>;
    type Error = DialError;
    type Future = Dialing<T>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Dialing<T> {
        (self.0)()
    }
}
