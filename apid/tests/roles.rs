//! Who may do what, over the wire: roles of certificates, and everything that must not grant any.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

mod support;

use std::time::{Duration, SystemTime};

use pki::{ExtKeyUsage, profile};
use proto::machine::ResetRequest;
use support::{Cluster, Kind, authority, issue, request};
use tonic::Code;

#[tokio::test]
async fn roles_come_from_the_certificate() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    let mut reader = cluster.client(&node, &["os:reader"]);
    let reply = reader.version(()).await.unwrap().into_inner();
    assert_eq!(reply.messages[0].version.as_ref().unwrap().tag, node.name());
    assert_eq!(node.saw("talos-role"), ["os:reader"]);

    let refused = reader.reset(ResetRequest::default()).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::PermissionDenied, "not authorized"));
    let mut admin = cluster.client(&node, &["os:admin"]);
    let allowed = admin.reset(ResetRequest::default()).await.unwrap_err();
    assert_eq!(allowed.code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_certificate_without_roles_cannot_smuggle_any() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    for roles in [&[][..], &["system:masters"]] {
        let mut nobody = cluster.client(&node, roles);
        for smuggled in [&[][..], &[("talos-role", "os:admin")]] {
            let refused = nobody.version(request((), smuggled)).await.unwrap_err();
            assert_eq!((refused.code(), refused.message()), (Code::PermissionDenied, "not authorized"));
        }
    }
}

#[tokio::test]
async fn named_roles_are_dropped_unless_the_certificate_speaks_for_others() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    let admin = [("talos-role", "os:admin"), ("talos-role", "os:operator")];
    let mut reader = cluster.client(&node, &["os:reader"]);
    reader.version(request((), &admin)).await.unwrap();
    assert_eq!(node.saw("talos-role"), ["os:reader"]);
    let refused = reader.reset(request(ResetRequest::default(), &admin)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);

    let mut impersonator = cluster.client(&node, &["os:impersonator"]);
    impersonator.version(request((), &admin)).await.unwrap();
    assert_eq!(node.saw("talos-role"), ["os:admin", "os:operator"]);
    for nothing in [&[][..], &[("talos-role", "")], &[("talos-role", "nonsense")]] {
        let refused = impersonator.version(request((), nothing)).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{nothing:?}");
    }
}

#[tokio::test]
async fn having_been_forwarded_grants_nothing() {
    let cluster = Cluster::new();
    let (node, other) = (cluster.node(Kind::ControlPlane).await, cluster.node(Kind::Worker).await);
    let mut reader = cluster.client(&node, &["os:reader"]);
    let claims = [("proxyfrom", "10.5.0.2"), ("node", &*other.name()), ("talos-role", "os:admin")];
    let reply = reader.version(request((), &claims)).await.unwrap().into_inner();
    assert_eq!(reply.messages[0].version.as_ref().unwrap().tag, node.name(), "not forwarded again");
    let refused = reader.reset(request(ResetRequest::default(), &claims)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn roles_travel_to_the_node_that_is_asked() {
    let cluster = Cluster::new();
    let (node, other) = (cluster.node(Kind::ControlPlane).await, cluster.node(Kind::Worker).await);
    let to = [("node", &*other.name()), ("talos-role", "os:admin")];
    let mut operator = cluster.client(&node, &["os:reader", "os:operator"]);
    let reply = operator.version(request((), &to)).await.unwrap().into_inner();
    assert_eq!(reply.messages[0].version.as_ref().unwrap().tag, other.name());
    assert_eq!(reply.messages[0].metadata, None);
    assert_eq!(other.saw("talos-role"), ["os:operator", "os:reader"]);
    assert_eq!(other.saw("node"), [""; 0]);

    // The empty set arrives as empty, at the node that decides.
    let mut nobody = cluster.client(&node, &[]);
    let refused = nobody.version(request((), &to)).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::PermissionDenied, "not authorized"));
    assert_eq!(other.machined.seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn clients_that_are_none_get_no_connection() {
    let cluster = Cluster::new();
    let node = cluster.node(Kind::ControlPlane).await;
    let (now, hour) = (SystemTime::now(), Duration::from_secs(3600));
    let mut server = profile::client(["os:admin"], now, hour);
    server.ext_key_usages = vec![ExtKeyUsage::ServerAuth];
    let good = profile::client(["os:admin"], now, hour);
    let expired = profile::client(["os:admin"], now - 2 * hour, hour);
    for (what, identity) in [
        ("no certificate", None),
        ("another CA", Some(issue(&authority(), &good))),
        ("expired", Some(issue(&cluster.ca, &expired))),
        ("server usage", Some(issue(&cluster.ca, &server))),
    ] {
        let refused = cluster.client_with(&node, identity).version(()).await.unwrap_err();
        assert!(matches!(refused.code(), Code::Unavailable | Code::Unknown), "{what}: {refused:?}");
        assert!(node.machined.seen.lock().unwrap().is_empty(), "{what}");
    }
}

#[tokio::test]
async fn in_maintenance_everybody_is_a_reader_of_this_node() {
    let cluster = Cluster::new();
    let (node, other) = (cluster.node(Kind::Maintenance).await, cluster.node(Kind::Worker).await);
    let mut anybody = cluster.client_with(&node, None);
    let claims = [("talos-role", "os:admin"), ("node", &*other.name()), ("node", "b")];
    let reply = anybody.version(request((), &claims)).await.unwrap().into_inner();
    assert_eq!(reply.messages[0].version.as_ref().unwrap().tag, node.name());
    assert_eq!(node.saw("talos-role"), ["os:reader"]);
    let refused = anybody.reset(request(ResetRequest::default(), &claims)).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::PermissionDenied, "not authorized"));
    // One of the five calls that a reader may make in this mode.
    let apply = proto::machine::ApplyConfigurationRequest::default();
    assert_eq!(anybody.apply_configuration(apply).await.unwrap_err().code(), Code::Unimplemented);
}
