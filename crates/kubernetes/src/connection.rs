//! The connection: made when it is needed, shared by all calls, made again when it broke. A server that
//! does not speak HTTP/2, as the kubelet, gets one for each call.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rpc::tls::ClientStream;
use rpc::tls::client::Trust;
use rpc::tls::dial::{Target, dial_as};
use rpc::tls::{CaPool, ClientTls, Identity};
use tokio::sync::Mutex;

use crate::{Access, Credentials, Error, Result};

/// Longest wait for an answer that is not a stream.
pub(super) const CALL: Duration = Duration::from_secs(15);

/// A connection on which nothing came for so long is asked whether it lives.
const PING: Duration = Duration::from_secs(20);

/// And is given up when it does not answer within this time.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// Largest answer: a list of all pods of a big node fits.
const BODY: usize = 16 << 20;

type Body = Full<Bytes>;

/// Protocols in the order of preference.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Sends requests, in the protocol that the server chose.
enum Sender {
    Many(http2::SendRequest<Body>),
    One(http1::SendRequest<Body>),
}

impl Sender {
    async fn send(&mut self, request: Request<Body>) -> hyper::Result<Response<Incoming>> {
        match self {
            Self::Many(sender) => sender.send_request(request).await,
            Self::One(sender) => sender.send_request(request).await,
        }
    }
}

/// The connection to one server.
pub(super) struct Connection {
    target: Target,
    name: Option<String>,
    tls: Arc<rustls::ClientConfig>,
    server: String,
    /// Value of the header that says who we are, where the certificate does not.
    authorization: Option<HeaderValue>,
    sender: Mutex<Option<http2::SendRequest<Body>>>,
}

impl Connection {
    pub(super) fn new(access: &Access) -> Result<Self> {
        let (host, port) = access.host()?;
        let broken = |error: rpc::tls::TlsError| Error::Broken(error.to_string());
        let trust = match &access.ca {
            Some(ca) => Trust::Cas(CaPool::from_pem([ca.as_slice()]).map_err(broken)?),
            None => Trust::Insecure(vec![]),
        };
        let (identity, authorization) = match &access.client {
            Credentials::Certificate(certificate, key) => {
                (Some(Identity::from_pem(certificate, key).map_err(broken)?), None)
            }
            Credentials::Token(token) => (None, Some(bearer(token)?)),
        };
        let tls = ClientTls { identity, trust }.config().map_err(broken)?;
        let mut tls = Arc::unwrap_or_clone(tls);
        tls.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        let tls = Arc::new(tls);
        let mut name = access.server_name.clone();
        let mut target = Target { host, port };
        if target.host == "localhost" {
            // No need to look it up, and API servers listen on this one of its two addresses.
            name.get_or_insert_with(|| target.host.clone());
            target.host = "127.0.0.1".to_owned();
        }
        let server = access.server.trim_end_matches('/').to_owned();
        let sender = Mutex::new(None);
        Ok(Self { target, name, tls, server, authorization, sender })
    }

    pub(super) fn unreachable(&self, method: &Method, path: &str, reason: impl ToString) -> Error {
        let reason = reason.to_string();
        // The words of a gRPC client around the reason say nothing here.
        let inner =
            reason.split_once("Error while dialing: ").or_else(|| reason.split_once("desc = \"transport: "));
        let reason = inner.map_or(reason.as_str(), |(_, inner)| inner.trim_end_matches('"')).to_owned();
        Error::Unreachable { method: method.clone(), url: format!("{}{path}", self.server), reason }
    }

    /// The next call connects anew.
    pub(super) async fn forget(&self) {
        *self.sender.lock().await = None;
    }

    async fn sender(&self) -> Result<Sender, String> {
        let mut slot = self.sender.lock().await;
        if let Some(sender) = slot.as_ref().filter(|s| !s.is_closed()) {
            return Ok(Sender::Many(sender.clone()));
        }
        let name = self.name.as_deref().unwrap_or(&self.target.host);
        let stream =
            dial_as(&self.target, name, self.tls.clone()).await.map_err(|error| error.to_string())?;
        if stream.get_ref().get_ref().1.alpn_protocol() != Some(PROTOCOLS[0]) {
            let sender = Self::handshake_1(stream).await.map_err(|error| error.to_string())?;
            return Ok(Sender::One(sender));
        }
        let sender = Self::handshake_2(stream).await.map_err(|error| error.to_string())?;
        *slot = Some(sender.clone());
        Ok(Sender::Many(sender))
    }

    async fn handshake_1(stream: ClientStream) -> hyper::Result<http1::SendRequest<Body>> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(until_it_ends(connection));
        Ok(sender)
    }

    async fn handshake_2(stream: ClientStream) -> hyper::Result<http2::SendRequest<Body>> {
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(PING)
            .keep_alive_timeout(PING_TIMEOUT)
            .handshake(TokioIo::new(stream))
            .await?;
        tokio::spawn(until_it_ends(connection));
        Ok(sender)
    }

    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        content: &str,
        body: Bytes,
    ) -> Result<Response<Incoming>> {
        let mut sender = self.sender().await.map_err(|reason| self.unreachable(&method, path, reason))?;
        let uri = match &sender {
            Sender::Many(_) => format!("https://{}{path}", self.target),
            Sender::One(_) => path.to_owned(),
        };
        let mut request = Request::builder()
            .method(method.clone())
            .uri(uri)
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, "talos");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if !content.is_empty() {
            request = request.header(header::CONTENT_TYPE, content);
        }
        if matches!(sender, Sender::One(_)) {
            request =
                request.header(header::HOST, self.target.to_string()).header(header::CONNECTION, "close");
        }
        let request = request.body(Full::new(body)).map_err(|error| Error::Broken(error.to_string()))?;
        match sender.send(request).await {
            Ok(response) => Ok(response),
            Err(error) => {
                self.forget().await;
                Err(self.unreachable(&method, path, error))
            }
        }
    }

    pub(super) async fn body(
        &self,
        method: &Method,
        path: &str,
        response: Response<Incoming>,
    ) -> Result<Bytes> {
        match Limited::new(response.into_body(), BODY).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) => Err(self.unreachable(method, path, error)),
        }
    }
}

fn bearer(token: &str) -> Result<HeaderValue> {
    let value = HeaderValue::try_from(format!("Bearer {token}"));
    let mut value = value.map_err(|_| Error::Broken("the token is no text for a header".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

async fn until_it_ends(connection: impl Future<Output = hyper::Result<()>>) {
    if let Err(error) = connection.await {
        tracing::debug!("the connection to the Kubernetes API ended: {error}");
    }
}
