//! Clients that want too much, over the wire: each attack is bounded, and somebody else is served meanwhile.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]
#![allow(deprecated, reason = "metadata of answers is deprecated for clients; nodes serve it")]

mod support;

use std::time::{Duration, Instant, SystemTime};

use futures::StreamExt as _;
use http::{HeaderName, HeaderValue};
use pki::profile;
use proto::machine::LogsRequest;
use rpc::tls::client::{ClientTls, Trust};
use rpc::tls::dial::{API_PORT, Target, dial};
use support::{Client, Cluster, Kind, Node, issue, request};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tonic::{Code, Streaming};

fn follow() -> LogsRequest {
    LogsRequest { follow: true, ..LogsRequest::default() }
}

/// Calls that follow for ever, as many as are let in, and how the first one that was not was refused.
async fn flood(
    clients: &mut [Client],
    calls: usize,
    metadata: &[(&'static str, &str)],
) -> (Vec<Streaming<proto::common::Data>>, Option<Code>) {
    let (mut held, mut refused) = (Vec::new(), None);
    for client in clients {
        for _ in 0..calls {
            match tokio::time::timeout(Duration::from_secs(2), client.logs(request(follow(), metadata))).await
            {
                Ok(Ok(stream)) => held.push(stream.into_inner()),
                Ok(Err(status)) => {
                    refused = refused.or(Some(status.code()));
                    break;
                }
                Err(_) => break,
            }
        }
    }
    (held, refused)
}

#[tokio::test]
async fn one_caller_does_not_take_all_calls() {
    let cluster = Cluster::new();
    let (node, other) = (cluster.node(Kind::ControlPlane).await, cluster.node(Kind::Worker).await);
    let reader = cluster.identity(&["os:reader"]);
    let mut greedy: Vec<_> = (0..3).map(|_| cluster.client_with(&node, Some(reader.clone()))).collect();
    let (held, refused) = flood(&mut greedy, 250, &[]).await;
    println!("calls of one reader that were under way: {}", held.len());
    assert_eq!((held.len(), refused), (256, Some(Code::ResourceExhausted)));
    for roles in ["os:reader", "os:admin"] {
        cluster.client(&node, &[roles]).version(()).await.unwrap();
    }
    // The same to another node, whose connection is shared.
    drop(held);
    let name = other.name();
    let (held, refused) = flood(&mut greedy[..1], 250, &[("node", &*name)]).await;
    println!("calls of one reader to one other node: {}", held.len());
    assert_eq!((held.len(), refused), (64, Some(Code::ResourceExhausted)));
    for roles in ["os:reader", "os:admin"] {
        cluster.client(&node, &[roles]).version(request((), &[("node", &*name)])).await.unwrap();
    }
}

async fn eventually<T, F: Future<Output = Result<T, tonic::Status>>>(
    what: &str,
    mut call: impl FnMut() -> F,
) -> T {
    let start = Instant::now();
    loop {
        match call().await {
            Ok(answer) => return answer,
            Err(error) => assert!(start.elapsed() < Duration::from_secs(8), "{what}: {error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// How many of these connections have not been ended by the node.
async fn open<S: tokio::io::AsyncRead + Unpin>(connections: &mut [S]) -> usize {
    let mut open = 0;
    for connection in connections {
        loop {
            match tokio::time::timeout(Duration::from_millis(5), connection.read(&mut [0; 64])).await {
                Err(_) => {
                    open += 1;
                    break;
                }
                // What a server says first.
                Ok(Ok(read)) if read > 0 => {}
                Ok(_) => break,
            }
        }
    }
    open
}

#[tokio::test]
async fn bare_connections_of_one_address_keep_nobody_out() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    let mut bare = Vec::new();
    for _ in 0..600 {
        bare.push(TcpStream::connect((node.address, API_PORT)).await.unwrap());
    }
    eventually("an administrator is served", || async {
        cluster.client(&node, &["os:admin"]).version(()).await
    })
    .await;
    let held = open(&mut bare).await;
    println!("bare connections of one address that were held: {held}");
    assert!(held <= 64, "{held}");
    // Nobody waits for a handshake that does not begin.
    tokio::time::sleep(rpc::limits::CLIENT_HELLO + Duration::from_secs(1)).await;
    assert_eq!(open(&mut bare).await, 0);
}

#[tokio::test]
async fn idle_connections_of_one_certificate_go_for_those_of_others() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    let tls =
        |identity| ClientTls { identity: Some(identity), trust: Trust::Cas(support::pool(&cluster.ca)) };
    let reader = tls(cluster.identity(&["os:reader"])).config().unwrap();
    let target = Target { host: node.name(), port: API_PORT };
    let mut busy = cluster.client(&node, &["os:operator"]);
    let mut kept = busy.logs(follow()).await.unwrap().into_inner();
    for _ in 0..3 {
        kept.next().await.unwrap().unwrap();
    }
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(dial(&target, reader.clone()).await.unwrap());
    }
    cluster.client(&node, &["os:reader"]).version(()).await.unwrap();
    let held = open(&mut idle).await;
    println!("idle connections of one certificate that were held: {held}");
    assert!((1..=64).contains(&held), "{held}");
    assert!(futures::poll!(kept.next()).is_pending(), "what is under way goes on");
}

fn seen(nodes: &[&Node]) -> usize {
    nodes.iter().map(|node| node.machined.seen.lock().unwrap().len()).sum()
}

#[tokio::test]
async fn nobody_is_connected_to_for_a_caller_who_may_not_call() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    // Whoever connects here is counted.
    let target = cluster.address();
    let listener = rpc::tls::listen::bind((target, API_PORT).into()).unwrap();
    let mut nobody = cluster.client(&node, &[]);
    let names: Vec<String> = (0..1000).map(|n| format!("{target}{}", ".".repeat(n % 2))).collect();
    let metadata: Vec<_> = names.iter().map(|name| ("nodes", name.as_str())).collect();
    let reply = nobody.version(request((), &metadata)).await.unwrap().into_inner();
    let errors: Vec<_> =
        reply.messages.iter().map(|element| element.metadata.as_ref().unwrap().error.clone()).collect();
    assert_eq!(errors, vec!["rpc error: code = PermissionDenied desc = not authorized"; 2], "each once");
    let refused = nobody.version(request((), &[("node", &*target.to_string())])).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::PermissionDenied, "not authorized"));
    let came = tokio::time::timeout(Duration::from_millis(200), listener.accept()).await.is_ok();
    println!("connections for a caller without roles: {}", usize::from(came));
    assert!(!came);
}

