//! The child's side of the supervision protocol.

use std::os::unix::net::UnixStream as StdUnixStream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::sync::watch;
use ttrpc::r#async::transport::Listener;
use ttrpc::r#async::{ServerStreamSender, TtrpcContext};

use crate::client::{Error, HealthAnswer};
use crate::r#gen::supervision::{DrainRequest, Empty, HealthReply, ReadyReply, SetLogLevelRequest};
use crate::r#gen::supervision_ttrpc::{Supervision, create_supervision};

/// Whether a child does its work, and what it lacks if not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readiness {
    /// Whether it does.
    pub ready: bool,
    /// What it waits for.
    pub message: String,
}

/// What a child does when its parent asks.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Whether it is well. Answering proves that the event loop turns; must not wait for anything.
    fn health(&self) -> HealthAnswer {
        HealthAnswer { healthy: true, message: String::new() }
    }
    /// Read settings again.
    async fn reload(&self) -> Result<(), String>;
    /// Stop taking work and end within `grace`; returns at once.
    fn drain(&self, grace: Duration);
    /// Set what is logged.
    fn set_log_level(&self, level: &str) -> Result<(), String>;
    /// The current readiness and its changes.
    fn readiness(&self) -> watch::Receiver<Readiness>;
}

/// A running server. Dropping it ends the service.
pub struct Server {
    _server: ttrpc::r#async::Server,
    closed: watch::Receiver<bool>,
}

impl Server {
    /// Serves the parent at the other end of `stream`; needs a Tokio runtime.
    pub async fn start(stream: StdUnixStream, handler: Arc<dyn Handler>) -> Result<Self, Error> {
        stream.set_nonblocking(true)?;
        let (hang_up, closed) = watch::channel(false);
        let stream = Watched { stream: UnixStream::from_std(stream)?, hang_up };
        // A "listener" whose only connection is there already.
        let only = OnlyConnection(Some(stream));
        let mut server = ttrpc::r#async::Server::new()
            .add_listener(Listener::new(only))
            .register_service(create_supervision(Arc::new(Service(handler))));
        let started = server.start().await;
        started.map_err(|error| Error::Call { call: "start", reason: error.to_string() })?;
        Ok(Self { _server: server, closed })
    }

    /// Waits until the parent is gone. The future does not hold the server.
    pub fn closed(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut closed = self.closed.clone();
        async move {
            _ = closed.wait_for(|closed| *closed).await;
        }
    }
}

struct Service(Arc<dyn Handler>);

fn refused(reason: String) -> ttrpc::Error {
    ttrpc::Error::RpcStatus(ttrpc::get_status(ttrpc::Code::INVALID_ARGUMENT, reason))
}

#[async_trait]
impl Supervision for Service {
    async fn health(&self, _: &TtrpcContext, _: Empty) -> ttrpc::Result<HealthReply> {
        let answer = self.0.health();
        let mut reply = HealthReply::new();
        reply.healthy = answer.healthy;
        reply.message = answer.message;
        Ok(reply)
    }

    async fn reload(&self, _: &TtrpcContext, _: Empty) -> ttrpc::Result<Empty> {
        self.0.reload().await.map(|()| Empty::new()).map_err(refused)
    }

    async fn drain(&self, _: &TtrpcContext, request: DrainRequest) -> ttrpc::Result<Empty> {
        self.0.drain(Duration::from_millis(request.timeout_ms));
        Ok(Empty::new())
    }

    async fn set_log_level(&self, _: &TtrpcContext, request: SetLogLevelRequest) -> ttrpc::Result<Empty> {
        self.0.set_log_level(&request.level).map(|()| Empty::new()).map_err(refused)
    }

    async fn ready(
        &self,
        _: &TtrpcContext,
        _: Empty,
        to: ServerStreamSender<ReadyReply>,
    ) -> ttrpc::Result<()> {
        let mut readiness = self.0.readiness();
        loop {
            let now = readiness.borrow_and_update().clone();
            let mut reply = ReadyReply::new();
            reply.ready = now.ready;
            reply.message = now.message;
            to.send(&reply).await?;
            if readiness.changed().await.is_err() {
                return Ok(());
            }
        }
    }
}

/// Yields its connection and then stays pending, as a listener does.
struct OnlyConnection(Option<Watched>);

impl futures::Stream for OnlyConnection {
    type Item = std::io::Result<Watched>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        match self.0.take() {
            Some(stream) => Poll::Ready(Some(Ok(stream))),
            None => Poll::Pending,
        }
    }
}

/// A stream that tells when its other end was closed.
struct Watched {
    stream: UnixStream,
    hang_up: watch::Sender<bool>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let over = match &result {
            Poll::Ready(Ok(())) => buffer.filled().len() == before && buffer.remaining() > 0,
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        };
        if over {
            self.hang_up.send_replace(true);
        }
        result
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        buffer: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
