//! Connections to machined and to other nodes' apid: made when needed, shared by calls, replaced when they break.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::{Duration, Instant};

use http::uri::Authority;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rpc::limits;
use rpc::status::WireStatus;
use rpc::tls::dial::{API_PORT, DialError, Target, dial};
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tonic::Code;
use tonic::body::Body;

use crate::gateway::By;
use crate::reply;

/// How long a connection to another node is kept without calls (contract api.md 3.6).
const IDLE: Duration = Duration::from_secs(15 * 60);

/// How long calls may go on over a connection that is no longer to be used (contract api.md 3.6).
const RETIRED: Duration = Duration::from_secs(30 * 60);

/// Cancelled streams that are remembered for a moment, because frames of them may still be under way.
const CANCELLED: usize = 1024;

/// Nodes remembered before those without a connection are forgotten.
const REMEMBERED: usize = 256;

/// Where a link leads.
enum Place {
    Socket(PathBuf),
    Node { target: Target, tls: Arc<ClientConfig> },
}

/// A place, and the connection to it while there is one.
pub struct Link {
    place: Place,
    /// What requests are addressed to.
    pub authority: Authority,
    open: Mutex<Option<Open>>,
    /// Held while connecting, so that calls wait for one attempt instead of each making their own.
    dialing: tokio::sync::Mutex<()>,
}

struct Open {
    sender: SendRequest<Body>,
    used: Instant,
    /// Dropped with the link: tells the connection that no more calls will come.
    _retire: oneshot::Sender<()>,
}

impl Link {
    /// A link to a socket in the file system.
    pub fn to_socket(path: impl Into<PathBuf>) -> Arc<Link> {
        Link::to(Place::Socket(path.into()), Authority::from_static("localhost"))
    }

    fn to(place: Place, authority: Authority) -> Arc<Link> {
        Arc::new(Link { place, authority, open: Mutex::default(), dialing: tokio::sync::Mutex::default() })
    }

    /// Whether it leads to this node's machined.
    pub fn is_local(&self) -> bool {
        matches!(self.place, Place::Socket(_))
    }

    fn open(&self) -> MutexGuard<'_, Option<Open>> {
        sys::sync::lock(&self.open)
    }

    /// Sends a request, connecting first if need be, and waits for the head of its answer.
    ///
    /// # Errors
    /// With the status that the call ends with: Unavailable when there is no connection, or it broke.
    pub async fn send(
        self: &Arc<Self>,
        mut request: Request<Body>,
    ) -> Result<Response<Incoming>, WireStatus> {
        // A connection may break at the very moment; a request that has not gone out goes over the next one.
        for _ in 0..2 {
            let mut sender = self.sender().await?;
            match sender.try_send_request(request).await {
                Ok(response) => return Ok(response),
                Err(mut error) => match error.take_message() {
                    Some(message) => request = message,
                    None => return Err(reply::of_error(error.error())),
                },
            }
        }
        Err(WireStatus::new(Code::Unavailable, "error reading from server: EOF"))
    }

    /// The connection, made if there is none.
    async fn sender(self: &Arc<Self>) -> Result<SendRequest<Body>, WireStatus> {
        if let Some(sender) = self.opened() {
            return Ok(sender);
        }
        let _dialing = self.dialing.lock().await;
        if let Some(sender) = self.opened() {
            return Ok(sender);
        }
        let unavailable = |error: DialError| WireStatus::new(Code::Unavailable, error.to_string());
        match &self.place {
            Place::Socket(path) => {
                let stream = UnixStream::connect(path).await.and_then(started_us);
                self.begin(stream.map_err(|error| unavailable(DialError::unix(path, &error)))?).await
            }
            Place::Node { target, tls } => {
                self.begin(dial(target, Arc::clone(tls)).await.map_err(unavailable)?).await
            }
        }
    }

    fn opened(&self) -> Option<SendRequest<Body>> {
        let mut place = self.open();
        if place.as_ref().is_some_and(|open| open.sender.is_closed()) {
            *place = None;
        }
        let open = place.as_mut()?;
        open.used = Instant::now();
        Some(open.sender.clone())
    }

    async fn begin<I>(self: &Arc<Self>, io: I) -> Result<SendRequest<Body>, WireStatus>
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let window = match self.place {
            Place::Socket(_) => limits::LOCAL_STREAM_WINDOW,
            Place::Node { .. } => limits::STREAM_WINDOW,
        };
        // What some calls do not read, or give up in the middle, must not end the connection for the others.
        let handshake = Builder::new(TokioExecutor::new())
            .initial_stream_window_size(window)
            .initial_connection_window_size(limits::SHARED_CONNECTION_WINDOW)
            .max_header_list_size(limits::HEADER_LIST)
            .max_send_buf_size(limits::SEND_BUFFER)
            .max_local_error_reset_streams(None)
            .max_concurrent_reset_streams(CANCELLED)
            .handshake(TokioIo::new(io))
            .await;
        let (sender, connection) = handshake.map_err(|error| {
            let text = format!("connection error: desc = \"error reading server preface: {error}\"");
            WireStatus::new(Code::Unavailable, text)
        })?;
        let (retire, retired) = oneshot::channel();
        *self.open() = Some(Open { sender: sender.clone(), used: Instant::now(), _retire: retire });
        tokio::spawn(drive(Arc::downgrade(self), connection, retired));
        Ok(sender)
    }

    /// Forgets a connection to another node that nobody has used for long.
    fn rest(self: &Arc<Self>) {
        // The pool's reference and the caller's; each call under way has one more.
        let unused = Arc::strong_count(self) <= 2 && !self.is_local();
        let mut open = self.open();
        if open.as_ref().is_some_and(|open| unused && open.used.elapsed() >= IDLE) {
            *open = None;
        }
    }
}

