//! Spreads one call to several nodes and puts their answers together (contract api.md 3.3, 3.4).
//!
//! A node that fails contributes an element that says so; the call itself succeeds. A few nodes are asked at a time,
//! and what they answer is bounded as it comes in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt as _};
use http::{HeaderMap, HeaderName, Request, Response, request};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Incoming;
use rpc::budget::Share;
use rpc::gate::hold;
use rpc::intake;
use rpc::limits;
use rpc::sizes::{self, Size};
use rpc::status::WireStatus;
use rpc::tls::listen::Who;
use tokio::sync::Semaphore;
use tonic::body::Body;
use tonic::{Code, Status};

use crate::forward::metered;
use crate::frame::{Broken, Messages, PREFIX, TooLarge};
use crate::gateway::{PROXY_FROM, address, for_machined};
use crate::link::Link;
use crate::{frame, reply, stitch};

/// Nodes that are connected to, or answer a call of one message, at a time.
const AT_A_TIME: usize = 32;

/// Answers of up to so many bytes go out in one piece.
const ONE_PIECE: usize = 256 * 1024;

/// The one method that streams from the client among those that several nodes can answer.
const CLIENT_STREAM: &str = "/machine.MachineService/EtcdRecover";

/// MachineService's methods that stream from the server.
const MACHINE_STREAMS: [&str; 12] = [
    "Copy",
    "DiskUsage",
    "Dmesg",
    "EtcdSnapshot",
    "Events",
    "ImageList",
    "Kubeconfig",
    "List",
    "DebugContainer",
    "Logs",
    "PacketCapture",
    "Read",
];

/// gRPC's own name for what it can decompress; nodes must not compress what has to be changed.
static GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// Whether the answer of a method is a stream, so that each message is marked by itself.
pub fn is_streamed(method: &str) -> bool {
    let name = method.rsplit('/').next().unwrap_or_default();
    match method.strip_suffix(name) {
        Some("/machine.MachineService/") if MACHINE_STREAMS.contains(&name) => true,
        Some("/machine.LifecycleService/") if ["Install", "Upgrade"].contains(&name) => true,
        Some("/cluster.ClusterService/") if name == "HealthCheck" => true,
        _ => name.ends_with("Stream"),
    }
}

/// A node, by the name that the client gave, and the way to it.
pub struct Node {
    /// The name.
    pub name: String,
    /// The way.
    pub link: Arc<Link>,
}

/// Asks all nodes. The head of the request is ready to be sent, but for where it goes; `share` is what the call may
/// hold in memory.
pub async fn fan_out(mut request: Request<Body>, nodes: Vec<Node>, share: Share<Who>) -> Response<Body> {
    request.headers_mut().remove(&GRPC_ACCEPT_ENCODING);
    let method = request.uri().path();
    let streamed = is_streamed(method);
    let room = Arc::new(Room { left: AtomicUsize::new(limits::MESSAGE), share });
    if method == CLIENT_STREAM {
        return client_stream(request, nodes, room).await;
    }
    let Size::Message(limit) = sizes::of(method) else {
        return reply::status(&WireStatus::new(Code::Internal, format!("{method} cannot be spread")));
    };
    let (head, body) = request.into_parts();
    let body = match intake::whole(body, limit, &room.share).await {
        Ok(body) => body,
        Err(status) => return reply::status(&WireStatus::from(&status)),
    };
    let asked = Arc::new(Asked { head, body, room: Arc::clone(&room) });
    let response = if streamed { self::streamed(nodes, asked) } else { unary(nodes, asked).await };
    hold(response, room)
}

/// What each node would answer who refuses the call.
pub fn refuse_all<'a>(
    method: &str,
    nodes: impl Iterator<Item = &'a str>,
    status: &WireStatus,
) -> Response<Body> {
    let failures = nodes.map(|name| stitch::failure(name, status));
    if is_streamed(method) {
        let messages: Vec<_> = failures.map(|failure| stitch::mark_message(&failure, &[])).collect();
        messages_of(stream::iter(messages))
    } else {
        whole(failures.map(|failure| stitch::list(&failure).into()).collect())
    }
}

/// Bytes that one call may hold, of all nodes together.
struct Room {
    left: AtomicUsize,
    share: Share<Who>,
}

