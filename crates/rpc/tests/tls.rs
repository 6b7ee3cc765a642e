//! Handshakes over real sockets with throw-away CAs: who is let in, who is not, and what changes while
//! connections are open.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests say bluntly what they expect"
)]

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use pki::{Authority, AuthorityKind, ExtKeyUsage, Leaf, Sans, profile};
use rpc::tls::client::{ClientTls, Trust};
use rpc::tls::dial::{DialError, Target, dial};
use rpc::tls::server::peer_roles;
use rpc::tls::verify::Pin;
use rpc::tls::{Acceptor, CaPool, ClientAuth, ClientStream, Identity, ServerTls};
use rpc::{Role, RoleSet};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::server::TlsStream;

const HOUR: Duration = Duration::from_secs(3600);

fn authority() -> Authority {
    Authority::generate(AuthorityKind::Os, SystemTime::now()).unwrap()
}

fn issue(ca: &Authority, leaf: &Leaf) -> Identity {
    let (certificate, key) = ca.issue_pair(leaf).unwrap().to_pem().unwrap();
    Identity::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap()
}

fn pool(cas: &[&Authority]) -> CaPool {
    let texts: Vec<String> = cas.iter().map(|ca| ca.certificate().to_pem()).collect();
    CaPool::from_pem(texts.iter().map(String::as_bytes)).unwrap()
}

fn server(ca: &Authority) -> Identity {
    issue(ca, &profile::apid_server("node", Sans::new().with_names(["localhost"]), SystemTime::now()))
}

fn client(ca: &Authority, roles: &[&str]) -> Identity {
    issue(ca, &profile::client(roles.iter().copied(), SystemTime::now(), HOUR))
}

/// Dials a server that accepts once, and gives both ends' results. The client reads one byte, because
/// in TLS 1.3 it learns only then that its certificate was refused.
async fn meet(
    acceptor: &Acceptor,
    host: &str,
    tls: &ClientTls,
) -> (io::Result<TlsStream<TcpStream>>, Result<ClientStream, DialError>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let accept = async {
        let mut stream = acceptor.accept(listener.accept().await.unwrap().0).await?;
        stream.write_all(b"x").await?;
        stream.flush().await?;
        Ok(stream)
    };
    let connect = async {
        let mut stream = dial(&Target { host: host.into(), port }, tls.config().unwrap()).await?;
        match stream.read_exact(&mut [0]).await {
            Ok(_) => Ok(stream),
            Err(error) => Err(DialError::handshake(&error)),
        }
    };
    tokio::join!(accept, connect)
}

#[tokio::test]
async fn a_client_of_an_accepted_ca_has_the_roles_of_its_certificate() {
    let ca = authority();
    let other = authority();
    let clients = ClientAuth::Required(pool(&[&other, &ca]));
    let acceptor = Acceptor::new(ServerTls::new(&server(&ca), &clients).unwrap());
    for (roles, expected) in [
        (&["os:admin"][..], RoleSet::of(&[Role::Admin])),
        (&["os:reader", "os:operator", "nonsense"], RoleSet::of(&[Role::Reader, Role::Operator])),
        (&[], RoleSet::EMPTY),
    ] {
        let tls = ClientTls { identity: Some(client(&ca, roles)), trust: Trust::Cas(pool(&[&ca])) };
        let (accepted, connected) = meet(&acceptor, "127.0.0.1", &tls).await;
        connected.unwrap();
        assert_eq!(peer_roles(&accepted.unwrap()), expected);
    }
}

#[tokio::test]
async fn clients_that_are_none_are_refused_in_the_handshake() {
    let (ca, stranger) = (authority(), authority());
    let now = SystemTime::now();
    let acceptor = Acceptor::new(ServerTls::new(&server(&ca), &ClientAuth::Required(pool(&[&ca]))).unwrap());
    let with_usage = |usage: &[ExtKeyUsage]| {
        let mut leaf = profile::client(["os:admin"], now, HOUR);
        leaf.ext_key_usages = usage.to_vec();
        Some(issue(&ca, &leaf))
    };
    let expired = profile::client(["os:admin"], now - 2 * HOUR, HOUR);
    let early = profile::client(["os:admin"], now + HOUR, HOUR);
    let table = [
        ("no certificate", None, "certificate required"),
        ("another CA", Some(client(&stranger, &["os:admin"])), "unknown certificate authority"),
        ("expired", Some(issue(&ca, &expired)), "expired certificate"),
        ("not yet valid", Some(issue(&ca, &early)), "expired certificate"),
        ("server usage", with_usage(&[ExtKeyUsage::ServerAuth]), "certificate"),
        ("both usages", with_usage(&[ExtKeyUsage::ServerAuth, ExtKeyUsage::ClientAuth]), "certificate"),
        ("no usage", with_usage(&[]), "certificate"),
    ];
    for (what, identity, text) in table {
        let tls = ClientTls { identity, trust: Trust::Cas(pool(&[&ca])) };
        let (accepted, connected) = meet(&acceptor, "127.0.0.1", &tls).await;
        assert!(accepted.is_err(), "{what}");
        let error = connected.unwrap_err().to_string();
        assert!(error.contains("remote error: tls: ") && error.contains(text), "{what}: {error}");
    }
}

