//! A machined that answers a few calls, remembers what it was sent, and can be told to fail.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures::stream::{self, BoxStream, StreamExt as _};
use http::{HeaderMap, Request, Response};
use proto::common::Data;
use proto::machine::{EtcdRecover, EtcdRecoverResponse, Version, VersionInfo, VersionResponse};
use tonic::body::Body;
use tonic::codec::{CompressionEncoding, EnabledCompressionEncodings};
use tonic::server::Grpc;
use tonic::{Code, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

/// What the node answers to everything, if not what was asked for.
pub type Failure = Arc<Mutex<Option<(Code, String)>>>;

#[derive(Clone, Default)]
pub struct Machined {
    /// In every answer, to tell nodes apart.
    pub name: String,
    /// Headers of the calls that came through.
    pub seen: Arc<Mutex<Vec<HeaderMap>>>,
    pub failure: Failure,
    /// Bytes that are added to its version.
    pub padding: Arc<AtomicUsize>,
    /// Streams that follow for ever and are not yet dropped.
    pub following: Arc<AtomicUsize>,
}

impl Machined {
    pub fn named(name: &str) -> Machined {
        Machined { name: name.into(), ..Machined::default() }
    }

    fn version(&self) -> Result<tonic::Response<VersionResponse>, Status> {
        if let Some((code, text)) = self.failure.lock().unwrap().clone() {
            return Err(Status::new(code, text));
        }
        let sha = "x".repeat(self.padding.load(Ordering::SeqCst));
        let info = VersionInfo { tag: self.name.clone(), sha, ..Default::default() };
        let element = Version { version: Some(info), ..Default::default() };
        Ok(tonic::Response::new(VersionResponse { messages: vec![element] }))
    }

    /// Three lines, then the end; for ever without an end when the request follows.
    /// With a tail it is lines without end instead, each in a frame of its own.
    fn logs(
        &self,
        follow: bool,
        endless: bool,
    ) -> Result<tonic::Response<BoxStream<'static, Result<Data, Status>>>, Status> {
        if let Some((code, text)) = self.failure.lock().unwrap().clone() {
            return Err(Status::new(code, text));
        }
        let name = self.name.clone();
        let line =
            move |n| Ok(Data { bytes: format!("{name}:{n}").into_bytes().into(), ..Default::default() });
        let lines = stream::iter(0..3).map(line);
        if endless {
            let lines = stream::repeat(()).then(|()| async {
                tokio::task::yield_now().await;
                Ok(Data { bytes: vec![b'x'; 120].into(), ..Data::default() })
            });
            return Ok(tonic::Response::new(lines.boxed()));
        }
        if !follow {
            return Ok(tonic::Response::new(lines.boxed()));
        }
        struct Following(Arc<AtomicUsize>);
        impl Drop for Following {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        self.following.fetch_add(1, Ordering::SeqCst);
        let guard = Following(Arc::clone(&self.following));
        let endless = stream::once(async move {
            let _guard = guard;
            std::future::pending().await
        });
        Ok(tonic::Response::new(lines.chain(endless).boxed()))
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

impl Service<Request<Body>> for Machined {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Answer {
        if !self.name.is_empty() {
            self.seen.lock().unwrap().push(request.headers().clone());
        }
        let this = self.clone();
        Box::pin(async move {
            let mut gzip = EnabledCompressionEncodings::default();
            gzip.enable(CompressionEncoding::Gzip);
            let response = match request.uri().path().rsplit('/').next().unwrap_or_default() {
                "Version" => {
                    let answer = service_fn(move |_: tonic::Request<()>| ready(this.version()));
                    Grpc::new(ProstCodec::default())
                        .apply_compression_config(gzip, gzip)
                        .unary(answer, request)
                        .await
                }
                "Logs" => {
                    type Asked = tonic::Request<proto::machine::LogsRequest>;
                    let answer = service_fn(move |asked: Asked| {
                        let asked = asked.get_ref();
                        ready(this.logs(asked.follow, asked.tail_lines > 0))
                    });
                    Grpc::new(ProstCodec::default())
                        .apply_compression_config(gzip, gzip)
                        .server_streaming(answer, request)
                        .await
                }
                "EtcdRecover" => {
                    let answer = service_fn(|asked: tonic::Request<Streaming<Data>>| async {
                        let mut asked = asked.into_inner();
                        while asked.message().await?.is_some() {}
                        let messages = vec![EtcdRecover::default()];
                        Ok::<_, Status>(tonic::Response::new(EtcdRecoverResponse { messages }))
                    });
                    Grpc::new(ProstCodec::default())
                        .apply_compression_config(gzip, gzip)
                        .client_streaming(answer, request)
                        .await
                }
                other => Status::unimplemented(format!("unknown method {other}")).into_http(),
            };
            Ok(response)
        })
    }
}
