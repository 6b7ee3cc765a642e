//! Forwards the cluster endpoint's ports to control planes that live.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep, timeout};

use crate::local::error::{Error, Result};

/// Kubernetes API, apid, trustd (contract api.md 1.1, os.md 1.3).
pub(super) const PORTS: [u16; 3] = [6443, 50000, 50001];
/// Connections a port forwards at once; further callers wait.
const MOST: usize = 1024;
/// How long a control plane may take to accept before the next one is tried.
const CONNECT: Duration = Duration::from_secs(2);
/// How long a caller is held while no control plane accepts, and the pause between attempts for it. Kubernetes and
/// nodes that join come back later and later after each refusal; Go's clients give up a handshake after 10 s. People
/// at apid are told at once.
const HOLD: (Duration, Duration) = (Duration::from_secs(8), Duration::from_millis(100));
/// The port of apid.
const APID: u16 = 50000;
/// Bytes on their way in each direction of a connection.
const BUFFER: usize = 16 * 1024;

/// Starts to forward `gateway:port` to the same port of whoever is in `targets`.
pub(super) async fn listen(
    gateway: Ipv4Addr,
    port: u16,
    targets: watch::Receiver<Vec<Ipv4Addr>>,
) -> Result<()> {
    let address = SocketAddrV4::new(gateway, port);
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| Error::network(format!("listen on the cluster endpoint {address}"), error))?;
    tokio::spawn(serve(listener, targets, port));
    Ok(())
}

async fn serve(listener: TcpListener, targets: watch::Receiver<Vec<Ipv4Addr>>, port: u16) {
    let room = Arc::new(Semaphore::new(MOST));
    let hold = if port == APID { Duration::ZERO } else { HOLD.0 };
    let mut turn = 0usize;
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let (client, caller) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, most likely: others have to end first.
                tracing::warn!(%error, port, "could not accept a connection to the endpoint");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        turn = turn.wrapping_add(1);
        let targets = targets.clone();
        tokio::spawn(async move {
            let order = || rotated(&targets.borrow(), turn, caller.ip());
            forward(client, order, port, hold).await;
            drop(permit);
        });
    }
}

/// All targets, each connection beginning with another one. A control plane that calls wants the others: it
/// comes last itself.
fn rotated(targets: &[Ipv4Addr], turn: usize, caller: IpAddr) -> Vec<Ipv4Addr> {
    let mut order = targets.to_vec();
    if !order.is_empty() {
        order.rotate_left(turn % targets.len());
    }
    order.sort_by_key(|target| caller == IpAddr::V4(*target));
    order
}

async fn forward(mut client: TcpStream, order: impl Fn() -> Vec<Ipv4Addr>, port: u16, hold: Duration) {
    let Some(mut server) = held(&client, order, port, hold).await else {
        // Nobody lives there: a reset tells the caller sooner than a close would.
        _ = client.set_zero_linger();
        return;
    };
    _ = client.set_nodelay(true);
    _ = server.set_nodelay(true);
    // An error is one side's reset; the other side sees its connection end.
    _ = tokio::io::copy_bidirectional_with_sizes(&mut client, &mut server, BUFFER, BUFFER).await;
}

/// Connects, again and again for a while, as long as the client stays.
async fn held(
    client: &TcpStream,
    order: impl Fn() -> Vec<Ipv4Addr>,
    port: u16,
    hold: Duration,
) -> Option<TcpStream> {
    let end = Instant::now() + hold;
    loop {
        if let Some(server) = connect(order(), port).await {
            return Some(server);
        }
        if Instant::now() >= end {
            return None;
        }
        match timeout(HOLD.1, client.peek(&mut [0; 1])).await {
            Ok(Ok(0) | Err(_)) => return None,
            // Clients of TLS speak first: what they said stays where it is.
            Ok(Ok(_)) => sleep(HOLD.1).await,
            Err(_) => {}
        }
    }
}

async fn connect(targets: Vec<Ipv4Addr>, port: u16) -> Option<TcpStream> {
    for target in targets {
        let address = SocketAddr::from((target, port));
        if let Ok(Ok(server)) = timeout(CONNECT, TcpStream::connect(address)).await {
            return Some(server);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[test]
    fn each_connection_begins_with_another_control_plane() {
        let all: Vec<Ipv4Addr> = (1..=3).map(|last| Ipv4Addr::new(10, 5, 0, last)).collect();
        let firsts = |caller: &str| -> Vec<u8> {
            (0..4).map(|turn| rotated(&all, turn, caller.parse().unwrap())[0].octets()[3]).collect()
        };
        assert_eq!(firsts("10.5.0.9"), [1, 2, 3, 1]);
        assert_eq!(firsts("10.5.0.2"), [1, 3, 3, 1]);
        assert!(rotated(&[], 5, "10.5.0.9".parse().unwrap()).is_empty());
    }

    #[tokio::test]
    async fn a_dead_control_plane_is_passed_over() {
        let server = TcpListener::bind("127.0.0.3:0").await.unwrap();
        let port = server.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = server.accept().await.unwrap();
            stream.write_all(b"hello").await.unwrap();
        });
        let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = front.local_addr().unwrap();
        let targets = vec![Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3)];
        let (_keep, receiver) = watch::channel(targets);
        tokio::spawn(serve(front, receiver, port));
        let mut text = String::new();
        TcpStream::connect(address).await.unwrap().read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "hello");
    }

    #[tokio::test]
    async fn a_control_plane_that_comes_while_a_caller_is_held_gets_it() {
        let reserved = TcpListener::bind("127.0.0.4:0").await.unwrap();
        let server = reserved.local_addr().unwrap();
        drop(reserved);
        let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = front.local_addr().unwrap();
        let (targets, receiver) = watch::channel(Vec::new());
        tokio::spawn(serve(front, receiver, server.port()));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"hello").await.unwrap();
        sleep(Duration::from_millis(50)).await;
        let listener = TcpListener::bind(server).await.unwrap();
        targets.send_replace(vec![Ipv4Addr::new(127, 0, 0, 4)]);
        let mut said = [0; 5];
        listener.accept().await.unwrap().0.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"hello");
    }

    #[tokio::test]
    async fn without_a_living_control_plane_the_connection_is_reset() {
        let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = front.local_addr().unwrap();
        let (_keep, receiver) = watch::channel(Vec::new());
        tokio::spawn(serve(front, receiver, APID));
        let mut buffer = [0; 1];
        let read = TcpStream::connect(address).await.unwrap().read(&mut buffer).await;
        assert_eq!(read.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    }
}
