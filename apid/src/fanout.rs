//! Spreads one call to several nodes and puts their answers together (contract api.md 3.3, 3.4).
//!
//! A node that fails contributes an element that says so; the call itself succeeds.

use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use futures::future::{Either, poll_fn, select};
use futures::stream::{FuturesUnordered, StreamExt as _};
use h2::RecvStream;
use h2::client::ResponseFuture;
use h2::server::SendResponse;
use http::{HeaderName, Request};
use rpc::limits;
use rpc::status::WireStatus;
use tokio::sync::mpsc;
use tonic::Code;

use crate::forward::{self, Fault, Pump, Started, start, unless_gone};
use crate::frame::{Messages, Meter, PREFIX, TooLarge};
use crate::link::{Lease, Link};
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
const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

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
    /// As in the metadata.
    pub name: String,
    /// Its connection.
    pub link: Arc<Link>,
    /// What is sent to it.
    pub head: Request<()>,
}

/// Asks all nodes and answers the client.
pub async fn fan_out(method: &str, mut nodes: Vec<Node>, body: RecvStream, mut respond: SendResponse<Bytes>) {
    for node in &mut nodes {
        node.head.headers_mut().remove(GRPC_ACCEPT_ENCODING);
    }
    if method == CLIENT_STREAM {
        return client_stream(nodes, body, respond).await;
    }
    let request = match unless_gone(&mut respond, collect(body)).await {
        Some(Ok(request)) => request,
        Some(Err(Fault::TooLarge(error))) => return reply::status(&mut respond, &too_large(error)),
        Some(Err(_)) | None => return,
    };
    if is_streamed(method) {
        streamed(nodes, request, respond).await
    } else {
        unary(nodes, request, respond).await
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

/// Sends a whole request and waits for the answer to begin.
async fn ask(link: Arc<Link>, head: Request<()>, request: Bytes) -> Result<Answer, WireStatus> {
    let mut started = start(link, head, request.is_empty()).await?;
    if !request.is_empty() {
        started.body.send_data(request, true).map_err(|error| reply::of_error(&error))?;
    }
    Answer::of(started.response, started.lease).await
}

/// Reads the messages of an answer one after the other; an error is the status of the call.
struct Answer {
    body: RecvStream,
    messages: Messages,
    _lease: Lease,
}

impl Answer {
    async fn of(response: ResponseFuture, lease: Lease) -> Result<Answer, WireStatus> {
        let (head, body) = response.await.map_err(|error| reply::of_error(&error))?.into_parts();
        match reply::of_head(&head) {
            Some(status) if !status.is_ok() => Err(status),
            _ => Ok(Answer { body, messages: Messages::default(), _lease: lease }),
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
            self.messages.push(&piece);
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

/// The elements of one node's unary answer, marked with its name.
async fn elements(mut answer: Answer, mark: &[u8]) -> Result<Vec<u8>, WireStatus> {
    let internal = |text: String| WireStatus::new(Code::Internal, text);
    let Some(message) = answer.next().await? else {
        return Err(internal("the node answered without a message".to_owned()));
    };
    if answer.next().await?.is_some() {
        return Err(internal("the node answered with more than one message".to_owned()));
    }
    stitch::mark_elements(&message, mark).map_err(|error| internal(error.to_string()))
}

fn failed(node: &str, status: &WireStatus) -> Vec<u8> {
    stitch::list(&stitch::failure(node, status))
}

async fn unary(nodes: Vec<Node>, request: Bytes, mut respond: SendResponse<Bytes>) {
    let one = |node: Node| {
        let request = request.clone();
        async move {
            let answer = ask(node.link, node.head, request);
            let elements = async { elements(answer.await?, &stitch::mark(&node.name)).await };
            (elements.await, node.name)
        }
    };
    let mut answers: FuturesUnordered<_> = nodes.into_iter().map(one).collect();
    let gather = async {
        let mut all = Vec::new();
        while let Some((answer, node)) = answers.next().await {
            let element = answer.unwrap_or_else(|status| failed(&node, &status));
            if all.len() + element.len() > limits::MESSAGE {
                all.extend(failed(&node, &too_large(TooLarge(all.len() + element.len()))));
            } else {
                all.extend(element);
            }
        }
        all
    };
    let Some(all) = unless_gone(&mut respond, gather).await else { return };
    answer_with(&all, respond).await;
}

/// Answers a unary call with a message.
async fn answer_with(message: &[u8], mut respond: SendResponse<Bytes>) {
    let Ok(mut stream) = respond.send_response(reply::head(), false) else { return };
    let mut framed = frame::start(message.len());
    framed.extend_from_slice(message);
    if reply::send(&mut stream, framed.freeze()).await.is_ok() {
        reply::trailers(&mut stream, &WireStatus::default());
    }
}

/// A stream from the client can only go to one node; its answer is put together as any unary one.
async fn client_stream(nodes: Vec<Node>, body: RecvStream, mut respond: SendResponse<Bytes>) {
    let Ok([node]) = <[Node; 1]>::try_from(nodes) else {
        let text = format!("{CLIENT_STREAM} streams from the client, and can only be sent to one node");
        return reply::status(&mut respond, &WireStatus::new(Code::InvalidArgument, text));
    };
    let started = unless_gone(&mut respond, start(Arc::clone(&node.link), node.head, false)).await;
    let answer = match started {
        Some(Ok(Started { response, body: to, lease })) => {
            let pump = forward::pump_until_gone(Pump::new(body, to));
            let mark = stitch::mark(&node.name);
            let answer = async { elements(Answer::of(response, lease).await?, &mark).await };
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
    answer_with(&answer.unwrap_or_else(|status| failed(&node.name, &status)), respond).await;
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
                Some(Ok(framed)) => match reply::send(&mut stream, framed).await {
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
        let mut answer = ask(node.link, node.head, request).await?;
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
