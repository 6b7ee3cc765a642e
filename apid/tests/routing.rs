//! Where calls go, over the wire: one node, several, none; and how answers come back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]
#![allow(deprecated, reason = "metadata of answers is deprecated for clients; nodes serve it")]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt as _;
use proto::common::Data;
use proto::machine::LogsRequest;
use support::{Cluster, Kind, Node, request};
use tonic::codec::CompressionEncoding;
use tonic::{Code, Streaming};

fn to(names: &[String]) -> Vec<(&'static str, &str)> {
    names.iter().map(|name| ("nodes", name.as_str())).collect()
}

fn names(nodes: &[&Node]) -> Vec<String> {
    nodes.iter().map(|node| node.name()).collect()
}

/// Node → the lines it sent, and its error if it failed.
async fn by_node(stream: Streaming<Data>) -> BTreeMap<String, (Vec<String>, String)> {
    let mut nodes: BTreeMap<String, (Vec<String>, String)> = BTreeMap::new();
    let messages: Vec<_> = stream.collect().await;
    for message in messages {
        let message = message.unwrap();
        let metadata = message.metadata.unwrap();
        let entry = nodes.entry(metadata.hostname).or_default();
        if metadata.error.is_empty() {
            entry.0.push(String::from_utf8(message.bytes.to_vec()).unwrap());
        } else {
            entry.1 = metadata.error;
        }
    }
    nodes
}

#[tokio::test]
async fn one_node_answers_untouched_and_knows_who_forwarded() {
    let cluster = Cluster::new();
    let (node, other) = (cluster.node(Kind::ControlPlane).await, cluster.node(Kind::ControlPlane).await);
    let mut client = cluster.client(&node, &["os:reader"]);
    let metadata = [("node", &*other.name()), ("x-mine", "kept")];
    let reply = client.version(request((), &metadata)).await.unwrap().into_inner();
    assert_eq!(reply.messages.len(), 1);
    assert_eq!(reply.messages[0].metadata, None);
    assert_eq!(reply.messages[0].version.as_ref().unwrap().tag, other.name());
    assert_eq!(other.saw("x-mine"), ["kept"]);
    assert_eq!(other.saw("proxyfrom").len(), 1);
    assert_eq!(other.saw("node"), [""; 0]);

    let asked = request(LogsRequest::default(), &metadata);
    let lines: Vec<_> = client.logs(asked).await.unwrap().into_inner().collect().await;
    let lines: Vec<_> = lines.into_iter().map(|line| line.unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| line.metadata.is_none()));
}

#[tokio::test]
async fn an_error_of_the_node_arrives_as_it_is() {
    let cluster = Cluster::new();
    let (node, other) = (cluster.node(Kind::ControlPlane).await, cluster.node(Kind::Worker).await);
    *other.machined.failure.lock().unwrap() = Some((Code::AlreadyExists, "50 % \"there\"\nalready".into()));
    let mut client = cluster.client(&node, &["os:reader"]);
    let metadata = [("node", &*other.name())];
    let error = client.version(request((), &metadata)).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::AlreadyExists, "50 % \"there\"\nalready"));
    let error = client.logs(request(LogsRequest::default(), &metadata)).await.unwrap_err();
    assert_eq!(error.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn a_node_that_does_not_exist_is_unavailable() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    let mut client = cluster.client(&node, &["os:reader"]);
    let nobody = cluster.address().to_string();
    let error = client.version(request((), &[("node", &*nobody)])).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    let text = format!(
        "connection error: desc = \"transport: Error while dialing: dial tcp {nobody}:50000: connect: \
         connection refused\""
    );
    assert_eq!(error.message(), text);
}

