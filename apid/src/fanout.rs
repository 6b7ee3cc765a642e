//! Spreads one call to several nodes and puts their answers together (contract api.md 3.3, 3.4).
//!
//! A node that fails contributes an element that says so; the call itself succeeds.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use futures::future::{Either, join_all, poll_fn, select};
use futures::stream::{FuturesUnordered, StreamExt as _};
use h2::RecvStream;
use h2::client::ResponseFuture;
use h2::server::SendResponse;
use http::{HeaderName, Request};
use rpc::limits;
use rpc::status::WireStatus;
use tokio::sync::mpsc;
use tonic::Code;

use crate::forward::{self, Fault, Pump, unless_gone};
use crate::frame::{Messages, Meter, PREFIX, TooLarge};
use crate::gateway::{PROXY_FROM, address, for_machined};
use crate::link::{Link, Sent};
use crate::{frame, reply, stitch};

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

/// A node, by the name that the client gave, the way to it, and what is sent to it.
struct Node {
    name: String,
    link: Arc<Link>,
    head: Request<()>,
}

/// Asks all nodes and answers the client, in a task of its own. `head` is ready to be sent, but for
/// where it goes.
pub fn fan_out(
    mut head: Request<()>,
    nodes: Vec<(String, Arc<Link>)>,
    body: RecvStream,
    respond: SendResponse<Bytes>,
) {
    let method = head.uri().path();
    let (client_streams, streamed) = (method == CLIENT_STREAM, is_streamed(method));
    head.headers_mut().remove(&GRPC_ACCEPT_ENCODING);
    let nodes = spread(head, nodes);
    if client_streams {
        tokio::spawn(client_stream(nodes, body, respond));
    } else {
        tokio::spawn(server_side(nodes, streamed, body, respond));
    }
}

/// The same head for each node.
fn spread(head: Request<()>, nodes: Vec<(String, Arc<Link>)>) -> Vec<Node> {
    let mut template = Some(head);
    let mut left = nodes.len();
    let node = |(name, link): (String, Arc<Link>)| {
        left -= 1;
        // The last one needs no copy.
        let head = if left == 0 { template.take() } else { template.clone() };
        let mut head = head.unwrap_or_default();
        address(&mut head, &link.authority);
        if link.is_local() {
            head.headers_mut().remove(&PROXY_FROM);
            for_machined(head.headers_mut());
        }
        Node { name, link, head }
    };
    nodes.into_iter().map(node).collect()
}

async fn server_side(nodes: Vec<Node>, streamed: bool, body: RecvStream, mut respond: SendResponse<Bytes>) {
    let request = match unless_gone(&mut respond, collect(body)).await {
        Some(Ok(request)) => request,
        Some(Err(Fault::TooLarge(error))) => return reply::status(&mut respond, &too_large(error)),
        Some(Err(_)) | None => return,
    };
    if streamed {
        Box::pin(self::streamed(nodes, request, respond)).await;
    } else {
        unary(nodes, request, respond).await;
    }
}

fn too_large(error: TooLarge) -> WireStatus {
    WireStatus::new(Code::ResourceExhausted, error.to_string())
}

