//! Serves gRPC on Unix sockets and inherited sockets, and lets the calls under way finish when asked
//! to stop.

use std::convert::Infallible;
use std::fs;
use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::body::Body;
use tower::Service;

pub use crate::exchange::connection;
use crate::limits;
use crate::peer::{Caller, Peer, PeerPolicy};

/// What can be served: [`crate::route::Router`], tonic's generated servers, and layers around them.
pub trait GrpcService:
    Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send + Unpin>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> GrpcService for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send + Unpin>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// Limits of a server; the defaults are [`crate::limits`].
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Streams open at a time on one connection.
    pub streams: u32,
    /// Connections open at a time on one listener.
    pub connections: usize,
    /// Bytes of headers of one call.
    pub header_list: u32,
    /// How long calls may go on after the drain has begun.
    pub drain: Duration,
    /// The peer is a process of this node: it may give up as many calls as it likes in the life of a connection. Over
    /// the network that is taken for an attack.
    pub trusted: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            streams: limits::STREAMS,
            connections: limits::CONNECTIONS,
            header_list: limits::HEADER_LIST,
            drain: limits::DRAIN,
            trusted: false,
        }
    }
}

/// Tells servers to stop, and knows when they have. Clones speak of the same servers.
#[derive(Debug, Clone, Default)]
pub struct Drain {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Drain {
    /// For one or more servers that run until [`Drain::begin`].
    #[must_use]
    pub fn new() -> Drain {
        Drain::default()
    }

    /// Makes listeners stop accepting and connections announce their end; calls under way go on for
    /// [`Options::drain`]. Returns at once.
    pub fn begin(&self) {
        self.stop.cancel();
    }

    /// Begins, and waits until every connection has ended.
    pub async fn finish(&self) {
        self.begin();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Waits until somebody has begun the drain.
    pub async fn begun(&self) {
        self.stop.cancelled().await;
    }

    /// A drain of its own for some of the servers: it begins with this one at the latest, and [`Drain::finish`] of
    /// this one waits for it.
    #[must_use]
    pub fn child(&self) -> Drain {
        Drain { stop: self.stop.child_token(), tasks: self.tasks.clone() }
    }

    /// Runs a task that [`Drain::finish`] waits for.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }
}

/// Listens on a path with these permissions. The socket is made beside the path and renamed over it,
/// so that no one can connect before the permissions are right, and a left-over of an earlier run
/// does not stand in the way. Ownership is the caller's to set, on the folder.
///
/// # Errors
/// When the folder does not exist or cannot be written.
pub fn bind_unix(path: &Path, mode: u32) -> io::Result<UnixListener> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(".new");
    let temporary = path.with_file_name(hidden);
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&temporary)?;
    fs::set_permissions(&temporary, fs::Permissions::from_mode(mode))?;
    fs::rename(&temporary, path)?;
    Ok(listener)
}

/// Serves a Unix socket until the drain begins. Each connection's process is identified and the policy
/// asked for its ceiling before its first call is looked at; each request carries a [`Caller`].
///
/// Returns when it has stopped accepting; [`Drain::finish`] waits for the connections.
pub async fn unix<S: GrpcService>(
    listener: UnixListener,
    policy: Arc<dyn PeerPolicy>,
    service: S,
    options: Options,
    drain: Drain,
) {
    let options = Options { trusted: true, ..options };
    let places = Arc::new(Semaphore::new(options.connections));
    let unknown = Arc::new(Semaphore::new(limits::STRANGERS));
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            accepted = accepted => accepted,
            () = drain.begun() => return,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                accept_failed(&error).await;
                continue;
            }
        };
        // Who is not known yet, or turns out to be a stranger, has a few places only.
        let Ok(unknown) = Arc::clone(&unknown).try_acquire_owned() else {
            tracing::debug!("ended a connection: too many strangers");
            continue;
        };
        let (policy, service, connection_drain) = (Arc::clone(&policy), service.clone(), drain.clone());
        drain.spawn(async move {
            let _place = place;
            let caller = identify(&stream, &*policy).await;
            let known = caller.ceiling.is_some();
            let served = connection(stream, caller, service, options, connection_drain);
            if known {
                drop(unknown);
                served.await;
            } else {
                // Long enough to be told so.
                let _ = tokio::time::timeout(limits::STRANGER, served).await;
            }
        });
    }
}

/// A failed accept (out of descriptors, mostly) is not the listener's end; it waits a little, so that
/// a lasting failure does not turn into a busy loop.
pub async fn accept_failed(error: &io::Error) {
    tracing::warn!(%error, "cannot accept a connection; trying again");
    tokio::time::sleep(Duration::from_millis(100)).await;
}

async fn identify(stream: &UnixStream, policy: &dyn PeerPolicy) -> Caller {
    let peer = match Peer::of(stream) {
        Ok(peer) => Arc::new(peer),
        Err(error) => {
            tracing::warn!(%error, "refused a connection");
            return Caller { peer: None, ceiling: None };
        }
    };
    let ceiling = policy.ceiling(&peer).await;
    Caller { peer: Some(peer), ceiling }
}
