//! A thin client of the Kubernetes API: JSON over HTTP/2, one connection that is made when it is needed. What
//! controllers of a node, health checks and draining need, and no more.
//!
//! Not the crate `kube`: for these few calls on objects as JSON it would bring the types of the whole API and a stack of
//! middleware of its own, where the connection and its TLS are those of the rest of the node here.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests say bluntly what they expect"
    )
)]

mod access;
mod connection;
mod discovery;
mod eviction;
mod objects;
mod watch;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::Value;

pub use access::{Access, Credentials};
use connection::Connection;
pub use discovery::{Kinds, ObjectRef};
pub use eviction::evictable;
pub use objects::{NodeObject, PodObject};
pub use watch::{Change, Watched};

/// Who writes, for the API server's record of who owns which field (contract os.md 6.4).
pub const FIELD_MANAGER: &str = "talos";

/// A call that failed. Prints as other clients of Kubernetes print it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The API server could not be reached, or went away.
    #[error("{} \"{url}\": {reason}", verb(.method))]
    Unreachable {
        /// What was tried.
        method: Method,
        /// On what.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The API server refused.
    #[error("{message}")]
    Refused {
        /// The status code.
        status: StatusCode,
        /// The server's reason.
        message: String,
    },
    /// The answer makes no sense, or the client cannot be set up.
    #[error("{0}")]
    Broken(String),
}

impl Error {
    /// The object, or the kind, is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Error::Refused { status, .. } if *status == StatusCode::NOT_FOUND)
    }

    /// Somebody else was first, or the object is there already.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Error::Refused { status, .. } if *status == StatusCode::CONFLICT)
    }

    /// An eviction is refused for now.
    pub fn is_too_many(&self) -> bool {
        matches!(self, Error::Refused { status, .. } if *status == StatusCode::TOO_MANY_REQUESTS)
    }

    /// Asking again later may help.
    pub fn is_busy(&self) -> bool {
        match self {
            Error::Unreachable { .. } => true,
            Error::Refused { status, .. } => self.is_too_many() || status.is_server_error(),
            Error::Broken(_) => false,
        }
    }
}

/// Result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How an object is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patch {
    /// The given fields are ours from now on.
    Apply,
    /// The given fields replace those that are there; null removes one.
    Merge,
}

/// The client.
pub struct Client {
    connection: Connection,
}

impl Client {
    /// A client with these credentials; nothing is connected yet.
    pub fn new(access: &Access) -> Result<Self> {
        Ok(Self { connection: Connection::new(access)? })
    }

    /// An object, or a list.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.call(Method::GET, path, "", None).await
    }

    /// Whether the server says that what is asked about is well; the answer is no object.
    pub async fn probe(&self, path: &str) -> Result<()> {
        self.exchange(Method::GET, path, "", None).await.map(drop)
    }

    /// An object, if it is there.
    pub async fn find(&self, path: &str) -> Result<Option<Value>> {
        match self.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes an object in the collection at `path`.
    pub async fn create(&self, path: &str, object: &Value) -> Result<Value> {
        self.call(Method::POST, path, "application/json", Some(object)).await
    }

    /// Changes the object at `path`, or makes it when it is applied.
    pub async fn patch(&self, path: &str, kind: Patch, object: &Value) -> Result<Value> {
        let (path, content) = match kind {
            Patch::Apply => {
                (format!("{path}?fieldManager={FIELD_MANAGER}&force=true"), "application/apply-patch+yaml")
            }
            Patch::Merge => (format!("{path}?fieldManager={FIELD_MANAGER}"), "application/merge-patch+json"),
        };
        self.call(Method::PATCH, &path, content, Some(object)).await
    }

    /// Follows what `path` lists, from now on; see [`Watched`].
    pub async fn watch(&self, path: &str, resource_version: &str) -> Result<Watched> {
        let sign = if path.contains('?') { '&' } else { '?' };
        let path =
            format!("{path}{sign}watch=true&allowWatchBookmarks=true&resourceVersion={resource_version}");
        let response = self.connection.send(Method::GET, &path, "", Bytes::new()).await?;
        if !response.status().is_success() {
            let status = response.status();
            let body = self.connection.body(&Method::GET, &path, response).await?;
            return Err(refused(status, &body));
        }
        Ok(Watched::new(response.into_body()))
    }

    async fn call(&self, method: Method, path: &str, content: &str, body: Option<&Value>) -> Result<Value> {
        let answer = self.exchange(method.clone(), path, content, body).await?;
        serde_json::from_slice(&answer).map_err(|error| Error::Broken(format!("{method} {path}: {error}")))
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        content: &str,
        body: Option<&Value>,
    ) -> Result<Bytes> {
        let bytes = match body {
            Some(value) => serde_json::to_vec(value).map_err(|e| Error::Broken(e.to_string()))?,
            None => Vec::new(),
        };
        let exchange = async {
            let response = self.connection.send(method.clone(), path, content, bytes.into()).await?;
            let status = response.status();
            Ok((status, self.connection.body(&method, path, response).await?))
        };
        let (status, body) = match tokio::time::timeout(connection::CALL, exchange).await {
            Ok(done) => done?,
            Err(_) => {
                self.connection.forget().await;
                return Err(self.connection.unreachable(&method, path, "no answer in time"));
            }
        };
        if !status.is_success() {
            return Err(refused(status, &body));
        }
        Ok(body)
    }
}

/// `Get`, `Post`: as Go prints methods.
fn verb(method: &Method) -> String {
    let text = method.as_str();
    let (first, rest) = text.split_at_checked(1).unwrap_or((text, ""));
    format!("{first}{}", rest.to_lowercase())
}

/// The error that a body tells.
fn refused(status: StatusCode, body: &[u8]) -> Error {
    let told: Value = serde_json::from_slice(body).unwrap_or_default();
    let message = match told.get("message").and_then(Value::as_str) {
        Some(message) => message.to_owned(),
        None => {
            let text = String::from_utf8_lossy(body.get(..200.min(body.len())).unwrap_or_default());
            format!("the server answered with status {status}: {}", text.trim())
        }
    };
    Error::Refused { status, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_the_server_says() {
        let body = br#"{"kind":"Status","message":"nodes \"a\" not found","code":404}"#;
        let error = refused(StatusCode::NOT_FOUND, body);
        assert!(error.is_not_found() && !error.is_busy());
        assert_eq!(error.to_string(), "nodes \"a\" not found");
        let plain = refused(StatusCode::CONFLICT, b"no json\n");
        assert!(plain.is_conflict() && plain.to_string().ends_with("409 Conflict: no json"));
        assert!(refused(StatusCode::SERVICE_UNAVAILABLE, b"busy").is_busy());
    }

    #[test]
    fn no_answer_prints_as_other_clients_print_it() {
        let error = Error::Unreachable {
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