/// The whole request: it goes to each node.
async fn collect(mut body: RecvStream) -> Result<Bytes, Fault> {
    let (mut meter, mut whole) = (Meter::default(), Vec::new());
    let mut first = Bytes::new();
    while let Some(piece) = body.data().await {
        let piece = piece.map_err(Fault::Source)?;
        let _ = body.flow_control().release_capacity(piece.len());
        meter.pass(&piece).map_err(Fault::TooLarge)?;
        let length = first.len() + whole.len() + piece.len();
        if length > limits::MESSAGE + PREFIX {
            return Err(Fault::TooLarge(TooLarge(length - PREFIX)));
        }
        // Nearly every request comes in one piece, and is passed on without copying it.
        if first.is_empty() && whole.is_empty() {
            first = piece;
            continue;
        }
        if whole.is_empty() {
            whole.extend_from_slice(&std::mem::take(&mut first));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(if whole.is_empty() { first } else { whole.into() })
}

/// A whole request on its way.
enum Asked {
    Sent(Result<Sent, WireStatus>),
    Connecting(Pin<Box<dyn Future<Output = Result<Sent, WireStatus>> + Send>>),
}

/// Sends a whole request, at once if there is a connection.
fn ask(link: &Arc<Link>, head: Request<()>, request: Bytes) -> Asked {
    let end = request.is_empty();
    let send_body = move |mut sent: Sent| {
        if !end {
            sent.body.send_data(request, true).map_err(|error| reply::of_error(&error))?;
        }
        Ok(sent)
    };
    match link.try_send(head, end) {
        Ok(sent) => Asked::Sent(sent.and_then(send_body)),
        Err(head) => {
            let link = Arc::clone(link);
            Asked::Connecting(Box::pin(async move { link.send(head, end).await.and_then(send_body) }))
        }
    }
}

/// Reads the messages of an answer one after the other; an error is the status of the call.
struct Answer {
    body: RecvStream,
    messages: Messages,
    _link: Arc<Link>,
}

impl Answer {
    async fn of(asked: Asked) -> Result<Answer, WireStatus> {
        let sent = match asked {
            Asked::Sent(sent) => sent,
            Asked::Connecting(sending) => sending.await,
        }?;
        Answer::begun(sent.response, sent.link).await
    }

    async fn begun(response: ResponseFuture, link: Arc<Link>) -> Result<Answer, WireStatus> {
        let (head, body) = response.await.map_err(|error| reply::of_error(&error))?.into_parts();
        match reply::of_head(&head) {
            Some(status) if !status.is_ok() => Err(status),
            _ => Ok(Answer { body, messages: Messages::default(), _link: link }),
        }
    }

    /// The next message; `None` at the end of a call that succeeded.
    async fn next(&mut self) -> Result<Option<Bytes>, WireStatus> {
        let broken = |error: frame::Broken| match error {
            frame::Broken::TooLarge(error) => too_large(error),
            other => WireStatus::new(Code::Internal, other.to_string()),
        };
        loop {
            if let Some(message) = self.messages.take().map_err(broken)? {
                return Ok(Some(message));
            }
            let Some(piece) = self.body.data().await else { break };
            let piece = piece.map_err(|error| reply::of_error(&error))?;
            let _ = self.body.flow_control().release_capacity(piece.len());
            self.messages.push(piece);
        }
        let trailers = self.body.trailers().await.map_err(|error| reply::of_error(&error))?;
        let status = trailers.as_ref().and_then(WireStatus::from_headers);
        match status {
            Some(status) if !status.is_ok() => Err(status),
            Some(_) => self.messages.end().map(|()| None).map_err(broken),
            None => Err(WireStatus::new(Code::Internal, "server closed the stream without sending trailers")),
        }
    }
}

/// The one message of a unary answer.
async fn only_message(mut answer: Answer) -> Result<Bytes, WireStatus> {
    let internal = |text: &str| WireStatus::new(Code::Internal, text);
    let Some(message) = answer.next().await? else {
        return Err(internal("the node answered without a message"));
    };
    match answer.next().await? {
        None => Ok(message),
        Some(_) => Err(internal("the node answered with more than one message")),
    }
}

/// Adds what one node answered to what is put together, as far as there is room.
fn add(all: &mut Vec<u8>, node: &str, answer: Result<Bytes, WireStatus>) {
    let marked = answer.and_then(|message| {
        let size = all.len() + message.len();
        if size > limits::MESSAGE {
            return Err(too_large(TooLarge(size)));
        }
        stitch::mark_elements(all, &message, &stitch::mark(node))
            .map_err(|error| WireStatus::new(Code::Internal, error.to_string()))
    });
    if let Err(status) = marked {
        all.extend(stitch::list(&stitch::failure(node, &status)));
    }
}

async fn unary(nodes: Vec<Node>, request: Bytes, mut respond: SendResponse<Bytes>) {
    let one = |node: Node| {
        let asked = ask(&node.link, node.head, request.clone());
        async move {
            match Answer::of(asked).await {
                Ok(answer) => (node.name, only_message(answer).await),
                Err(status) => (node.name, Err(status)),
            }
        }
    };
    let Some(answers) = unless_gone(&mut respond, join_all(nodes.into_iter().map(one))).await else { return };
    let mut all = frame::start(0);
    for (node, answer) in answers {
        add(&mut all, &node, answer);
    }
    answer_with(all, respond).await;
}

/// Answers a unary call with a message that was begun with [`frame::start`].
async fn answer_with(message: Vec<u8>, mut respond: SendResponse<Bytes>) {
    let Ok(mut stream) = respond.send_response(reply::head(), false) else { return };
    if reply::send(&mut stream, frame::finish(message), true).await.is_ok() {
        reply::trailers(&mut stream, &WireStatus::default());
    }
}

/// A stream from the client can only go to one node; its answer is put together as any unary one.
async fn client_stream(nodes: Vec<Node>, body: RecvStream, mut respond: SendResponse<Bytes>) {
    let Ok([node]) = <[Node; 1]>::try_from(nodes) else {
        let text = format!("{CLIENT_STREAM} streams from the client, and can only be sent to one node");
        return reply::status(&mut respond, &WireStatus::new(Code::InvalidArgument, text));
    };
    let started = unless_gone(&mut respond, node.link.send(node.head, false)).await;
    let answer = match started {
        Some(Ok(Sent { response, body: to, link })) => {
            let pump = forward::pump_until_gone(Pump::new(body, to));
            let answer = async { only_message(Answer::begun(response, link).await?).await };
            match unless_gone(&mut respond, select(Box::pin(answer), Box::pin(pump))).await {
                Some(Either::Left((answer, _))) => answer,
                Some(Either::Right((Fault::TooLarge(error), _))) => {
                    return reply::status(&mut respond, &too_large(error));
                }
                Some(Either::Right(_)) | None => return,
            }
        }
        Some(Err(status)) => Err(status),
        None => return,
    };
    let mut all = frame::start(0);
    add(&mut all, &node.name, answer);
    answer_with(all, respond).await;
}

async fn streamed(nodes: Vec<Node>, request: Bytes, mut respond: SendResponse<Bytes>) {
    let Ok(mut stream) = respond.send_response(reply::head(), false) else { return };
    // One message of each node may wait for the client; more wait at the nodes.
    let (sender, mut receiver) = mpsc::channel(1);
    let relays: FuturesUnordered<_> =
        nodes.into_iter().map(|node| relay(node, request.clone(), sender.clone())).collect();
    drop(sender);
    // Writes until every relay has ended, or the client has gone.
    let write = async {
        loop {
            let next = poll_fn(|cx| match receiver.poll_recv(cx) {
                Poll::Ready(next) => Poll::Ready(next.map(Ok)),
                Poll::Pending => stream.poll_reset(cx).map(|_| Some(Err(()))),
            });
            match next.await {
                None => return reply::trailers(&mut stream, &WireStatus::default()),
                Some(Ok(framed)) => match reply::send(&mut stream, framed, false).await {
                    Ok(()) => {}
                    Err(_) => return,
                },
                Some(Err(())) => return,
            }
        }
    };
    match select(std::pin::pin!(write), relays.collect::<()>()).await {
        Either::Left(((), _)) => {}
        Either::Right(((), write)) => write.await,
    }
}

/// Passes the messages of one node on, marked; its failure is its last message.
async fn relay(node: Node, request: Bytes, to: mpsc::Sender<Bytes>) {
    let mark = stitch::mark(&node.name);
    let all = async {
        let mut answer = Answer::of(ask(&node.link, node.head, request)).await?;
        while let Some(message) = answer.next().await? {
            if to.send(stitch::mark_message(&message, &mark)).await.is_err() {
                break;
            }
        }
        Ok(())
    };
    if let Err(status) = all.await {
        let _ = to.send(stitch::mark_message(&stitch::failure(&node.name, &status), &[])).await;
    }
}
