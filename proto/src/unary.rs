//! Answers calls of one message with one message, which is what nearly all calls are.
//!
//! Whatever else comes is left to tonic, and all that can go wrong with it. A request that has come whole, in one
//! frame and not compressed, needs none of tonic's machine for streams, which is several times larger than the
//! request and its answer.

use std::any::Any;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{BufMut as _, Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, request};
use http_body::{Body as _, Frame};
use prost::Message;
use tonic::Status;
use tonic::body::Body;
use tonic::metadata::{GRPC_CONTENT_TYPE, MetadataMap};
use tonic::server::{Grpc, UnaryService};

use crate::codec::Codec;

/// Bytes before a message: whether it is compressed, and its length (gRPC over HTTP/2, "Length-Prefixed-Message").
const PREFIX: usize = 5;

static GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");

/// Calls a method with the message of a request. Generated servers use it in the place of [`Grpc::unary`].
pub(crate) async fn unary<T, U, S, B>(
    grpc: &mut Grpc<Codec<T, U>>,
    mut method: S,
    request: Request<B>,
) -> Response<Body>
where
    T: Message + 'static,
    U: Message + Default + 'static,
    S: UnaryService<U, Response = T>,
    B: http_body::Body + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    let (head, message) = match take(request).await {
        Ok(whole) => whole,
        Err(request) => return Box::pin(grpc.unary(method, request)).await,
    };
    let message = match U::decode(message) {
        Ok(message) => message,
        Err(error) => return Status::internal(error.to_string()).into_http(),
    };
    let metadata = MetadataMap::from_headers(head.headers);
    let request = tonic::Request::from_parts(metadata, head.extensions, message);
    match method.call(request).await {
        Ok(response) => answer(response),
        Err(status) => status.into_http(),
    }
}

/// The head and the message of a request that has come whole; any other request comes back as it was.
async fn take<B: 'static>(request: Request<B>) -> Result<(request::Parts, Bytes), Request<B>> {
    let (head, mut body) = request.into_parts();
    if !head.headers.contains_key(&GRPC_ENCODING)
        && let Some(own) = (&mut body as &mut dyn Any).downcast_mut::<Body>()
    {
        let first = poll_fn(|cx| Pin::new(&mut *own).poll_frame(cx)).await;
        if let Some(Ok(frame)) = &first
            && let Some(message) = frame.data_ref().and_then(whole)
            && own.is_end_stream()
        {
            return Ok((head, message));
        }
        *own = Body::new(Again { first, rest: std::mem::take(own) });
    }
    Err(Request::from_parts(head, body))
}

/// The message of a frame, if it is there to its end, alone, and not compressed.
fn whole(frame: &Bytes) -> Option<Bytes> {
    let [0, a, b, c, d] = *frame.first_chunk::<PREFIX>()? else { return None };
    let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
    (frame.len() == PREFIX + length).then(|| frame.slice(PREFIX..))
}

/// A body from its beginning, of which the first frame has been looked at.
struct Again {
    first: Option<Result<Frame<Bytes>, Status>>,
    rest: Body,
}

impl http_body::Body for Again {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match self.first.take() {
            Some(first) => Poll::Ready(Some(first)),
            None => Pin::new(&mut self.rest).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_end_stream()
    }
}

/// A message and the status that says that it is all.
struct Answer {
    message: Option<Bytes>,
    ended: bool,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Some(message) = self.message.take() {
            return Poll::Ready(Some(Ok(Frame::data(message))));
        }
        if std::mem::replace(&mut self.ended, true) {
            return Poll::Ready(None);
        }
        let mut trailers = HeaderMap::with_capacity(1);
        trailers.insert(Status::GRPC_STATUS, HeaderValue::from_static("0"));
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.message.is_none() && self.ended
    }
}