#[tokio::test]
async fn a_refused_client_that_writes_before_it_reads_is_told_why() {
    let ca = authority();
    let acceptor = Acceptor::new(ServerTls::new(&server(&ca), &ClientAuth::Required(pool(&[&ca]))).unwrap());
    let tls = ClientTls { identity: None, trust: Trust::Cas(pool(&[&ca])) };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let write = async {
        let mut stream = dial(&Target { host: "127.0.0.1".into(), port }, tls.config().unwrap()).await?;
        // Until the connection is found to be broken.
        for pause in [0, 100, 200] {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            let written = stream.write_all(&[0; 100_000]).await;
            if let Err(error) = written {
                return Err(DialError::handshake(&error));
            }
        }
        Ok(())
    };
    let accept = async { acceptor.accept(listener.accept().await.unwrap().0).await };
    let (written, accepted) = tokio::join!(write, accept);
    assert!(accepted.is_err());
    let error = written.unwrap_err().to_string();
    assert!(error.contains("remote error: tls: certificate required"), "{error}");
}

#[tokio::test]
async fn a_server_is_verified_by_ca_and_by_the_name_that_was_dialled() {
    let (ca, stranger) = (authority(), authority());
    let acceptor = Acceptor::new(ServerTls::new(&server(&ca), &ClientAuth::None).unwrap());
    let trusting = |ca| ClientTls { identity: None, trust: Trust::Cas(pool(&[ca])) };
    for host in ["127.0.0.1", "localhost"] {
        meet(&acceptor, host, &trusting(&ca)).await.1.unwrap();
    }
    let unknown = meet(&acceptor, "127.0.0.1", &trusting(&stranger)).await.1.unwrap_err().to_string();
    assert!(unknown.ends_with("x509: certificate signed by unknown authority\""), "{unknown}");

    let elsewhere = profile::apid_server("node", Sans::new().with_names(["elsewhere"]), SystemTime::now());
    let acceptor = Acceptor::new(ServerTls::new(&issue(&ca, &elsewhere), &ClientAuth::None).unwrap());
    let wrong = meet(&acceptor, "localhost", &trusting(&ca)).await.1.unwrap_err().to_string();
    assert!(wrong.contains("tls: failed to verify certificate: x509: "), "{wrong}");
}

#[tokio::test]
async fn without_trust_a_fingerprint_decides_if_there_is_one() {
    let ca = authority();
    let pair = ca.issue_pair(&profile::maintenance_server(Sans::new(), SystemTime::now())).unwrap();
    let (certificate, key) = pair.to_pem().unwrap();
    let identity = Identity::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
    let acceptor = Acceptor::new(ServerTls::new(&identity, &ClientAuth::None).unwrap());
    let pin = Pin::of(&pair.certificate.to_rustls()).unwrap();
    let other = Pin::of(&ca.certificate().to_rustls()).unwrap();
    assert_eq!(pin.to_string().parse::<Pin>().unwrap(), pin);
    for (pins, accepted) in [(vec![], true), (vec![other, pin], true), (vec![other], false)] {
        let tls = ClientTls { identity: None, trust: Trust::Insecure(pins) };
        let (at_server, at_client) = meet(&acceptor, "127.0.0.1", &tls).await;
        assert_eq!(at_client.is_ok(), accepted);
        assert!(at_server.map_or(true, |stream| peer_roles(&stream).is_empty()));
    }
    assert!("short".parse::<Pin>().is_err());
}

#[tokio::test]
async fn a_reload_changes_the_next_handshake_and_no_open_connection() {
    let (old, new) = (authority(), authority());
    let acceptor =
        Acceptor::new(ServerTls::new(&server(&old), &ClientAuth::Required(pool(&[&old]))).unwrap());
    let tls_old = ClientTls { identity: Some(client(&old, &["os:admin"])), trust: Trust::Cas(pool(&[&old])) };
    let tls_new = ClientTls { identity: Some(client(&new, &["os:admin"])), trust: Trust::Cas(pool(&[&new])) };
    let (mut at_server, mut at_client) = {
        let (at_server, at_client) = meet(&acceptor, "127.0.0.1", &tls_old).await;
        (at_server.unwrap(), at_client.unwrap())
    };
    acceptor.reload(ServerTls::new(&server(&new), &ClientAuth::Required(pool(&[&new]))).unwrap());

    meet(&acceptor, "127.0.0.1", &tls_new).await.1.unwrap();
    assert!(meet(&acceptor, "127.0.0.1", &tls_old).await.1.is_err());

    at_server.write_all(b"still here").await.unwrap();
    at_server.flush().await.unwrap();
    let mut text = [0; 10];
    at_client.read_exact(&mut text).await.unwrap();
    assert_eq!(&text, b"still here");
}

#[tokio::test]
async fn only_version_1_3_without_tickets_and_h2_is_spoken() {
    let ca = authority();
    let server = ServerTls::new(&server(&ca), &ClientAuth::None).unwrap();
    let used = server.config();
    assert_eq!((used.send_tls13_tickets, used.alpn_protocols.clone()), (0, vec![b"h2".to_vec()]));
    let acceptor = Acceptor::new(server);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let old =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS12])
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
    let connect = async {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = "localhost".try_into().unwrap();
        tokio_rustls::TlsConnector::from(Arc::new(old)).connect(name, stream).await
    };
    let accept = async { acceptor.accept(listener.accept().await.unwrap().0).await };
    let (accepted, connected) = tokio::join!(accept, connect);
    assert!(accepted.is_err());
    assert!(connected.unwrap_err().to_string().contains("ProtocolVersion"));
}