#[tokio::test]
async fn several_nodes_answer_in_one_reply_with_one_of_them_down() {
    let cluster = Cluster::new();
    let (node, other) = (cluster.node(Kind::ControlPlane).await, cluster.node(Kind::Worker).await);
    let failing = cluster.node(Kind::Worker).await;
    *failing.machined.failure.lock().unwrap() = Some((Code::FailedPrecondition, "not now".into()));
    let down = cluster.address().to_string();
    let mut client = cluster.client(&node, &["os:reader"]);
    let mut targets = names(&[&node, &other, &failing]);
    targets.push(down.clone());
    let reply = client.version(request((), &to(&targets))).await.unwrap().into_inner();
    let by_name: BTreeMap<_, _> = reply
        .messages
        .into_iter()
        .map(|element| (element.metadata.clone().unwrap().hostname, element))
        .collect();
    assert_eq!(by_name.len(), 4);
    for good in [&node, &other] {
        let element = &by_name[&good.name()];
        assert_eq!(element.version.as_ref().unwrap().tag, good.name());
        let metadata = element.metadata.as_ref().unwrap();
        assert_eq!((metadata.error.as_str(), &metadata.status), ("", &None));
    }
    let failed = by_name[&failing.name()].metadata.clone().unwrap();
    assert_eq!(failed.error, "rpc error: code = FailedPrecondition desc = not now");
    assert_eq!((failed.status.unwrap().code, &by_name[&failing.name()].version), (9, &None));
    let failed = by_name[&down].metadata.clone().unwrap();
    assert!(
        failed.error.starts_with("rpc error: code = Unavailable desc = connection error: desc = "),
        "{}",
        failed.error
    );
    assert_eq!(failed.status.unwrap().code, 14);
}

#[tokio::test]
async fn one_entry_in_nodes_is_put_together_too() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    let mut client = cluster.client(&node, &["os:reader"]);
    let targets = names(&[&node]);
    let reply = client.version(request((), &to(&targets))).await.unwrap().into_inner();
    assert_eq!(reply.messages[0].metadata.as_ref().unwrap().hostname, node.name());
    assert_eq!(node.saw("proxyfrom").len(), 0, "to itself without a way over the network");
}

#[tokio::test]
async fn a_refusal_is_the_nodes_element() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    let mut client = cluster.client(&node, &["os:etcd:backup"]);
    let targets = names(&[&node]);
    let reply = client.version(request((), &to(&targets))).await.unwrap().into_inner();
    let metadata = reply.messages[0].metadata.clone().unwrap();
    assert_eq!(metadata.error, "rpc error: code = PermissionDenied desc = not authorized");
}

#[tokio::test]
async fn streams_of_several_nodes_are_marked_message_by_message() {
    let cluster = Cluster::new();
    let (node, other) = (cluster.node(Kind::ControlPlane).await, cluster.node(Kind::Worker).await);
    let failing = cluster.node(Kind::Worker).await;
    *failing.machined.failure.lock().unwrap() = Some((Code::Unknown, "no such log".into()));
    let down = cluster.address().to_string();
    let mut targets = names(&[&node, &other, &failing]);
    targets.push(down.clone());
    let mut client = cluster.client(&node, &["os:reader"]);
    let stream = client.logs(request(LogsRequest::default(), &to(&targets))).await.unwrap().into_inner();
    let by_node = by_node(stream).await;
    assert_eq!(by_node.len(), 4);
    for good in [&node, &other] {
        let lines: Vec<_> = (0..3).map(|n| format!("{}:{n}", good.name())).collect();
        assert_eq!(by_node[&good.name()], (lines, String::new()));
    }
    let failure = (vec![], "rpc error: code = Unknown desc = no such log".to_owned());
    assert_eq!(by_node[&failing.name()], failure);
    assert!(by_node[&down].1.starts_with("rpc error: code = Unavailable desc = "));
}

