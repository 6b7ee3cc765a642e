//! A node for tests: answers calls from a script, in process.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use futures::stream::{self, StreamExt};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, StreamBody};
use hyper_util::rt::TokioIo;
use prost::Message;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, body::Body};

use crate::node::Node;

/// What a call is answered with.
pub(crate) struct Answer {
    messages: Vec<Bytes>,
    end: End,
}

enum End {
    Status(Code, &'static str),
    Never,
}

impl Answer {
    /// Messages, then success.
    pub(crate) fn ok<M: Message>(messages: impl IntoIterator<Item = M>) -> Self {
        Self {
            messages: messages.into_iter().map(|m| m.encode_to_vec().into()).collect(),
            end: End::Status(Code::Ok, ""),
        }
    }

    /// No message but a refusal.
    pub(crate) fn refuse(code: Code, message: &'static str) -> Self {
        Self { messages: Vec::new(), end: End::Status(code, message) }
    }

    /// The same messages, then a failure.
    pub(crate) fn broken(mut self, code: Code) -> Self {
        self.end = End::Status(code, "the connection was lost");
        self
    }

    /// The same messages, and no end.
    pub(crate) fn endless(mut self) -> Self {
        self.end = End::Never;
        self
    }

    fn response(self) -> Response<Body> {
        let frames = self.messages.into_iter().map(|message| {
            let mut frame = BytesMut::with_capacity(message.len() + 5);
            frame.put_u8(0);
            frame.put_u32(u32::try_from(message.len()).unwrap());
            frame.put(message);
            Ok::<_, tonic::Status>(hyper::body::Frame::data(frame.freeze()))
        });
        let end = match self.end {
            End::Never => stream::pending().boxed(),
            End::Status(code, message) => {
                let mut trailers = HeaderMap::new();
                trailers.insert("grpc-status", (code as i32).into());
                trailers.insert("grpc-message", message.parse().unwrap());
                stream::iter([Ok(hyper::body::Frame::trailers(trailers))]).boxed()
            }
        };
        let body = Body::new(StreamBody::new(stream::iter(frames).chain(end)));
        Response::builder().header("content-type", "application/grpc").body(body).unwrap()
    }
}

/// A node whose calls `script` answers: it gets the method's name and the request's message.
pub(crate) fn node(name: &str, script: impl Fn(&str, Bytes) -> Answer + Send + Sync + 'static) -> Node {
    Node::new(name, channel(Arc::new(script)), Vec::new())
}

type Script = dyn Fn(&str, Bytes) -> Answer + Send + Sync;

fn channel(script: Arc<Script>) -> Channel {
    #[expect(clippy::disallowed_methods, reason = "a test makes few connections")]
    let (accept, incoming) = mpsc::unbounded_channel::<std::io::Result<DuplexStream>>();
    let incoming = stream::unfold(incoming, |mut i| async move { i.recv().await.map(|c| (c, i)) });
    let service = tower::service_fn(move |request: Request<Body>| {
        let script = Arc::clone(&script);
        async move {
            let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
            let body = request.into_body().collect().await.unwrap().to_bytes();
            // Without the mark of compression and the length before it.
            Ok::<_, std::convert::Infallible>(script(&method, body.slice(5.min(body.len())..)).response())
        }
    });
    tokio::spawn(Server::builder().serve_with_incoming(service, incoming.boxed()));
    let connect = move |_: http::Uri| {
        let (ours, theirs) = tokio::io::duplex(64 << 10);
        let sent = accept.send(Ok(theirs)).map_err(|_| std::io::ErrorKind::ConnectionRefused);
        async move { sent.map(|()| TokioIo::new(ours)).map_err(std::io::Error::from) }
    };
    Endpoint::from_static("http://node").connect_with_connector_lazy(tower::service_fn(connect))
}
