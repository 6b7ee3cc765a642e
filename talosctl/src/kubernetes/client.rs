//! Requests to the API server over one connection that is made again when it is lost.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rpc::tls::client::Trust;
use rpc::tls::dial::{self, Target};
use rpc::tls::{CaPool, ClientTls, Identity};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::kubeconfig::Access;

/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Largest answer that is read, in bytes.
const LARGEST: usize = 64 << 20;

/// A request that failed. Prints as other clients of Kubernetes print it.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No answer.
    #[error("{} \"{url}\": {reason}", verb(.method))]
    Unreachable {
        /// The method.
        method: Method,
        /// The whole address.
        url: String,
        /// Why.
        reason: String,
    },
    /// An answer that is a refusal.
    #[error("{message}")]
    Refused {
        /// HTTP status.
        code: u16,
        /// The server's words.
        message: String,
    },
}

impl ApiError {
    /// Whether the server says that what was asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, ApiError::Refused { code: 404, .. })
    }

    /// Whether asking again later may help.
    pub fn is_busy(&self) -> bool {
        matches!(self, ApiError::Refused { code: 429 | 500..=599, .. } | ApiError::Unreachable { .. })
    }
}

/// `Get`, `Post`: as Go prints methods.
fn verb(method: &Method) -> String {
    let text = method.as_str();
    let (first, rest) = text.split_at_checked(1).unwrap_or((text, ""));
    format!("{first}{}", rest.to_lowercase())
}

/// A cluster's API.
pub struct Kubernetes {
    server: String,
    target: Target,
    tls: Arc<rustls::ClientConfig>,
    connection: Mutex<Option<SendRequest<Full<Bytes>>>>,
}

impl Kubernetes {
    /// The API that a kubeconfig names; `endpoint` is another URL of it.
    ///
    /// # Errors
    /// If certificates cannot be used, or the URL is none.
    pub fn new(access: &Access, endpoint: Option<&str>) -> anyhow::Result<Self> {
        let identity = Some(Identity::from_pem(&access.crt, &access.key)?);
        let trust = Trust::Cas(CaPool::from_pem([access.ca.as_slice()])?);
        let server = endpoint.unwrap_or(&access.server).trim_end_matches('/');
        let server = if server.contains("://") { server.to_owned() } else { format!("https://{server}") };
        let target = Target::parse(&server).ok_or_else(|| {
            anyhow::anyhow!("{server:?} is not the address of a Kubernetes API: use https://host:port")
        })?;
        Ok(Self {
            server,
            target,
            tls: ClientTls { identity, trust }.config()?,
            connection: Mutex::default(),
        })
    }

    /// What is at a path.
    ///
    /// # Errors
    /// When there is no answer, or a refusal.
    pub async fn get(&self, path: &str) -> Result<Value, ApiError> {
        self.request(Method::GET, path, "", None).await
    }

    /// Changes what is at a path by a merge patch.
    ///
    /// # Errors
    /// When there is no answer, or a refusal.
    pub async fn merge_patch(&self, path: &str, patch: &Value) -> Result<Value, ApiError> {
        self.request(Method::PATCH, path, "application/merge-patch+json", Some(patch)).await
    }

    /// Creates an object.
    ///
    /// # Errors
    /// When there is no answer, or a refusal.
    pub async fn post(&self, path: &str, object: &Value) -> Result<Value, ApiError> {
        self.request(Method::POST, path, "application/json", Some(object)).await
    }

    async fn request(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: Option<&Value>,
    ) -> Result<Value, ApiError> {
        let url = format!("{}{path}", self.server);
        let unreachable =
            |reason: String| ApiError::Unreachable { method: method.clone(), url: url.clone(), reason };
        let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let send = self.send(&method, &url, kind, body);
        match tokio::time::timeout(PATIENCE, send).await {
            Ok(Ok((code, bytes))) => answer(code, &bytes),
            Ok(Err(reason)) => Err(unreachable(reason)),
            Err(_) => Err(unreachable("no answer in time".to_owned())),
        }
    }

    async fn send(
        &self,
        method: &Method,
        url: &str,
        kind: &str,
        body: Bytes,
    ) -> Result<(u16, Bytes), String> {
        let mut connection = self.connection.lock().await;
        let mut sender = match connection.take().filter(|sender| !sender.is_closed()) {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        let mut request =
            Request::builder().method(method).uri(url).header(header::ACCEPT, "application/json");
        if !kind.is_empty() {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let request = request.body(Full::new(body)).map_err(|error| error.to_string())?;
        sender.ready().await.map_err(|error| error.to_string())?;
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        *connection = Some(sender);
        drop(connection);
        let code = response.status().as_u16();
        let body =
            Limited::new(response.into_body(), LARGEST).collect().await.map_err(|error| error.to_string())?;
        Ok((code, body.to_bytes()))
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, String> {
        let stream = dial::dial(&self.target, Arc::clone(&self.tls)).await.map_err(|error| {
            let text = error.to_string();
            // The words of a gRPC client around the reason say nothing here.
            let inner =
                text.split_once("Error while dialing: ").or_else(|| text.split_once("desc = \"transport: "));
            inner.map_or(text.clone(), |(_, inner)| inner.trim_end_matches('"').to_owned())
        })?;
        let (sender, connection) =
            handshake(TokioExecutor::new(), TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        tokio::spawn(async move {
            // Its end shows in the sender.
            let _ = connection.await;
        });
        Ok(sender)
    }
}

fn answer(code: u16, bytes: &[u8]) -> Result<Value, ApiError> {
    let value: Value = serde_json::from_slice(bytes).unwrap_or_default();
    if (200..300).contains(&code) {
        return Ok(value);
    }
    let message = value.get("message").and_then(Value::as_str);
    let message = message.map_or_else(|| format!("the server answered with status {code}"), str::to_owned);
    Err(ApiError::Refused { code, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_the_servers_words() {
        let body = br#"{"kind":"Status","message":"nodes \"x\" not found","code":404}"#;
        let error = answer(404, body).unwrap_err();
        assert!(error.is_not_found() && !error.is_busy());
        assert_eq!(error.to_string(), "nodes \"x\" not found");
        assert!(answer(503, b"busy").unwrap_err().is_busy());
        assert_eq!(answer(200, b"{\"a\":1}").unwrap()["a"], 1);
    }

    #[test]
    fn no_answer_prints_as_other_clients_print_it() {
        let error = ApiError::Unreachable {
            method: Method::GET,
            url: "https://10.5.0.2:6443/api/v1/nodes".into(),
            reason: "dial tcp 10.5.0.2:6443: connect: connection refused".into(),
        };
        assert_eq!(
            error.to_string(),
            "Get \"https://10.5.0.2:6443/api/v1/nodes\": dial tcp 10.5.0.2:6443: connect: connection refused"
        );
    }
}
