//! The parent's side of the supervision protocol.

use std::os::unix::net::UnixStream;
use std::time::Duration;

use tokio::sync::watch;
use ttrpc::r#async::{Client, transport::Socket};
use ttrpc::context;

use crate::r#gen::supervision::{DrainRequest, Empty, SetLogLevelRequest};
use crate::r#gen::supervision_ttrpc::SupervisionClient;
use crate::server::Readiness;

/// A failed supervision call.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The descriptor is not a usable socket.
    #[error("use the supervision socket: {0}")]
    Socket(#[from] std::io::Error),
    /// The child did not answer in time, is gone, or refused.
    #[error("supervision call {call}: {reason}")]
    Call {
        /// Which call.
        call: &'static str,
        /// What ttrpc or the child said.
        reason: String,
    },
}

/// A connection to one child. Cheap to clone; the clones share the socket.
#[derive(Clone)]
pub struct Connection {
    client: SupervisionClient,
}

/// What a child says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthAnswer {
    /// Whether it is well.
    pub healthy: bool,
    /// Why not.
    pub message: String,
}

impl Connection {
    /// Speaks over this process' end of the socketpair; needs a Tokio runtime.
    pub fn new(stream: UnixStream) -> Result<Self, Error> {
        let socket = Socket::try_from(stream)?;
        Ok(Self { client: SupervisionClient::new(Client::new(socket)) })
    }

    /// Asks whether the child is well; an answer at all means that its event loop turns.
    pub async fn health(&self, patience: Duration) -> Result<HealthAnswer, Error> {
        let answer = self.client.health(context::with_duration(patience), &Empty::new()).await;
        let answer = answer.map_err(|error| failed("Health", &error))?;
        Ok(HealthAnswer { healthy: answer.healthy, message: answer.message })
    }

    /// Asks the child to read its settings again.
    pub async fn reload(&self, patience: Duration) -> Result<(), Error> {
        let answer = self.client.reload(context::with_duration(patience), &Empty::new()).await;
        answer.map(|_| ()).map_err(|error| failed("Reload", &error))
    }

    /// Asks the child to stop taking work and to end within `grace`.
    pub async fn drain(&self, grace: Duration) -> Result<(), Error> {
        let mut request = DrainRequest::new();
        request.timeout_ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        let answer = self.client.drain(context::with_duration(Duration::from_secs(1)), &request).await;
        answer.map(|_| ()).map_err(|error| failed("Drain", &error))
    }

    /// Sets what the child logs: a level, or a `tracing` filter.
    pub async fn set_log_level(&self, level: &str, patience: Duration) -> Result<(), Error> {
        let mut request = SetLogLevelRequest::new();
        request.level = level.to_owned();
        let answer = self.client.set_log_level(context::with_duration(patience), &request).await;
        answer.map(|_| ()).map_err(|error| failed("SetLogLevel", &error))
    }

    /// Passes on what the child says of its readiness until the connection ends.
    pub async fn follow_readiness(&self, to: watch::Sender<Readiness>) -> Result<(), Error> {
        let stream = self.client.ready(context::Context::default(), &Empty::new()).await;
        let mut stream = stream.map_err(|error| failed("Ready", &error))?;
        while let Some(answer) = stream.recv().await.map_err(|error| failed("Ready", &error))? {
            let readiness = Readiness { ready: answer.ready, message: answer.message };
            if to.send(readiness).is_err() {
                break;
            }
        }
        Ok(())
    }
}

fn failed(call: &'static str, error: &ttrpc::Error) -> Error {
    Error::Call { call, reason: error.to_string() }
}