impl Room {
    fn take(&self, bytes: usize) -> Result<(), WireStatus> {
        let taken =
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        taken.map_err(|left| TooLarge(limits::MESSAGE.saturating_sub(left).saturating_add(bytes)))?;
        self.share.take(bytes).map_err(|error| WireStatus::new(Code::ResourceExhausted, error.to_string()))
    }

    fn give(&self, bytes: usize) {
        self.left.fetch_add(bytes, Ordering::Relaxed);
        self.share.give(bytes);
    }
}

/// What every node is sent.
struct Asked {
    head: request::Parts,
    body: Bytes,
    room: Arc<Room>,
}

impl Asked {
    async fn of(&self, node: &Node) -> Result<Answer, WireStatus> {
        let body = Body::new(http_body_util::Full::new(self.body.clone()));
        let request = addressed(Request::from_parts(self.head.clone(), body), &node.link);
        Answer::begun(node.link.send(request).await?, Arc::clone(&node.link), Arc::clone(&self.room))
    }
}

/// This node's machined is nobody that one passes a call on to.
fn addressed(request: Request<Body>, link: &Link) -> Request<Body> {
    let (mut head, body) = request.into_parts();
    address(&mut head, &link.authority);
    if link.is_local() {
        head.headers.remove(&PROXY_FROM);
        for_machined(&mut head.headers);
    }
    Request::from_parts(head, body)
}

/// Reads the messages of an answer one after the other; an error is the status of the call.
struct Answer {
    body: Incoming,
    messages: Messages,
    trailers: Option<HeaderMap>,
    room: Arc<Room>,
    /// Bytes that are counted and not yet somebody else's to give back.
    held: usize,
    _link: Arc<Link>,
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.room.give(self.held);
    }
}

impl Answer {
    fn begun(response: Response<Incoming>, link: Arc<Link>, room: Arc<Room>) -> Result<Answer, WireStatus> {
        let (head, body) = response.into_parts();
        match reply::of_head(&head) {
            Some(status) if !status.is_ok() => Err(status),
            _ => {
                Ok(Answer { body, messages: Messages::default(), trailers: None, room, held: 0, _link: link })
            }
        }
    }

    /// The next message, which stays counted; `None` at the end of a call that succeeded.
    async fn next(&mut self) -> Result<Option<Bytes>, WireStatus> {
        let broken = |error: Broken| match error {
            Broken::TooLarge(error) => error.into(),
            other => WireStatus::new(Code::Internal, other.to_string()),
        };
        loop {
            if let Some(message) = self.messages.take().map_err(broken)? {
                return Ok(Some(message));
            }
            let Some(frame) = self.body.frame().await else { break };
            match frame.map_err(|error| reply::of_error(&error))?.into_data() {
                Ok(piece) => {
                    self.room.take(piece.len())?;
                    self.held += piece.len();
                    self.messages.push(piece);
                }
                Err(frame) => self.trailers = frame.into_trailers().ok(),
            }
        }
        match self.trailers.as_ref().and_then(WireStatus::from_headers) {
            Some(status) if !status.is_ok() => Err(status),
            Some(_) => self.messages.end().map(|()| None).map_err(broken),
            None => Err(WireStatus::new(Code::Internal, "server closed the stream without sending trailers")),
        }
    }

    /// A message has been passed on.
    fn passed(&mut self, message: &Bytes) {
        let bytes = (message.len() + PREFIX).min(self.held);
        self.held -= bytes;
        self.room.give(bytes);
    }

    /// The one message of a unary answer. It is counted as long as the call lasts.
    async fn only(mut self) -> Result<Bytes, WireStatus> {
        let internal = |text: &str| WireStatus::new(Code::Internal, text);
        let Some(message) = self.next().await? else {
            return Err(internal("the node answered without a message"));
        };
        match self.next().await? {
            None => {
                self.held = 0;
                Ok(message)
            }
            Some(_) => Err(internal("the node answered with more than one message")),
        }
    }
}

/// What one node adds to the answer of all.
fn part(node: &str, answer: Result<Bytes, WireStatus>) -> Bytes {
    let mut marked = Vec::new();
    let added = answer.and_then(|message| {
        stitch::mark_elements(&mut marked, &message, &stitch::mark(node))
            .map_err(|error| WireStatus::new(Code::Internal, error.to_string()))
    });
    match added {
        Ok(()) => marked.into(),
        Err(status) => stitch::list(&stitch::failure(node, &status)).into(),
    }
}

