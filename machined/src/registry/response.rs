//! Answers to requests: headers from what was found, bodies streamed from files.

use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream;
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, RANGE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::Frame;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::layout::{Content, Layout};
use super::range::{Wanted, parse};
use super::route::{Route, namespace, route};
use crate::blocking::{ANSWER, Pool};

/// Bytes read from a file at once: with a few pulls side by side, the memory that bodies take.
const PIECE: usize = 128 * 1024;
const DIGEST: &str = "docker-content-digest";
const API: &str = "docker-distribution-api-version";

pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Answers one request.
pub(super) async fn respond<B>(layout: &Arc<Layout>, looks: &Pool, request: &Request<B>) -> Response<Body> {
    let head = request.method() == Method::HEAD;
    if !head && request.method() != Method::GET {
        return failure(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "the image cache can only be read");
    }
    let registry = namespace(request.uri().query());
    match route(request.uri().path()) {
        Route::Health => plain(StatusCode::OK, "ok"),
        Route::Base => plain(StatusCode::OK, "{}"),
        Route::Manifest { repository, reference } => {
            let (layout, repository, reference) =
                (layout.clone(), repository.to_owned(), reference.to_owned());
            let look = move || layout.manifest(registry.as_deref(), &repository, &reference);
            match looks.run(ANSWER, look).await {
                Ok(Some(content)) => send(content, None, head).await,
                Err(_) => busy(),
                Ok(None) => {
                    failure(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", "the image is not in the cache")
                }
            }
        }
        Route::Blob { digest } => {
            let (layout, digest) = (layout.clone(), digest.to_owned());
            match looks.run(ANSWER, move || layout.blob(&digest)).await {
                Ok(Some(content)) => {
                    let range = request.headers().get(RANGE).and_then(|value| value.to_str().ok());
                    send(content, range, head).await
                }
                Ok(None) => failure(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", "the blob is not in the cache"),
                Err(_) => busy(),
            }
        }
        Route::Unknown => failure(StatusCode::NOT_FOUND, "NAME_UNKNOWN", "there is nothing here"),
    }
}

async fn send(content: Content, range: Option<&str>, head: bool) -> Response<Body> {
    let (status, first, length) = match parse(range, content.size) {
        Wanted::All => (StatusCode::OK, 0, content.size),
        Wanted::Part { first, last } => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Wanted::Unsatisfiable => {
            let message = "the range lies outside of the blob";
            return failure(StatusCode::RANGE_NOT_SATISFIABLE, "SIZE_INVALID", message);
        }
    };
    let body = if head {
        Ok(Empty::new().map_err(|never| match never {}).boxed_unsync())
    } else {
        file_body(&content.path, first, length).await
    };
    let body = match body {
        Ok(body) => body,
        Err(error) => {
            tracing::warn!("{} cannot be read: {error}", content.path.display());
            return failure(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", "the blob cannot be read");
        }
    };
    let mut response = Response::builder()
        .status(status)
        .header(CONTENT_TYPE, &content.media_type)
        .header(CONTENT_LENGTH, length)
        .header(ACCEPT_RANGES, "bytes")
        .header(ETAG, format!("\"{}\"", content.digest))
        .header(DIGEST, &content.digest)
        .header(API, "registry/2.0");
    if status == StatusCode::PARTIAL_CONTENT {
        let last = first + length - 1;
        response = response.header(CONTENT_RANGE, format!("bytes {first}-{last}/{}", content.size));
    }
    response.body(body).unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR, ""))
}

async fn file_body(path: &Path, first: u64, length: u64) -> io::Result<Body> {
    let mut file = File::open(path).await?;
    file.set_max_buf_size(PIECE);
    if first > 0 {
        file.seek(io::SeekFrom::Start(first)).await?;
    }
    let pieces = stream::try_unfold((file, length), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let mut piece = Vec::with_capacity(usize::try_from(left).map_or(PIECE, |left| left.min(PIECE)));
        let read = (&mut file).take(left).read_buf(&mut piece).await?;
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter"));
        }
        let left = left - piece.len() as u64;
        Ok(Some((Frame::data(Bytes::from(piece)), (file, left))))
    });
    Ok(StreamBody::new(pieces).boxed_unsync())
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let body = Full::new(Bytes::from_static(text.as_bytes())).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

fn busy() -> Response<Body> {
    failure(StatusCode::SERVICE_UNAVAILABLE, "TOOMANYREQUESTS", "the image cache is busy")
}

fn failure(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let text = format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"}}]}}"#);
    let mut response =
        Response::new(Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    response
}