#[tokio::test]
async fn a_worker_answers_for_itself_only() {
    let cluster = Cluster::new();
    let (worker, other) = (cluster.node(Kind::Worker).await, cluster.node(Kind::Worker).await);
    let mut client = cluster.client(&worker, &["os:admin"]);
    for own in [worker.name(), "self".to_owned(), "SELF".to_owned()] {
        for key in ["node", "nodes"] {
            let reply = client.version(request((), &[(key, &*own)])).await.unwrap().into_inner();
            assert_eq!(reply.messages[0].version.as_ref().unwrap().tag, worker.name());
        }
    }
    let error = client.version(request((), &[("node", &*other.name())])).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::PermissionDenied, "no request forwarding"));
    assert!(other.machined.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn metadata_that_cannot_be_followed_is_refused() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    let mut client = cluster.client(&node, &["os:admin"]);
    for (metadata, code, text) in [
        (&[("node", "a"), ("node", "b")][..], Code::InvalidArgument, "must be given once"),
        (&[("node", "")], Code::Internal, "invalid target"),
        (&[("node", "10.5.0.2:50000")], Code::Internal, "invalid target"),
        (&[("nodes", "a"), ("nodes", "")], Code::Internal, "invalid target"),
    ] {
        let error = client.version(request((), metadata)).await.unwrap_err();
        assert_eq!(error.code(), code, "{metadata:?}");
        assert!(error.message().contains(text), "{error:?}");
    }
    let (mut raw, _) = cluster.raw(&node, &["os:admin"]).await;
    let head = http::Request::builder().method("POST").uri("https://node/cosi.resource.State/Get");
    let head = head.header("te", "trailers").header("nodes", "10.5.0.2").body(()).unwrap();
    let response = raw.send_request(head, true).unwrap().0.await.unwrap();
    assert_eq!(response.headers()["grpc-status"], "3");
    let text = response.headers()["grpc-message"].to_str().unwrap();
    assert!(text.contains("/cosi.resource.State/Get") && text.contains("one-to-many"), "{text}");
}

#[tokio::test]
async fn a_stream_from_the_client_goes_to_one_node() {
    let cluster = Cluster::new();
    let (node, other) = (cluster.node(Kind::ControlPlane).await, cluster.node(Kind::ControlPlane).await);
    let mut client = cluster.client(&node, &["os:admin"]);
    let chunks =
        || futures::stream::iter((0..100).map(|_| Data { bytes: vec![7; 60_000].into(), ..Data::default() }));
    let name = other.name();
    let reply = client.etcd_recover(request(chunks(), &[("nodes", &*name)])).await.unwrap().into_inner();
    assert_eq!(reply.messages[0].metadata.as_ref().unwrap().hostname, name);
    let reply = client.etcd_recover(request(chunks(), &[("node", &*name)])).await.unwrap().into_inner();
    assert_eq!(reply.messages[0].metadata, None);
    let error =
        client.etcd_recover(request(chunks(), &[("nodes", &*name), ("nodes", "b")])).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn compressed_requests_are_accepted_everywhere() {
    let cluster = Cluster::new();
    let (node, other) = (cluster.node(Kind::ControlPlane).await, cluster.node(Kind::Worker).await);
    let mut client = cluster
        .client(&node, &["os:reader"])
        .send_compressed(CompressionEncoding::Gzip)
        .accept_compressed(CompressionEncoding::Gzip);
    let name = other.name();
    for metadata in [&[][..], &[("node", &*name)], &[("nodes", &*name)]] {
        let asked = request(LogsRequest { id: "kubelet".repeat(50), ..Default::default() }, metadata);
        let lines: Vec<_> = client.logs(asked).await.unwrap().into_inner().collect().await;
        assert_eq!(lines.into_iter().filter(Result::is_ok).count(), 3, "{metadata:?}");
        let reply = client.version(request((), metadata)).await.unwrap().into_inner();
        assert!(reply.messages[0].metadata.as_ref().is_none_or(|metadata| metadata.error.is_empty()));
    }
}

#[tokio::test]
async fn pings_do_not_end_a_connection() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    let (mut raw, mut pings) = cluster.raw(&node, &["os:reader"]).await;
    for _ in 0..200 {
        pings.ping(h2::Ping::opaque()).await.unwrap();
    }
    let head = http::Request::builder().method("POST").uri("https://node/machine.MachineService/Version");
    let head = head.header("content-type", "application/grpc").header("te", "trailers").body(()).unwrap();
    let (response, mut body) = raw.send_request(head, false).unwrap();
    body.send_data(bytes::Bytes::from_static(&[0; 5]), true).unwrap();
    let response = tokio::time::timeout(Duration::from_secs(5), response).await.unwrap().unwrap();
    assert!(response.headers().get("grpc-status").is_none());
}
