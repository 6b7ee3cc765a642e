//! The connection: made when it is needed, shared by all calls, made again when it broke.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rpc::tls::client::Trust;
use rpc::tls::dial::{Target, dial_as};
use rpc::tls::{CaPool, ClientTls, Identity};
use tokio::sync::Mutex;

use super::{Access, Error, Result};

/// Longest wait for an answer that is not a stream.
pub(super) const CALL: Duration = Duration::from_secs(15);

/// A connection on which nothing came for so long is asked whether it lives.
const PING: Duration = Duration::from_secs(20);

/// And is given up when it does not answer within this time.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// Largest answer: a list of all pods of a big node fits.
const BODY: usize = 16 << 20;

type Sender = SendRequest<Full<Bytes>>;

/// The connection to one server.
pub(super) struct Connection {
    target: Target,
    name: Option<String>,
    tls: Arc<rustls::ClientConfig>,
    server: String,
    sender: Mutex<Option<Sender>>,
}

impl Connection {
    pub(super) fn new(access: &Access) -> Result<Self> {
        let (host, port) = access.host()?;
        let broken = |error: rpc::tls::TlsError| Error::Broken(error.to_string());
        let trust = match &access.ca {
            Some(ca) => Trust::Cas(CaPool::from_pem([ca.as_slice()]).map_err(broken)?),
            None => Trust::Insecure(vec![]),
        };
        let (certificate, key) = &access.client;
        let identity = Some(Identity::from_pem(certificate, key).map_err(broken)?);
        let tls = ClientTls { identity, trust }.config().map_err(broken)?;
        let mut name = access.server_name.clone();
        let mut target = Target { host, port };
        if target.host == "localhost" {
            // No need to look it up, and API servers listen on this one of its two addresses.
            name.get_or_insert_with(|| target.host.clone());
            target.host = "127.0.0.1".to_owned();
        }
        Ok(Self { target, name, tls, server: access.server.clone(), sender: Mutex::new(None) })
    }

    pub(super) fn unreachable(&self, reason: impl ToString) -> Error {
        Error::Unreachable { server: self.server.clone(), reason: reason.to_string() }
    }

    /// The next call connects anew.
    pub(super) async fn forget(&self) {
        *self.sender.lock().await = None;
    }

    async fn sender(&self) -> Result<Sender> {
        let mut slot = self.sender.lock().await;
        if let Some(sender) = slot.as_ref().filter(|s| !s.is_closed()) {
            return Ok(sender.clone());
        }
        let name = self.name.as_deref().unwrap_or(&self.target.host);
        let stream =
            dial_as(&self.target, name, self.tls.clone()).await.map_err(|error| self.unreachable(error))?;
        let (sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(PING)
            .keep_alive_timeout(PING_TIMEOUT)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.unreachable(error))?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("the connection to the Kubernetes API ended: {error}");
            }
        });
        *slot = Some(sender.clone());
        Ok(sender)
    }

    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        content: &str,
        body: Bytes,
    ) -> Result<Response<Incoming>> {
        let mut sender = self.sender().await?;
        let mut request = Request::builder()
            .method(method)
            .uri(format!("https://{}{path}", self.target))
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, "machined");
        if !content.is_empty() {
            request = request.header(header::CONTENT_TYPE, content);
        }
        let request = request.body(Full::new(body)).map_err(|error| Error::Broken(error.to_string()))?;
        match sender.send_request(request).await {
            Ok(response) => Ok(response),
            Err(error) => {
                self.forget().await;
                Err(self.unreachable(error))
            }
        }
    }

    pub(super) async fn body(&self, response: Response<Incoming>) -> Result<Bytes> {
        match Limited::new(response.into_body(), BODY).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) => Err(self.unreachable(error)),
        }
    }
}
