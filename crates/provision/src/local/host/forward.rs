//! Forwards the cluster endpoint's ports to control planes that live.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use rpc::gate::{Gate, Place};
use rpc::places::{Bounds, Standing, network};
use rpc::relay::{HALF_CLOSED, relay};
use rpc::tls::dial::tune;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout};

use crate::local::error::{Error, Result};

/// Kubernetes API, apid, trustd (contract api.md 1.1, os.md 1.3).
pub(super) const PORTS: [u16; 3] = [6443, 50000, 50001];
/// Connections a port forwards at once. One address leaves room for others, and whoever has been silent longest goes
/// for somebody new.
const PLACES: Bounds = Bounds { all: 1024, for_administrators: 0, for_known: 0, stranger: 512, known: 512 };
/// How long a control plane may take to accept before the next one is tried.
const CONNECT: Duration = Duration::from_secs(2);
/// Shortest and longest pause between looks for a control plane while none accepts; in between a part of the time
/// that this has lasted.
const LOOK: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
const LOOK_PART: u32 = 25;
/// Pause between looks while one does; a caller who finds nobody is the sooner sign.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Starts to forward `gateway:port` to the same port of whoever is in `targets`. It listens while one of them does:
/// otherwise callers are refused, as they are by a control plane that is down. One that is accepted and then ended
/// would take it for bad luck, and wait.
///
/// # Errors
/// If the address cannot be listened on.
pub(super) async fn listen(
    gateway: Ipv4Addr,
    port: u16,
    targets: watch::Receiver<Vec<Ipv4Addr>>,
) -> Result<()> {
    let address = SocketAddrV4::new(gateway, port);
    // What cannot be listened on later cannot be now: better to say so while somebody waits.
    TcpListener::bind(address)
        .await
        .map_err(|error| Error::network(format!("listen on the cluster endpoint {address}"), error))?;
    tokio::spawn(follow(address, targets));
    Ok(())
}

/// Opens and closes the endpoint as control planes come and go.
async fn follow(address: SocketAddrV4, targets: watch::Receiver<Vec<Ipv4Addr>>) {
    let failed = Arc::new(Notify::new());
    let mut down = Instant::now();
    let mut serving: Option<AbortOnDrop> = None;
    loop {
        let order = targets.borrow().clone();
        let pause = if connect(order, address.port()).await.is_some() {
            down = Instant::now();
            if serving.is_none() {
                serving = open(address, &targets, &failed).await;
            }
            LOOK_AGAIN
        } else {
            serving = None;
            (down.elapsed() / LOOK_PART).clamp(LOOK.0, LOOK.1)
        };
        _ = timeout(pause, failed.notified()).await;
    }
}

/// Ends a task with its owner.
struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn open(
    address: SocketAddrV4,
    targets: &watch::Receiver<Vec<Ipv4Addr>>,
    failed: &Arc<Notify>,
) -> Option<AbortOnDrop> {
    match TcpListener::bind(address).await {
        Ok(listener) => {
            let task = tokio::spawn(serve(listener, targets.clone(), address.port(), failed.clone()));
            Some(AbortOnDrop(task.abort_handle()))
        }
        Err(error) => {
            tracing::warn!(%error, "could not listen on the cluster endpoint {address}; trying again");
            None
        }
    }
}

async fn serve(
    listener: TcpListener,
    targets: watch::Receiver<Vec<Ipv4Addr>>,
    port: u16,
    failed: Arc<Notify>,
) {
    let gate = Gate::new(PLACES);
    let mut turn = 0usize;
    loop {
        let (client, caller) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, most likely: others have to end first.
                tracing::warn!(%error, port, "could not accept a connection to the endpoint");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(place) = gate.enter(network(caller.ip()), Standing::Stranger) else { continue };
        turn = turn.wrapping_add(1);
        let order = rotated(&targets.borrow(), turn, caller.ip());
        let failed = failed.clone();
        tokio::spawn(async move {
            if !forward(client, order, port, &place).await {
                failed.notify_one();
            }
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

/// Passes a connection on until it ends; false when there is nobody to pass it to.
async fn forward(client: TcpStream, order: Vec<Ipv4Addr>, port: u16, place: &Place<IpAddr>) -> bool {
    let Some(server) = connect(order, port).await else {
        // A reset tells the caller sooner than a close would.
        _ = client.set_zero_linger();
        return false;
    };
    tune(&client);
    tune(&server);
    // An error is one side's reset; the other side sees its connection end.
    relay(client, server, place, HALF_CLOSED).await;
    true
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
        tokio::spawn(serve(front, receiver, port, Arc::default()));
        let mut text = String::new();
        TcpStream::connect(address).await.unwrap().read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "hello");
    }

    #[tokio::test]
    async fn the_endpoint_is_there_while_a_control_plane_is() {
        let reserved = TcpListener::bind("127.0.0.4:0").await.unwrap();
        let server = reserved.local_addr().unwrap();
        drop(reserved);
        let endpoint = SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, 5), server.port());
        let (_keep, receiver) = watch::channel(vec![Ipv4Addr::new(127, 0, 0, 4)]);
        listen(*endpoint.ip(), endpoint.port(), receiver).await.unwrap();
        sleep(Duration::from_millis(20)).await;
        let refused = TcpStream::connect(endpoint).await.unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        let listener = TcpListener::bind(server).await.unwrap();
        reaches(endpoint, true).await;
        drop(listener);
        // This caller is the one that finds out.
        reaches(endpoint, false).await;
    }

    /// Waits until the endpoint accepts, or does not.
    async fn reaches(endpoint: SocketAddrV4, wanted: bool) {
        let tries = async {
            while TcpStream::connect(endpoint).await.is_ok() != wanted {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(5), tries).await.unwrap();
    }
}
