//! The listening side.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use super::Layout;
use super::crowd::{Crowd, Moving};
use super::response::respond;
use crate::blocking::Pool;
use crate::logs::Log;

/// Connections served at once; for a further one the one that stands still goes. The runtime opens a handful for
/// each pull.
const CONNECTIONS: usize = 64;
/// How long a connection may take to say what it wants.
const HEADERS: Duration = Duration::from_secs(30);
/// Bytes of what it says.
const BUFFER: usize = 16 * 1024;
/// Look-ups of images at a time.
const LOOKS: usize = 8;

/// Serves `layout` on `listener` until dropped; tells `log` who pulls what.
pub async fn serve(listener: TcpListener, layout: Arc<Layout>, log: Log) {
    let crowd = Crowd::new(CONNECTIONS);
    let looks = Pool::new("look-ups of images", LOOKS);
    let mut connections = tokio::task::JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of descriptors or memory: a pause lets others finish.
                tracing::warn!("the image cache cannot accept a connection: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (membership, ended) = crowd.join();
        let (layout, looks, log) = (Arc::clone(&layout), looks.clone(), log.clone());
        connections.spawn(async move {
            let service = service_fn(|request| {
                let (layout, looks, log) = (Arc::clone(&layout), looks.clone(), log.clone());
                async move {
                    let response = respond(&layout, &looks, &request).await;
                    if request.uri().path() != "/healthz" {
                        let (method, uri) = (request.method(), request.uri());
                        log.line(&format!("{method} {uri}: {}", response.status().as_u16()));
                    }
                    Ok::<_, Infallible>(response)
                }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS)
                .max_buf_size(BUFFER)
                .serve_connection(TokioIo::new(Moving { stream, membership }), service);
            tokio::select! {
                done = connection => if let Err(error) = done {
                    tracing::debug!("a connection to the image cache ended: {error}");
                },
                _ = ended => tracing::debug!("a connection to the image cache stood still: it made room for another"),
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::tests::{name, put};
    use super::*;
    use std::net::SocketAddr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    async fn start(folder: &std::path::Path) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, Arc::new(Layout::new([folder.to_path_buf()])), Log::default()));
        address
    }

    async fn ask(address: SocketAddr, request: &str) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("{request}\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        (String::from_utf8(answer[..end].to_vec()).unwrap(), answer[end + 4..].to_vec())
    }

    #[tokio::test]
    async fn an_image_can_be_pulled_in_parts_and_what_is_not_there_is_not_found() {
        let folder = tempfile::tempdir().unwrap();
        let layer: Vec<u8> = (0..400_000_u32).map(|i| (i % 251) as u8).collect();
        let blob = put(folder.path(), &layer);
        let manifest = put(folder.path(), br#"{"schemaVersion":2}"#);
        name(folder.path(), "registry.k8s.io/etcd:3.7.1", &manifest);
        let address = start(folder.path()).await;

        let (head, body) = ask(address, "GET /v2/etcd/manifests/3.7.1?ns=registry.k8s.io HTTP/1.1").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.contains(&format!("docker-content-digest: {manifest}")), "{head}");
        assert_eq!(body, br#"{"schemaVersion":2}"#);

        let (head, body) = ask(address, "HEAD /v2/etcd/manifests/3.7.1?ns=registry.k8s.io HTTP/1.1").await;
        assert!(head.contains("content-length: 19") && body.is_empty(), "{head}");

        let (head, body) =
            ask(address, &format!("GET /v2/etcd/blobs/{blob}?ns=registry.k8s.io HTTP/1.1")).await;
        assert!(head.contains("content-length: 400000"), "{head}");
        assert!(body == layer);

        let range = format!("GET /v2/etcd/blobs/{blob} HTTP/1.1\r\nRange: bytes=399990-");
        let (head, body) = ask(address, &range).await;
        assert!(head.starts_with("HTTP/1.1 206") && head.contains("bytes 399990-399999/400000"), "{head}");
        assert_eq!(body, layer[399_990..]);

        for (request, status) in [
            ("GET /v2/etcd/manifests/9?ns=registry.k8s.io HTTP/1.1", "404"),
            ("GET /v2/etcd/manifests/3.7.1?ns=docker.io HTTP/1.1", "404"),
            ("POST /v2/etcd/blobs/uploads/ HTTP/1.1", "405"),
            ("GET /v2/ HTTP/1.1", "200"),
            ("GET /healthz HTTP/1.1", "200"),
        ] {
            let (head, _) = ask(address, request).await;
            assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {head}");
        }
    }

    #[tokio::test]
    async fn whoever_connects_and_does_nothing_makes_room_for_whoever_wants_something() {
        let folder = tempfile::tempdir().unwrap();
        let address = start(folder.path()).await;
        let mut idle = Vec::new();
        let mut answered = 0;
        for round in 0..300 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            // Some say half of what they want.
            if round % 2 == 0 {
                stream.write_all(b"GET /v2/ HTTP/1.1\r\n").await.unwrap();
            }
            idle.push(stream);
            if round % 10 == 0 {
                let (head, _) = ask(address, "GET /healthz HTTP/1.1").await;
                answered += usize::from(head.starts_with("HTTP/1.1 200"));
            }
        }
        assert_eq!(answered, 30);
        eprintln!("{answered} of 30 answered beside {} idle connections", idle.len());
    }

    #[tokio::test]
    async fn requests_of_every_kind_are_answered_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let address = start(folder.path()).await;
        let long = format!("GET /v2/{} HTTP/1.1", "a/".repeat(3000));
        let mut held = 0;
        for request in [
            "GET /v2/../../etc/passwd HTTP/1.1",
            "GET /v2/x/blobs/sha256:..%2f..%2fetc HTTP/1.1",
            "GET /v2/x/manifests/..?ns=../../.. HTTP/1.1",
            "PUT /v2/x/manifests/1 HTTP/1.1",
            &long,
        ] {
            let (head, _) = ask(address, request).await;
            assert!(head.starts_with("HTTP/1.1 4"), "{request}: {head}");
            held += 1;
        }
        eprintln!("{held} requests held");
    }
}