/// Only the process that started this one is this node's machined (or this one itself, in tests): what else listens
/// on its path has been put there.
fn started_us(stream: UnixStream) -> io::Result<UnixStream> {
    let peer = stream.peer_cred()?.pid().and_then(|pid| u32::try_from(pid).ok());
    match peer {
        Some(pid) if pid == std::os::unix::process::parent_id() || pid == std::process::id() => Ok(stream),
        _ => Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is not machined that listens there")),
    }
}

/// Runs a connection until it ends, lets it go when it has been idle for long, and bounds how long it goes on once
/// its link is gone.
async fn drive(
    link: Weak<Link>,
    connection: impl Future<Output = hyper::Result<()>>,
    mut retired: oneshot::Receiver<()>,
) {
    let mut connection = std::pin::pin!(connection);
    let ended = loop {
        tokio::select! {
            ended = connection.as_mut() => break ended,
            _ = &mut retired => {
                match tokio::time::timeout(RETIRED, connection.as_mut()).await {
                    Ok(ended) => break ended,
                    Err(_) => return,
                }
            }
            () = tokio::time::sleep(IDLE) => if let Some(link) = link.upgrade() {
                link.rest();
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Links to other nodes, all with the same certificate and accepted CAs: one a target for each caller, so that what one
/// of them does not read or gives up concerns nobody else. After a change of certificates it is replaced as a whole;
/// calls under way keep their connections.
pub struct Pool {
    tls: Arc<ClientConfig>,
    links: Mutex<HashMap<(String, By), Arc<Link>>>,
}

impl Pool {
    /// An empty pool.
    pub fn new(tls: Arc<ClientConfig>) -> Pool {
        Pool { tls, links: Mutex::default() }
    }

    /// A caller's link to a node, by the name or address that the client gave.
    pub fn link(&self, host: &str, by: By) -> Arc<Link> {
        let mut links = sys::sync::lock(&self.links);
        let key = (host.to_owned(), by);
        if let Some(link) = links.get(&key) {
            return Arc::clone(link);
        }
        if links.len() >= REMEMBERED {
            links.retain(|_, link| Arc::strong_count(link) > 1 || link.open().is_some());
        }
        let target = Target { host: host.to_owned(), port: API_PORT };
        // A name that is none fails when it is dialled; its requests are never sent.
        let authority = target.to_string().parse().unwrap_or(Authority::from_static("localhost"));
        let link = Link::to(Place::Node { target, tls: Arc::clone(&self.tls) }, authority);
        links.insert(key, Arc::clone(&link));
        link
    }
}