fn answer<T: Message>(response: tonic::Response<T>) -> Response<Body> {
    let (metadata, message, extensions) = response.into_parts();
    let length = message.encoded_len();
    let Ok(prefix) = u32::try_from(length) else {
        let text = format!("the answer has {length} bytes, more than a message can have");
        return Status::resource_exhausted(text).into_http();
    };
    let mut framed = BytesMut::with_capacity(PREFIX + length);
    framed.put_u8(0);
    framed.put_u32(prefix);
    message.encode_raw(&mut framed);
    let body = Answer { message: Some(framed.freeze()), ended: false };
    let mut response = Response::new(Body::new(body));
    *response.headers_mut() = metadata.into_headers();
    response.headers_mut().insert(CONTENT_TYPE, GRPC_CONTENT_TYPE);
    *response.extensions_mut() = extensions;
    response
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};

    use futures::FutureExt as _;
    use tonic::Code;
    use tonic::codec::CompressionEncoding;

    use super::*;
    use crate::common::Data;

    /// A body whose frames come as they are listed; whether its end is known with the last one.
    struct Frames(VecDeque<Frame<Bytes>>, bool);

    impl http_body::Body for Frames {
        type Data = Bytes;
        type Error = Status;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
            Poll::Ready(self.0.pop_front().map(Ok))
        }

        fn is_end_stream(&self) -> bool {
            self.1 && self.0.is_empty()
        }
    }

    /// Answers with what it was asked, and keeps the metadata.
    #[derive(Clone, Default)]
    struct Echo(Arc<Mutex<Option<MetadataMap>>>);

    impl UnaryService<Data> for Echo {
        type Response = Data;
        type Future = std::future::Ready<Result<tonic::Response<Data>, Status>>;

        fn call(&mut self, request: tonic::Request<Data>) -> Self::Future {
            let (metadata, _, message) = request.into_parts();
            *self.0.lock().unwrap() = Some(metadata);
            std::future::ready(match message.bytes.as_ref() {
                b"fail" => Err(Status::not_found("no such thing")),
                _ => {
                    let mut response = tonic::Response::new(message);
                    response.metadata_mut().insert("x-told", "yes".parse().unwrap());
                    Ok(response)
                }
            })
        }
    }

    fn framed(flag: u8, bytes: &[u8]) -> Vec<u8> {
        let message = Data { bytes: Bytes::copy_from_slice(bytes), ..Data::default() }.encode_to_vec();
        let mut framed = vec![flag];
        framed.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        framed.extend(message);
        framed
    }

    fn request(frames: Vec<Frame<Bytes>>, end: bool, encoding: Option<&str>) -> Request<Body> {
        let mut request = Request::post("/a.B/C").header("x-asked", "yes");
        if let Some(encoding) = encoding {
            request = request.header("grpc-encoding", encoding);
        }
        request.body(Body::new(Frames(frames.into(), end))).unwrap()
    }

    /// Head, message bytes and trailers of an answer; what was asked beside them.
    struct Seen {
        head: HeaderMap,
        body: Vec<u8>,
        trailers: Option<HeaderMap>,
        asked: Option<MetadataMap>,
    }

    fn call(request: Request<Body>, own: bool) -> Seen {
        let echo = Echo::default();
        let mut grpc = Grpc::new(Codec::<Data, Data>::default()).accept_compressed(CompressionEncoding::Gzip);
        let response = match own {
            true => unary(&mut grpc, echo.clone(), request).now_or_never().unwrap(),
            false => grpc.unary(echo.clone(), request).now_or_never().unwrap(),
        };
        let (head, mut body) = response.into_parts();
        let mut seen = Seen { head: head.headers, body: Vec::new(), trailers: None, asked: None };
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).now_or_never().unwrap() {
            match frame.unwrap().into_data() {
                Ok(data) => seen.body.extend_from_slice(&data),
                Err(frame) => seen.trailers = frame.into_trailers().ok(),
            }
        }
        seen.asked = echo.0.lock().unwrap().take();
        seen
    }

    fn data(bytes: &[u8]) -> Frame<Bytes> {
        Frame::data(Bytes::copy_from_slice(bytes))
    }

    #[test]
    fn every_request_is_answered_as_tonic_answers_it() {
        let one = framed(0, b"hello");
        let mut trailers = HeaderMap::new();
        trailers.insert("x-late", HeaderValue::from_static("yes"));
        let (front, back) = one.split_at(7);
        let two: Vec<u8> = [one.clone(), one.clone()].concat();
        type Case<'a> = (&'a str, Vec<Frame<Bytes>>, bool, Option<&'a str>);
        let cases = || -> Vec<Case<'_>> {
            vec![
                ("whole", vec![data(&one)], true, None),
                ("whole, end later", vec![data(&one)], false, None),
                ("empty message", vec![data(&[0; 5])], true, None),
                ("the handler fails", vec![data(&framed(0, b"fail"))], true, None),
                ("in two pieces", vec![data(front), data(back)], true, None),
                ("byte by byte", one.iter().map(|byte| data(&[*byte])).collect(), true, None),
                ("trailers", vec![data(&one), Frame::trailers(trailers.clone())], true, None),
                ("two messages", vec![data(&two)], true, None),
                ("two messages, two frames", vec![data(&one), data(&one)], true, None),
                ("nothing", vec![], true, None),
                ("half a message", vec![data(front)], true, None),
                ("half a prefix", vec![data(&[0, 0])], true, None),
                ("no message of this kind", vec![data(&[0, 0, 0, 0, 1, 0xff])], true, None),
                ("compressed without saying so", vec![data(&framed(1, b"hello"))], true, None),
                ("a flag that there is not", vec![data(&framed(7, b"hello"))], true, None),
                ("may be compressed", vec![data(&one)], true, Some("gzip")),
                ("compressed in an unknown way", vec![data(&one)], true, Some("snappy")),
                ("longer than it may be", vec![data(&[0, 255, 255, 255, 255])], true, None),
            ]
        };
        for ((name, frames, end, encoding), (_, again, ..)) in cases().into_iter().zip(cases()) {
            let own = call(request(frames, end, encoding), true);
            let theirs = call(request(again, end, encoding), false);
            assert_eq!(own.head, theirs.head, "{name}");
            assert_eq!(own.body, theirs.body, "{name}");
            assert_eq!(own.trailers, theirs.trailers, "{name}");
            let asked = |seen: &Seen| seen.asked.clone().map(MetadataMap::into_headers);
            assert_eq!(asked(&own), asked(&theirs), "{name}");
        }
    }

    #[test]
    fn a_whole_request_is_answered_with_its_status_in_trailers() {
        let seen = call(request(vec![data(&framed(0, b"hello"))], true, None), true);
        assert_eq!(seen.body, framed(0, b"hello"));
        assert_eq!(seen.head["x-told"], "yes");
        assert_eq!(seen.trailers.unwrap()["grpc-status"], "0");
        let failed = call(request(vec![data(&framed(0, b"fail"))], true, None), true);
        assert_eq!(failed.head["grpc-status"], (Code::NotFound as i32).to_string().as_str());
    }
}
