//! What goes wrong on the way, over the wire: too much of everything, streams that are cut, processes
//! that are gone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

mod support;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt as _;
use prost::Message as _;
use proto::machine::LogsRequest;
use support::{Cluster, Kind, Node, request};
use tonic::Code;

async fn until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(10), "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn follow() -> LogsRequest {
    LogsRequest { follow: true, ..LogsRequest::default() }
}

#[tokio::test]
async fn a_mebibyte_of_metadata_is_served_and_more_refused_without_harm() {
    let cluster = Cluster::new();
    let (node, other) = (cluster.node(Kind::ControlPlane).await, cluster.node(Kind::Worker).await);
    let mut client = cluster.client(&node, &["os:reader"]);
    let big = "x".repeat(64 * 1024);
    let name = other.name();
    for target in [None, Some(("node", &*name)), Some(("nodes", &*name))] {
        let mut metadata: Vec<_> = (0..16).map(|_| ("x-big", &*big)).collect();
        metadata.extend(target);
        client.version(request((), &metadata)).await.unwrap();
    }
    assert_eq!(other.saw("x-big").len(), 16);
    let metadata: Vec<_> = (0..40).map(|_| ("x-big", &*big)).collect();
    client.version(request((), &metadata)).await.unwrap_err();
    client.version(()).await.unwrap();
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_at_its_first_bytes() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    let name = node.name();
    let (mut raw, _) = cluster.raw(&node, &["os:admin"]).await;
    for target in [None, Some(("node", &*name)), Some(("nodes", &*name))] {
        let head = http::Request::builder().method("POST").uri("https://n/machine.MachineService/Version");
        let mut head =
            head.header("content-type", "application/grpc").header("te", "trailers").body(()).unwrap();
        if let Some((key, value)) = target {
            head.headers_mut().insert(key, value.parse().unwrap());
        }
        let (response, mut body) = raw.send_request(head, false).unwrap();
        body.send_data(Bytes::from_static(&[0, 2, 0, 0, 1, 9, 9, 9]), false).unwrap();
        let response = response.await.unwrap();
        assert_eq!(response.headers()["grpc-status"], "8", "{target:?}");
        let text = response.headers()["grpc-message"].to_str().unwrap();
        // What goes to several nodes is held here, and a method like this one has nothing to send.
        let limit = if target.is_some_and(|(key, _)| key == "nodes") { 65536 } else { 33554432 };
        assert_eq!(text, format!("grpc: received message larger than max (33554433 vs. {limit})"));
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_ends_with_a_status() {
    let cluster = Cluster::new();
    let (node, mut other) = (cluster.node(Kind::ControlPlane).await, cluster.node(Kind::Worker).await);
    let mut client = cluster.client(&node, &["os:reader"]);
    let name = other.name();
    let mut one = client.logs(request(follow(), &[("node", &*name)])).await.unwrap().into_inner();
    let mut many = client.logs(request(follow(), &[("nodes", &*name)])).await.unwrap().into_inner();
    for _ in 0..3 {
        one.next().await.unwrap().unwrap();
        many.next().await.unwrap().unwrap();
    }
    other.stop_machined().await;
    let error = one.next().await.unwrap().unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error:?}");
    #[allow(deprecated, reason = "older clients read it")]
    let failed = many.next().await.unwrap().unwrap().metadata.unwrap();
    #[allow(deprecated, reason = "older clients read it")]
    let text = failed.error;
    assert!(text.starts_with("rpc error: code = Unavailable desc = "), "{text}");
    assert!(many.next().await.is_none(), "the call itself ends well");
}

#[tokio::test]
async fn a_client_that_goes_away_ends_the_call_at_the_node() {
    let cluster = Cluster::new();
    let (node, other) = (cluster.node(Kind::ControlPlane).await, cluster.node(Kind::Worker).await);
    let mut client = cluster.client(&node, &["os:reader"]);
    let (here, there) = (node.name(), other.name());
    let following = |node: &Node| node.machined.following.load(Ordering::SeqCst);
    for metadata in [&[][..], &[("node", &*there)], &[("nodes", &*here), ("nodes", &*there)]] {
        let mut stream = client.logs(request(follow(), metadata)).await.unwrap().into_inner();
        stream.next().await.unwrap().unwrap();
        until("the call reached the nodes", || following(&node) + following(&other) >= metadata.len().max(1))
            .await;
        drop(stream);
        until("the call ended at the nodes", || following(&node) + following(&other) == 0).await;
    }
    // The same when the whole connection goes.
    let mut stream = client.logs(follow()).await.unwrap().into_inner();
    stream.next().await.unwrap().unwrap();
    drop((stream, client));
    until("the call ended with the connection", || following(&node) == 0).await;
}

#[tokio::test]
async fn a_machined_that_is_away_is_unavailable_until_it_is_back() {
    let cluster = Cluster::new();
    let mut node = cluster.node(Kind::ControlPlane).await;
    let mut client = cluster.client(&node, &["os:reader"]);
    client.version(()).await.unwrap();
    node.stop_machined().await;
    let mut last = String::new();
    for _ in 0..3 {
        let error = client.version(()).await.unwrap_err();
        assert_eq!(error.code(), Code::Unavailable);
        last = error.message().to_owned();
    }
    assert!(last.contains("transport: Error while dialing: dial unix /"), "{last}");
    node.start_machined();
    client.version(()).await.unwrap();
}

#[tokio::test]
async fn a_slow_reader_holds_up_nobody_else() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    let mut client = cluster.client(&node, &["os:admin"]);
    // Nothing is ever sent on these, nor read from their answers.
    let mut idle = Vec::new();
    for _ in 0..100 {
        let endless = futures::stream::pending::<proto::common::Data>();
        let mut client = client.clone();
        idle.push(tokio::spawn(async move { client.etcd_recover(endless).await.map(|_| ()) }));
    }
    until("the calls are under way", || node.machined.seen.lock().unwrap().len() == 100).await;
    client.version(()).await.unwrap();
    for call in idle {
        call.abort();
    }
}

