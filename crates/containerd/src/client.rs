//! The connection: one lazily made channel, a namespace on every call, a limit on every answer.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{Request, Response, Status};

use crate::generated::containerd::services::introspection::v1::introspection_client::IntrospectionClient;
use crate::generated::containerd::services::namespaces::v1::{
    self as namespaces, namespaces_client::NamespacesClient,
};
use crate::generated::containerd::services::version::v1::version_client::VersionClient;
use crate::generated::grpc::health::v1::health_check_response::ServingStatus;
use crate::generated::grpc::health::v1::{HealthCheckRequest, health_client::HealthClient};
use crate::{Error, Result};

/// How long a call that only reads or writes records may take.
pub(crate) const CALL: Duration = Duration::from_secs(10);
/// How long making, starting or deleting a task may take: the shim and runc run in it.
pub(crate) const TASK_CALL: Duration = Duration::from_secs(60);
/// Longest message, bytes: containerd's own limit is 16 MiB.
pub(crate) const MESSAGE_LIMIT: usize = 16 * 1024 * 1024;

const NAMESPACE_HEADER: &str = "containerd-namespace";

/// Adds the namespace to each call.
#[derive(Clone, Debug)]
pub struct AddNamespace(MetadataValue<Ascii>);

impl Interceptor for AddNamespace {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert(NAMESPACE_HEADER, self.0.clone());
        Ok(request)
    }
}

pub(crate) type Pipe = InterceptedService<Channel, AddNamespace>;

/// What containerd says that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// E.g. `v2.2.4`.
    pub version: String,
    /// Commit it was built from.
    pub revision: String,
}

/// A client of containerd in one namespace; cloning shares the connection.
#[derive(Clone, Debug)]
pub struct Client {
    channel: Channel,
    namespace: AddNamespace,
    name: String,
    socket: PathBuf,
}

/// A channel over a Unix socket that connects on first use, and again after the other side went away.
pub(crate) fn channel(socket: &Path) -> Channel {
    let path = socket.to_path_buf();
    // The name is never resolved: it only becomes the authority of the requests.
    Endpoint::from_static("http://localhost").connect_with_connector_lazy(tower::service_fn(move |_: Uri| {
        let path = path.clone();
        async move { UnixStream::connect(path).await.map(TokioIo::new) }
    }))
}

impl Client {
    /// A client of the containerd at `socket`, in `namespace`. Does not connect yet.
    /// A namespace that cannot be a header value is [`Error::InvalidArgument`].
    pub fn new(socket: impl AsRef<Path>, namespace: &str) -> Result<Self> {
        let socket = socket.as_ref().to_path_buf();
        Ok(Self {
            channel: channel(&socket),
            namespace: header(namespace)?,
            name: namespace.to_owned(),
            socket,
        })
    }

    /// The same connection in another namespace.
    pub fn in_namespace(&self, namespace: &str) -> Result<Self> {
        Ok(Self { namespace: header(namespace)?, name: namespace.to_owned(), ..self.clone() })
    }

    /// The namespace that the client works in.
    pub fn namespace(&self) -> &str {
        &self.name
    }

    /// The socket that the client talks to.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    pub(crate) fn pipe(&self) -> Pipe {
        InterceptedService::new(self.channel.clone(), self.namespace.clone())
    }

    pub(crate) async fn call<T>(
        &self,
        what: impl Into<String>,
        limit: Duration,
        answer: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T> {
        bounded(what.into(), &self.socket, limit, answer).await
    }

    pub(crate) fn failure(&self, what: &str, status: &Status) -> Error {
        Error::from_status(what, &self.socket.to_string_lossy(), status)
    }

    /// Version of the daemon.
    pub async fn version(&self) -> Result<Version> {
        let mut client = VersionClient::new(self.pipe());
        let answer = self.call("asking containerd for its version", CALL, client.version(())).await?;
        Ok(Version { version: answer.version, revision: answer.revision })
    }

    /// Process id of the daemon, in the pid namespace that it runs in.
    pub async fn pid(&self) -> Result<u64> {
        let mut client = IntrospectionClient::new(self.pipe());
        Ok(self.call("asking containerd for its pid", CALL, client.server(())).await?.pid)
    }

    /// Succeeds when the daemon says that it serves; `limit` bounds the question.
    pub async fn health(&self, limit: Duration) -> Result<()> {
        let what = "checking the health of containerd";
        let mut client = HealthClient::new(self.pipe());
        let answer = self.call(what, limit, client.check(HealthCheckRequest::default())).await?;
        if answer.status() == ServingStatus::Serving {
            Ok(())
        } else {
            Err(Error::bad_answer(what, format!("it is {}", answer.status().as_str_name())))
        }
    }

    /// Makes sure that the client's namespace exists.
    pub async fn ensure_namespace(&self) -> Result<()> {
        let namespace = namespaces::Namespace { name: self.name.clone(), ..Default::default() };
        let request = namespaces::CreateNamespaceRequest { namespace: Some(namespace) };
        let mut client = NamespacesClient::new(self.pipe());
        match self.call(format!("creating namespace {}", self.name), CALL, client.create(request)).await {
            Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Names of all namespaces.
    pub async fn namespaces(&self) -> Result<Vec<String>> {
        let mut client = NamespacesClient::new(self.pipe());
        let request = namespaces::ListNamespacesRequest::default();
        let answer = self.call("listing namespaces", CALL, client.list(request)).await?;
        Ok(answer.namespaces.into_iter().map(|n| n.name).collect())
    }
}

fn header(namespace: &str) -> Result<AddNamespace> {
    namespace.parse().map(AddNamespace).map_err(|_| Error::InvalidArgument {
        what: "choosing a containerd namespace".to_owned(),
        message: format!("{namespace:?} is not a namespace name"),
    })
}

/// Awaits an answer, not longer than `limit`, and says what failed.
pub(crate) async fn bounded<T>(
    what: String,
    socket: &Path,
    limit: Duration,
    answer: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<T> {
    let socket = socket.to_string_lossy();
    match tokio::time::timeout(limit, answer).await {
        Ok(Ok(response)) => Ok(response.into_inner()),
        Ok(Err(status)) => Err(Error::from_status(&what, &socket, &status)),
        Err(_) => Err(Error::Timeout { what, socket: socket.into_owned(), seconds: limit.as_secs() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_daemon_that_is_not_there_is_unavailable_and_the_socket_is_named() {
        let client = Client::new("/nonexistent/containerd.sock", "system").unwrap();
        let error = client.version().await.unwrap_err();
        assert!(error.is_unavailable(), "{error}");
        assert!(error.to_string().contains("/nonexistent/containerd.sock"), "{error}");
    }

    #[tokio::test]
    async fn a_stopped_daemon_is_noticed_within_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("c.sock");
        let _silent = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let client = Client::new(&socket, "system").unwrap();
        let error = client.health(Duration::from_millis(50)).await.unwrap_err();
        assert!(matches!(error, Error::Timeout { .. }), "{error}");
        assert!(error.is_unavailable());
    }

    #[tokio::test]
    async fn a_namespace_that_cannot_be_a_header_is_refused() {
        assert!(matches!(Client::new("/x", "a\nb"), Err(Error::InvalidArgument { .. })));
    }
}
