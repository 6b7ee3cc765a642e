//! Takes a request in before anybody decodes it: no more than its method may send, within a time, and as far as there
//! is memory for it.

use std::convert::Infallible;
use std::future::Future;
use std::hash::Hash;
use std::io::Read as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderName, Request, Response};
use http_body_util::{BodyExt as _, Full};
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::budget::{Budget, Limits, Share};
use crate::limits;
use crate::sizes::Size;

/// Bytes before a message: whether it is packed, and its length (gRPC over HTTP/2, "Length-Prefixed-Message").
const PREFIX: usize = 5;

/// How long a small request may take to come in.
const PATIENCE: Duration = Duration::from_secs(10);

/// The same for a large one, which may come over a slow line.
const PATIENCE_LARGE: Duration = Duration::from_secs(120);

static GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");

/// In front of a server: hands requests on when they have come in whole, and unpacked. Streams pass by.
#[derive(Clone)]
pub struct Intake<S> {
    inner: S,
    size: fn(&str) -> Size,
    unpacks: bool,
    patience: Duration,
    budget: Budget<()>,
}

impl<S> Intake<S> {
    /// In front of `inner`, whose methods have these sizes; all calls together hold `bytes` at most.
    pub fn new(inner: S, size: fn(&str) -> Size, bytes: usize) -> Intake<S> {
        let budget = Budget::new(Limits { all: bytes, caller: bytes });
        Intake { inner, size, unpacks: true, patience: PATIENCE, budget }
    }

    /// Refuses requests that are packed.
    #[must_use]
    pub fn plain(self) -> Intake<S> {
        Intake { unpacks: false, ..self }
    }
}

impl<S> Service<Request<Body>> for Intake<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let Size::Message(limit) = (self.size)(request.uri().path()) else {
            return Box::pin(async move { inner.call(request).await });
        };
        let (share, unpacks) = (self.budget.share(()), self.unpacks);
        let patience = if limit > limits::SMALL_MESSAGE { PATIENCE_LARGE } else { self.patience };
        Box::pin(async move {
            let (mut head, body) = request.into_parts();
            let whole = in_time(patience, body, limit, &share).await;
            match whole.and_then(|whole| unpack(whole, &mut head.headers, limit, unpacks, &share)) {
                Ok(whole) => {
                    let request = Request::from_parts(head, Body::new(Full::new(whole)));
                    // What it brought is taken in when the answer begins; that may last for hours.
                    let response = inner.call(request).await;
                    drop(share);
                    response
                }
                Err(status) => Ok(status.into_http()),
            }
        })
    }
}

fn too_large(size: usize, limit: usize) -> Status {
    Status::resource_exhausted(format!("grpc: received message larger than max ({size} vs. {limit})"))
}

fn no_memory(error: impl std::fmt::Display) -> Status {
    Status::resource_exhausted(error.to_string())
}

/// A request as it comes in, packed or not: of up to `limit` bytes and a prefix, within a time that fits.
///
/// # Errors
/// When it is larger, takes longer, breaks off, or there is no memory for it.
pub async fn whole<K: Hash + Eq + Clone>(
    body: Body,
    limit: usize,
    share: &Share<K>,
) -> Result<Bytes, Status> {
    let patience = if limit > limits::SMALL_MESSAGE { PATIENCE_LARGE } else { PATIENCE };
    in_time(patience, body, limit, share).await
}

async fn in_time<K: Hash + Eq + Clone>(
    patience: Duration,
    body: Body,
    limit: usize,
    share: &Share<K>,
) -> Result<Bytes, Status> {
    let taken = tokio::time::timeout(patience, take(body, limit, share)).await;
    taken.unwrap_or_else(|_| Err(Status::deadline_exceeded("the request did not come in in time")))
}