#[tokio::test]
async fn streams_that_nobody_reads_hold_up_nobody_else() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    let mut client = cluster.client(&node, &["os:reader"]);
    let mut steady = client.logs(follow()).await.unwrap().into_inner();
    for _ in 0..3 {
        steady.next().await.unwrap().unwrap();
    }
    let (mut raw, _) = cluster.raw(&node, &["os:reader"]).await;
    let asked = LogsRequest { tail_lines: 1, ..LogsRequest::default() }.encode_to_vec();
    let mut framed = vec![0, 0, 0, 0, u8::try_from(asked.len()).unwrap()];
    framed.extend(asked);
    let mut unread = Vec::new();
    for _ in 0..100 {
        let head = http::Request::builder().method("POST").uri("https://n/machine.MachineService/Logs");
        let head = head.header("content-type", "application/grpc").header("te", "trailers").body(()).unwrap();
        let (response, mut body) = raw.send_request(head, false).unwrap();
        body.send_data(framed.clone().into(), true).unwrap();
        unread.push(response.await.unwrap());
    }
    // Many small frames wait in the gateway now; the others do not notice.
    for _ in 0..20 {
        client.version(()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(futures::poll!(steady.next()).is_pending());
}

#[tokio::test]
async fn calls_that_are_given_up_again_and_again_hurt_nobody_else() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    let mut steady_client = cluster.client(&node, &["os:reader"]);
    let mut steady = steady_client.logs(follow()).await.unwrap().into_inner();
    for _ in 0..3 {
        steady.next().await.unwrap().unwrap();
    }
    let mut client = cluster.client(&node, &["os:reader"]);
    for _ in 0..100 {
        let endless = LogsRequest { tail_lines: 1, ..LogsRequest::default() };
        // Clients give up on connections that break too often; this one has only itself to blame.
        let Ok(stream) = client.logs(endless).await else { continue };
        let _ = stream.into_inner().next().await;
    }
    let now = futures::poll!(steady.next());
    assert!(now.is_pending(), "{now:?}");
    steady_client.version(()).await.unwrap();
}

#[tokio::test]
async fn calls_under_way_finish_when_the_listener_stops() {
    let cluster = Cluster::new();
    let mut node = cluster.node(Kind::ControlPlane).await;
    let mut client = cluster.client(&node, &["os:reader"]);
    let mut stream = client.logs(follow()).await.unwrap().into_inner();
    for _ in 0..3 {
        stream.next().await.unwrap().unwrap();
    }
    let drain = node.listening.take().unwrap().stop().await;
    // Those who come now are refused at once.
    let mut late = cluster.client(&node, &["os:reader"]);
    let start = Instant::now();
    late.version(()).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(2));
    assert!(futures::poll!(stream.next()).is_pending(), "the call under way goes on");
    drop(stream);
    let finished = tokio::time::timeout(Duration::from_secs(5), drain.finish());
    finished.await.expect("an idle connection does not hold the drain up");
}