#[tokio::test]
async fn a_node_that_is_named_a_thousand_times_is_asked_once() {
    let cluster = Cluster::new();
    let (node, other) = (cluster.node(Kind::ControlPlane).await, cluster.node(Kind::Worker).await);
    let name = other.name();
    let metadata: Vec<_> = (0..1000).map(|_| ("nodes", name.as_str())).collect();
    let mut reader = cluster.client(&node, &["os:reader"]);
    let reply = reader.version(request((), &metadata)).await.unwrap().into_inner();
    println!("calls for a node that was named 1000 times: {}", seen(&[&other]));
    assert_eq!((reply.messages.len(), seen(&[&other])), (1, 1));
}

#[tokio::test]
async fn answers_of_all_nodes_together_are_no_larger_than_one_message() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    let others = [cluster.node(Kind::Worker).await, cluster.node(Kind::Worker).await];
    for node in others.iter().chain([&node]) {
        node.machined.padding.store(14 << 20, std::sync::atomic::Ordering::SeqCst);
    }
    let names: Vec<String> = others.iter().chain([&node]).map(Node::name).collect();
    let metadata: Vec<_> = names.iter().map(|name| ("nodes", name.as_str())).collect();
    let mut reader = cluster.client(&node, &["os:reader"]);
    let reply = reader.version(request((), &metadata)).await.unwrap().into_inner();
    let errors: Vec<_> =
        reply.messages.iter().map(|element| element.metadata.as_ref().unwrap().error.as_str()).collect();
    let whole = errors.iter().filter(|error| error.is_empty()).count();
    println!("answers of 14 MiB of 3 nodes that were held: {whole}");
    assert!((1..=2).contains(&whole), "{errors:?}");
    let refused = "rpc error: code = ResourceExhausted desc = grpc: received message larger than max (";
    assert!(errors.iter().all(|error| error.is_empty() || error.starts_with(refused)), "{errors:?}");
    // What the call held is given back.
    for node in others.iter().chain([&node]) {
        node.machined.padding.store(0, std::sync::atomic::Ordering::SeqCst);
    }
    let reply = reader.version(request((), &metadata)).await.unwrap().into_inner();
    assert!(reply.messages.iter().all(|element| element.metadata.as_ref().unwrap().error.is_empty()));
}

