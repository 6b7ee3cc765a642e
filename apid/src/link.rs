//! Connections to machined and to other nodes' apid: made when needed, shared by all calls, replaced
//! when they break.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::task::noop_waker_ref;
use h2::SendStream;
use h2::client::{Connection, ResponseFuture, SendRequest};
use http::Request;
use http::uri::Authority;
use rpc::gather::Gather;
use rpc::limits;
use rpc::status::WireStatus;
use rpc::tls::dial::{API_PORT, DialError, Target, dial};
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tonic::Code;

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
    sender: SendRequest<Bytes>,
    /// Tells this connection from the ones before it.
    generation: u64,
    used: Instant,
    /// Dropped with the link: tells the connection that no more calls will come.
    _retire: oneshot::Sender<()>,
}

/// A request whose head has been sent.
pub struct Sent {
    /// The answer.
    pub response: ResponseFuture,
    /// Takes the request's body.
    pub body: SendStream<Bytes>,
    /// Keeps the connection from being taken for idle while the call lasts.
    pub link: Arc<Link>,
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
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the head of a request over the connection that is open. Without one the head comes back.
    ///
    /// # Errors
    /// Inside: when the connection broke at this very moment.
    #[allow(clippy::result_large_err, reason = "the head is moved on, not copied about")]
    pub fn try_send(
        self: &Arc<Self>,
        head: Request<()>,
        end: bool,
    ) -> Result<Result<Sent, WireStatus>, Request<()>> {
        let mut place = self.open();
        let Some(open) = place.as_mut() else { return Err(head) };
        let sent = match open.sender.poll_ready(&mut Context::from_waker(noop_waker_ref())) {
            Poll::Ready(Ok(())) => open.sender.send_request(head, end),
            // The last request waits for its turn; another handle lets this one wait behind it.
            Poll::Pending => open.sender.clone().send_request(head, end),
            Poll::Ready(Err(_)) => {
                *place = None;
                return Err(head);
            }
        };
        if !self.is_local() {
            open.used = Instant::now();
        }
        let sent = sent.map(|(response, body)| Sent { response, body, link: Arc::clone(self) });
        Ok(sent.map_err(|error| reply::of_error(&error)))
    }

    /// Sends the head of a request, connecting first if need be.
    ///
    /// # Errors
    /// Unavailable, with what went wrong when connecting.
    pub async fn send(self: Arc<Self>, head: Request<()>, end: bool) -> Result<Sent, WireStatus> {
        let dialing = self.dialing.lock().await;
        let head = match self.try_send(head, end) {
            Ok(sent) => return sent,
            Err(head) => head,
        };
        self.connect().await?;
        drop(dialing);
        let lost = |_| WireStatus::new(Code::Unavailable, "error reading from server: EOF");
        self.try_send(head, end).unwrap_or_else(|head| Err(lost(head)))
    }

    async fn connect(self: &Arc<Self>) -> Result<(), WireStatus> {
        let unavailable = |error: DialError| WireStatus::new(Code::Unavailable, error.to_string());
        match &self.place {
            Place::Socket(path) => {
                let stream = UnixStream::connect(path).await;
                self.begin(stream.map_err(|error| unavailable(DialError::unix(path, &error)))?).await
            }
            Place::Node { target, tls } => {
                self.begin(dial(target, Arc::clone(tls)).await.map_err(unavailable)?).await
            }
        }
    }

    async fn begin<I>(self: &Arc<Self>, io: I) -> Result<(), WireStatus>
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let window = match self.place {
            Place::Socket(_) => limits::LOCAL_STREAM_WINDOW,
            Place::Node { .. } => limits::STREAM_WINDOW,
        };
        // All clients share this connection: what some of them do not read, or give up in the middle,
        // must not end it for the others.
        let handshake = h2::client::Builder::new()
            .enable_push(false)
            .initial_window_size(window)
            .initial_connection_window_size(limits::SHARED_CONNECTION_WINDOW)
            .data_frame_budget(usize::MAX)
            .max_header_list_size(limits::HEADER_LIST)
            .max_send_buffer_size(limits::SEND_BUFFER)
            .max_local_error_reset_streams(None)
            .max_concurrent_reset_streams(CANCELLED)
            .handshake::<_, Bytes>(Gather::new(io))
            .await;
        let (sender, connection) = handshake.map_err(|error| {
            let text = format!("connection error: desc = \"error reading server preface: {error}\"");
            WireStatus::new(Code::Unavailable, text)
        })?;
        let (retire, retired) = oneshot::channel();
        let generation = {
            let mut open = self.open();
            let generation = open.as_ref().map_or(0, |open| open.generation).wrapping_add(1);
            *open = Some(Open { sender, generation, used: Instant::now(), _retire: retire });
            generation
        };
        tokio::spawn(drive(Arc::downgrade(self), generation, connection, retired));
        Ok(())
    }

    /// Forgets a connection, unless it has been replaced already.
    fn forget(&self, generation: u64) {
        let mut open = self.open();
        if open.as_ref().is_some_and(|open| open.generation == generation) {
            *open = None;
        }
    }

    /// How long nobody has used the link; `None` while calls use it or there is no connection.
    fn idle(self: &Arc<Self>, references: usize) -> Option<Duration> {
        if Arc::strong_count(self) > references {
            return None;
        }
        self.open().as_ref().map(|open| open.used.elapsed())
    }
}

/// Runs a connection until it ends, closes it when it has been idle for long, and bounds how long it
/// goes on once its link is gone.
async fn drive<I>(
    link: Weak<Link>,
    generation: u64,
    connection: Connection<I, Bytes>,
    mut retired: oneshot::Receiver<()>,
) where
    I: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut connection = std::pin::pin!(connection);
    let mut rest = IDLE;
    loop {
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            _ = &mut retired => {
                let _ = tokio::time::timeout(RETIRED, connection.as_mut()).await;
                return;
            }
            () = tokio::time::sleep(rest) => {
                let Some(link) = link.upgrade() else { continue };
                // The pool's reference and ours.
                let idle = link.idle(2).unwrap_or_default();
                rest = IDLE.saturating_sub(idle);
                if rest.is_zero() && matches!(link.place, Place::Node { .. }) {
                    link.forget(generation);
                }
                rest = if rest.is_zero() { IDLE } else { rest };
                continue;
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
        break;
    }
    if let Some(link) = link.upgrade() {
        link.forget(generation);
    }
}

/// Links to other nodes, one a target, all with the same certificate and accepted CAs. After a change
/// of those it is replaced as a whole; calls under way keep their connections.
pub struct Pool {
    tls: Arc<ClientConfig>,
    links: Mutex<HashMap<String, Arc<Link>>>,
}

impl Pool {
    /// An empty pool.
    pub fn new(tls: Arc<ClientConfig>) -> Pool {
        Pool { tls, links: Mutex::default() }
    }

    /// The link to a node, by the name or address that the client gave.
    pub fn link(&self, host: &str) -> Arc<Link> {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(link) = links.get(host) {
            return Arc::clone(link);
        }
        if links.len() >= REMEMBERED {
            links.retain(|_, link| Arc::strong_count(link) > 1 || link.open().is_some());
        }
        let target = Target { host: host.to_owned(), port: API_PORT };
        // A name that is none fails when it is dialled; its requests are never sent.
        let authority = target.to_string().parse().unwrap_or(Authority::from_static("localhost"));
        let link = Link::to(Place::Node { target, tls: Arc::clone(&self.tls) }, authority);
        links.insert(host.to_owned(), Arc::clone(&link));
        link
    }
}