async fn unary(nodes: Vec<Node>, asked: Arc<Asked>) -> Response<Body> {
    let one = |node: Node| {
        let asked = Arc::clone(&asked);
        async move {
            let answer = match asked.of(&node).await {
                Ok(answer) => answer.only().await,
                Err(status) => Err(status),
            };
            part(&node.name, answer)
        }
    };
    whole(stream::iter(nodes).map(one).buffer_unordered(AT_A_TIME).collect().await)
}

/// A unary answer that is put together of these.
fn whole(parts: Vec<Bytes>) -> Response<Body> {
    let length = parts.iter().map(Bytes::len).sum();
    let mut pieces = vec![frame::prefix(length)];
    pieces.extend(parts);
    if length <= ONE_PIECE {
        pieces = vec![pieces.concat().into()];
    }
    messages_of(stream::iter(pieces))
}

/// An answer of messages, or pieces of them, that ends well.
fn messages_of(pieces: impl Stream<Item = Bytes> + Send + 'static) -> Response<Body> {
    let end = async { Ok(Frame::trailers(reply::trailers(&WireStatus::default()))) };
    let frames = pieces.map(|piece| Ok::<_, Status>(Frame::data(piece))).chain(stream::once(end));
    reply::with(Body::new(StreamBody::new(frames)))
}

/// A stream from the client can only go to one node; its answer is put together as any unary one.
async fn client_stream(request: Request<Body>, nodes: Vec<Node>, room: Arc<Room>) -> Response<Body> {
    let Ok([node]) = <[Node; 1]>::try_from(nodes) else {
        let text = format!("{CLIENT_STREAM} streams from the client, and can only be sent to one node");
        return reply::status(&WireStatus::new(Code::InvalidArgument, text));
    };
    let (request, reason) = metered(addressed(request, &node.link));
    let answer = match node.link.send(request).await {
        Ok(response) => match Answer::begun(response, Arc::clone(&node.link), room) {
            Ok(answer) => answer.only().await,
            Err(status) => Err(status),
        },
        Err(status) => Err(status),
    };
    match reason.get() {
        Some(status) => reply::status(status),
        None => whole(vec![part(&node.name, answer)]),
    }
}

fn streamed(nodes: Vec<Node>, asked: Arc<Asked>) -> Response<Body> {
    let turns = Arc::new(Semaphore::new(AT_A_TIME));
    let relay = |node: Node| {
        let mark = stitch::mark(&node.name);
        let relay = Arc::new(Relay { node, mark, asked: Arc::clone(&asked), turns: Arc::clone(&turns) });
        Box::pin(stream::unfold(Progress::Asking, move |progress| Arc::clone(&relay).next(progress)))
    };
    messages_of(stream::select_all(nodes.into_iter().map(relay)))
}

/// One node of several that stream.
struct Relay {
    node: Node,
    mark: Vec<u8>,
    asked: Arc<Asked>,
    turns: Arc<Semaphore>,
}

/// How far a node's stream is.
enum Progress {
    Asking,
    Reading(Box<Answer>),
    Over,
}

impl Relay {
    /// The next message of the node, marked; its failure is its last message.
    async fn next(self: Arc<Self>, progress: Progress) -> Option<(Bytes, Progress)> {
        let failed = |status: &WireStatus| {
            let failure = stitch::failure(&self.node.name, status);
            Some((stitch::mark_message(&failure, &[]), Progress::Over))
        };
        let mut answer = match progress {
            Progress::Over => return None,
            Progress::Reading(answer) => answer,
            Progress::Asking => {
                // Connecting is what takes a turn; streams may go on for ever.
                let _turn = self.turns.acquire().await;
                match self.asked.of(&self.node).await {
                    Ok(answer) => Box::new(answer),
                    Err(status) => return failed(&status),
                }
            }
        };
        match answer.next().await {
            Ok(Some(message)) => {
                answer.passed(&message);
                Some((stitch::mark_message(&message, &self.mark), Progress::Reading(answer)))
            }
            Ok(None) => None,
            Err(status) => failed(&status),
        }
    }
}