#[tokio::test]
async fn metadata_of_ten_thousand_kinds_is_refused_and_the_node_goes_on() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    let (mut raw, _) = cluster.raw(&node, &["os:reader"]).await;
    // As many as a map of headers can hold, and one more than are taken.
    for (names, status) in [(24_570, "8"), (257, "8"), (200, "")] {
        let head = http::Request::builder().method("POST").uri("https://n/machine.MachineService/Version");
        let mut head =
            head.header("content-type", "application/grpc").header("te", "trailers").body(()).unwrap();
        for n in 0..names {
            let name = HeaderName::from_bytes(format!("a{n}").as_bytes()).unwrap();
            head.headers_mut().insert(name, HeaderValue::from_static(""));
        }
        let mut sender = raw.clone().ready().await.unwrap();
        let (response, mut body) = sender.send_request(head, false).unwrap();
        let _ = body.send_data(bytes::Bytes::from_static(&[0; 5]), true);
        let response = response.await.unwrap();
        let given = response.headers().get("grpc-status").map_or("", |status| status.to_str().unwrap());
        assert_eq!(given, status, "{names} names");
    }
    println!("kinds of metadata that were taken: 256 of 24570");
    raw = raw.ready().await.unwrap();
    drop(raw);
    cluster.client(&node, &["os:reader"]).version(()).await.unwrap();
}

#[tokio::test]
async fn a_call_ends_when_the_time_that_its_caller_gave_is_over() {
    let cluster = Cluster::new();
    let (node, other) = (cluster.node(Kind::ControlPlane).await, cluster.node(Kind::Worker).await);
    let (here, there) = (node.name(), other.name());
    let mut reader = cluster.client(&node, &["os:reader"]);
    for target in [&[][..], &[("node", &*there)], &[("nodes", &*here), ("nodes", &*there)]] {
        let mut metadata = vec![("grpc-timeout", "300m")];
        metadata.extend(target);
        let mut stream = reader.logs(request(follow(), &metadata)).await.unwrap().into_inner();
        let last = loop {
            match stream.next().await {
                Some(Ok(_)) => {}
                other => break other,
            }
        };
        assert_eq!(last.unwrap().unwrap_err().code(), Code::DeadlineExceeded, "{target:?}");
    }
    assert_eq!(other.saw("grpc-timeout"), ["300m"], "it is passed on");
}

#[tokio::test]
async fn a_certificate_that_expires_or_is_no_longer_accepted_ends_its_connection() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    let leaf = profile::client(["os:admin"], SystemTime::now(), Duration::from_secs(3));
    let mut short = cluster.client_with(&node, Some(issue(&cluster.ca, &leaf)));
    let mut stream = short.logs(follow()).await.unwrap().into_inner();
    let mut steady = cluster.client(&node, &["os:admin"]).logs(follow()).await.unwrap().into_inner();
    for _ in 0..3 {
        stream.next().await.unwrap().unwrap();
        steady.next().await.unwrap().unwrap();
    }
    // Calls under way may finish for a while, and this one never does.
    let ended = tokio::time::timeout(rpc::limits::DRAIN + Duration::from_secs(10), stream.next()).await;
    assert!(!matches!(ended.expect("its connection ends"), Some(Ok(_))));
    short.version(()).await.unwrap_err();
    assert!(futures::poll!(steady.next()).is_pending(), "others go on");

    let stranger = support::authority();
    node.accept_only(&cluster, &stranger);
    let ended = tokio::time::timeout(Duration::from_secs(5), steady.next()).await;
    assert!(!matches!(ended.expect("its connection ends"), Some(Ok(_))));
}
