//! The HTTP side of static pods: an answer waits until there is something new.
//!
//! The kubelet knows of changes only by asking. Here it asks once and is answered when the pods change, so that
//! they start at once and nothing is asked in vain while nothing changes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, watch};
use tokio::time::timeout_at;

/// The list of pods; nothing until it was rendered.
pub type Pods = Option<Bytes>;

/// Longest wait for something new. The kubelet gives up after 10 s (the client of its source `http`).
const HOLD: Duration = Duration::from_secs(8);

/// Pause after accepting failed (no descriptors left).
const AFTER_ERROR: Duration = Duration::from_millis(200);

/// Serves until it is dropped.
pub async fn serve(listener: TcpListener, pods: watch::Receiver<Pods>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, pods.clone()));
            }
            Err(error) => {
                tracing::warn!("serving static pods: {error}");
                tokio::time::sleep(AFTER_ERROR).await;
            }
        }
    }
}

/// Who asks for the first time on a connection is answered at once: a kubelet that starts has to know all pods.
async fn connection(stream: TcpStream, mut pods: watch::Receiver<Pods>) {
    pods.mark_changed();
    let pods = Arc::new(Mutex::new(pods));
    let answer = service_fn(move |_: http::Request<Incoming>| {
        let pods = pods.clone();
        async move { Ok::<_, Infallible>(response(news(&mut *pods.lock().await).await)) }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
    if let Err(error) = connection.await {
        tracing::debug!("a connection for static pods ended: {error}");
    }
}

/// The pods as soon as they are others than before, or as they are after a while.
async fn news(pods: &mut watch::Receiver<Pods>) -> Pods {
    let end = sys::clock::after(HOLD);
    // What was withdrawn is not told: a kubelet that hears of no pods would stop those that run.
    while let Ok(Ok(())) = timeout_at(end, pods.changed()).await {
        let now = pods.borrow_and_update().clone();
        if now.is_some() {
            return now;
        }
    }
    pods.borrow().clone()
}

fn response(pods: Pods) -> Response<Full<Bytes>> {
    let (status, body) = match pods {
        Some(list) => (StatusCode::OK, list),
        None => {
            (StatusCode::INTERNAL_SERVER_ERROR, Bytes::from_static(b"static pods are not rendered yet\n"))
        }
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    fn list(text: &'static str) -> Pods {
        Some(Bytes::from_static(text.as_bytes()))
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_answer_is_immediate_and_the_next_waits_for_a_change() {
        let (sender, mut pods) = watch::channel(list("one"));
        pods.mark_changed();
        let began = Instant::now();
        assert_eq!(news(&mut pods).await, list("one"));
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(news(&mut pods).await, list("one"), "unchanged, after the longest wait");
        assert_eq!(began.elapsed(), HOLD);
        let change = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            sender.send_replace(list("two"));
        };
        let (answer, ()) = tokio::join!(news(&mut pods), change);
        assert_eq!(answer, list("two"));
        assert_eq!(began.elapsed(), HOLD + Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn pods_that_are_not_rendered_are_waited_for_and_then_an_error() {
        let (sender, mut pods) = watch::channel(None);
        pods.mark_changed();
        assert_eq!(news(&mut pods).await, None);
        assert_eq!(response(None).status(), StatusCode::INTERNAL_SERVER_ERROR);
        sender.send_replace(list("one"));
        assert_eq!(news(&mut pods).await, list("one"));
        sender.send_replace(None);
        drop(sender);
        assert_eq!(news(&mut pods).await, None);
    }
}