async fn take<K: Hash + Eq + Clone>(mut body: Body, limit: usize, share: &Share<K>) -> Result<Bytes, Status> {
    let (mut first, mut whole) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame?.into_data() else { continue };
        share.take(piece.len()).map_err(no_memory)?;
        let length = first.len() + whole.len() + piece.len();
        if length > limit + PREFIX {
            // Who says at once what it wants to send is told about that.
            let said = length_of(&first).or(length_of(&whole)).or(length_of(&piece)).unwrap_or_default();
            return Err(too_large(said.max(length - PREFIX), limit));
        }
        // Nearly every request comes in one piece, and is not copied.
        if first.is_empty() && whole.is_empty() {
            first = piece;
            if let Some(said) = length_of(&first).filter(|said| *said > limit) {
                return Err(too_large(said, limit));
            }
            continue;
        }
        whole.extend_from_slice(&std::mem::take(&mut first));
        whole.extend_from_slice(&piece);
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

fn length_of(message: &[u8]) -> Option<usize> {
    let [_, a, b, c, d] = *message.first_chunk::<PREFIX>()?;
    usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()
}

/// A message that is packed is unpacked, as far as it may go.
fn unpack(
    whole: Bytes,
    headers: &mut HeaderMap,
    limit: usize,
    unpacks: bool,
    share: &Share<()>,
) -> Result<Bytes, Status> {
    let packed = whole.first() == Some(&1);
    let gzip = headers.get(&GRPC_ENCODING).is_some_and(|encoding| encoding == "gzip");
    if !packed || (unpacks && !gzip) {
        // What else may be wrong with it is for the decoder to say.
        return Ok(whole);
    }
    if !unpacks {
        return Err(Status::unimplemented("this service takes no compressed requests"));
    }
    let mut message = BytesMut::with_capacity(PREFIX + whole.len());
    message.put_bytes(0, PREFIX);
    let mut reader = GzDecoder::new(whole.get(PREFIX..).unwrap_or_default());
    let mut piece = [0; 8192];
    loop {
        let read = reader.read(&mut piece);
        let read =
            read.map_err(|error| Status::internal(format!("the request cannot be unpacked: {error}")))?;
        if read == 0 {
            break;
        }
        share.take(read).map_err(no_memory)?;
        message.extend_from_slice(piece.get(..read).unwrap_or_default());
        if message.len() > limit + PREFIX {
            return Err(too_large(message.len() - PREFIX, limit));
        }
    }
    let length = u32::try_from(message.len() - PREFIX).map_err(|_| too_large(message.len(), limit))?;
    if let Some((prefix, _)) = message.split_first_chunk_mut::<PREFIX>() {
        let [a, b, c, d] = length.to_be_bytes();
        *prefix = [0, a, b, c, d];
    }
    headers.remove(&GRPC_ENCODING);
    Ok(message.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sizes;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use futures::stream;
    use http_body::Frame;
    use http_body_util::StreamBody;
    use std::io::Write as _;
    use tower::{ServiceExt as _, service_fn};

    fn framed(flag: u8, message: &[u8]) -> Bytes {
        let mut framed = vec![flag];
        framed.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        framed.extend_from_slice(message);
        framed.into()
    }

    fn packed(message: &[u8]) -> Bytes {
        let mut writer = GzEncoder::new(Vec::new(), Compression::best());
        writer.write_all(message).unwrap();
        framed(1, &writer.finish().unwrap())
    }

    /// What arrives behind the intake, or the code and how many bytes are still held.
    async fn sent(path: &str, pieces: Vec<Bytes>, gzip: bool, bytes: usize) -> Result<Bytes, String> {
        let inner = service_fn(|request: Request<Body>| async {
            assert!(!request.headers().contains_key(&GRPC_ENCODING));
            let whole = request.into_body().collect().await.unwrap().to_bytes();
            Ok::<_, Infallible>(Response::new(Body::new(Full::new(whole))))
        });
        let intake = Intake::new(inner, sizes::of, bytes);
        let budget = intake.budget.clone();
        let body = StreamBody::new(stream::iter(
            pieces.into_iter().map(|piece| Ok::<_, Status>(Frame::data(piece))),
        ));
        let mut request = Request::builder().uri(path).body(Body::new(body)).unwrap();
        if gzip {
            request.headers_mut().insert(&GRPC_ENCODING, "gzip".parse().unwrap());
        }
        let answer = intake.oneshot(request).await.unwrap();
        let code = answer.headers().get("grpc-status").map(|code| code.to_str().unwrap().to_owned());
        let whole = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(budget.taken(), 0);
        code.map_or(Ok(whole), Err)
    }

    const VERSION: &str = "/machine.MachineService/Version";
    const APPLY: &str = "/machine.MachineService/ApplyConfiguration";

    #[tokio::test]
    async fn a_request_arrives_whole_and_unpacked_however_it_comes() {
        let message = vec![7; 20_000];
        let plain = framed(0, &message);
        for pieces in [vec![plain.clone()], plain.chunks(3).map(Bytes::copy_from_slice).collect()] {
            assert_eq!(sent(VERSION, pieces, false, 1 << 20).await.unwrap(), plain);
        }
        assert_eq!(sent(VERSION, vec![packed(&message)], true, 1 << 20).await.unwrap(), plain);
        assert_eq!(sent(VERSION, vec![], false, 1 << 20).await.unwrap(), Bytes::new());
    }

    #[tokio::test]
    async fn a_small_method_takes_little_however_it_is_packed() {
        let large = vec![0; limits::SMALL_MESSAGE + 1];
        assert_eq!(sent(VERSION, vec![framed(0, &large)], false, 1 << 26).await.unwrap_err(), "8");
        assert_eq!(sent(VERSION, vec![packed(&large)], true, 1 << 26).await.unwrap_err(), "8");
        // Eight MiB of nothing in eight KiB.
        let bomb = packed(&vec![0; 8 << 20]);
        assert!(bomb.len() < 10_000);
        assert_eq!(sent(VERSION, vec![bomb.clone()], true, 1 << 26).await.unwrap_err(), "8");
        assert_eq!(sent(APPLY, vec![bomb.clone()], true, 1 << 26).await.unwrap().len(), (8 << 20) + PREFIX);
        assert_eq!(
            sent(APPLY, vec![bomb], true, 1 << 20).await.unwrap_err(),
            "8",
            "as far as there is memory"
        );
        let broken = Bytes::from_static(&[1, 0, 0, 0, 1, 9]);
        assert_eq!(sent(VERSION, vec![broken], true, 1 << 20).await.unwrap_err(), "13");
    }

    #[tokio::test]
    async fn a_request_that_never_ends_is_not_waited_for() {
        let inner =
            service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
        let never = StreamBody::new(stream::pending::<Result<Frame<Bytes>, Status>>());
        let request = Request::builder().uri(VERSION).body(Body::new(never)).unwrap();
        let intake = Intake::new(inner, sizes::of, 1 << 20);
        let intake = Intake { patience: Duration::from_millis(20), ..intake };
        assert_eq!(intake.oneshot(request).await.unwrap().headers()["grpc-status"], "4");
    }

    #[tokio::test]
    async fn a_service_that_unpacks_nothing_says_so() {
        let inner =
            service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
        let request = Request::builder().uri(VERSION).body(Body::new(Full::new(packed(b"x")))).unwrap();
        let answer = Intake::new(inner, sizes::of, 1 << 20).plain().oneshot(request).await.unwrap();
        assert_eq!(answer.headers()["grpc-status"], "12");
    }
}
