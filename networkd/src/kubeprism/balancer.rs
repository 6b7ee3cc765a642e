//! The balancer: accepts connections, passes each to an API server that works, and watches over them.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rpc::gate::{Gate, Place};
use rpc::places::{Bounds, Standing, network};
use rpc::relay::{HALF_CLOSED, relay};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};

use super::upstreams::{Upstream, Upstreams};

/// Longest time to set up one connection (contract os.md 5.9 says 15 s): the last server gets all of it.
const DIAL: Duration = Duration::from_secs(15);

/// Time that a server gets while there is another one to try.
const DIAL_BEFORE_NEXT: Duration = Duration::from_secs(2);

/// Silence after which the kernel asks whether the peer is alive (contract os.md 5.9).
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Time that sent data may stay unacknowledged (contract os.md 5.9).
const USER_TIMEOUT: Duration = Duration::from_secs(30);

/// Pause between two checks of a server that works (contract os.md 5.9).
const CHECK: Duration = Duration::from_secs(20);

/// Time for one check (contract os.md 5.9).
const CHECK_TIMEOUT: Duration = Duration::from_secs(15);

/// Shortest pause between two checks of a server that does not work.
const RECHECK: Duration = Duration::from_millis(50);

/// Checks of a server that does not work become rarer: the next comes after this part of the time that it has not
/// worked. One that starts is noticed at once, and one that is gone costs next to nothing.
const RECHECK_PART: u32 = 25;

/// Connections at the same time. Nearly all clients are on this node and have the same address: the one that has been
/// silent longest goes for a new one.
const PLACES: Bounds = Bounds { all: 1024, for_administrators: 0, for_known: 0, stranger: 1024, known: 1024 };

/// Pause after accepting failed (no descriptors left).
const AFTER_ERROR: Duration = Duration::from_millis(200);

/// Opens the listening socket.
pub async fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(addr).await
}

/// Serves until the task is dropped.
pub async fn serve(listener: TcpListener, upstreams: Arc<Upstreams>) {
    serve_within(PLACES, listener, upstreams).await;
}

async fn serve_within(bounds: Bounds, listener: TcpListener, upstreams: Arc<Upstreams>) {
    let gate = Gate::new(bounds);
    loop {
        match listener.accept().await {
            Ok((client, from)) => {
                let Ok(place) = gate.enter(network(from.ip()), Standing::Stranger) else { continue };
                let upstreams = upstreams.clone();
                tokio::spawn(async move { pass(client, &upstreams, &place).await });
            }
            Err(error) => {
                tracing::warn!("accepting a client of the API server: {error}");
                sleep(AFTER_ERROR).await;
            }
        }
    }
}

/// Passes one connection on, until either end closes it, the server is lost, or its place is.
async fn pass(client: TcpStream, upstreams: &Upstreams, place: &Place<IpAddr>) {
    let connected = tokio::select! {
        connected = connect(upstreams) => connected,
        () = place.lost() => return,
    };
    let Some((server, upstream)) = connected else {
        tracing::debug!("no API server accepts connections");
        return;
    };
    tune(&client);
    let mut health = upstream.health();
    health.mark_unchanged();
    let lost = async move {
        while health.changed().await.is_ok() {
            if !*health.borrow() {
                return;
            }
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = relay(client, server, place, HALF_CLOSED) => {}
        () = lost => {}
    }
}

/// Connects to the first server that accepts.
async fn connect(upstreams: &Upstreams) -> Option<(TcpStream, Arc<Upstream>)> {
    let order = upstreams.order();
    let count = order.len();
    for (n, upstream) in order.into_iter().enumerate() {
        let patience = if n + 1 == count { DIAL } else { DIAL_BEFORE_NEXT };
        match dial(&upstream, patience).await {
            Ok(stream) => {
                upstreams.mark(&upstream, true);
                return Some((stream, upstream));
            }
            Err(error) => {
                tracing::debug!(host = upstream.host, port = upstream.port, "connecting: {error}");
                upstreams.mark(&upstream, false);
            }
        }
    }
    None
}

async fn dial(upstream: &Upstream, patience: Duration) -> io::Result<TcpStream> {
    let stream = timeout(patience, TcpStream::connect((upstream.address(), upstream.port))).await??;
    tune(&stream);
    Ok(stream)
}

/// Makes the kernel notice a peer that is gone.
fn tune(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
    let tuned = stream
        .set_nodelay(true)
        .and_then(|()| socket.set_tcp_keepalive(&keepalive))
        .and_then(|()| socket.set_tcp_user_timeout(Some(USER_TIMEOUT)));
    if let Err(error) = tuned {
        tracing::debug!("tuning a connection: {error}");
    }
}

/// Checks one server until nobody wants it any more: rarely while it works, soon again after it stopped to.
pub async fn check(upstreams: Arc<Upstreams>, upstream: Arc<Upstream>) {
    let mut lost = Instant::now();
    let mut health = upstream.health();
    while upstreams.contains(&upstream) {
        let healthy = dial(&upstream, CHECK_TIMEOUT).await.is_ok();
        if !upstreams.contains(&upstream) {
            return;
        }
        upstreams.mark(&upstream, healthy);
        health.mark_unchanged();
        if healthy {
            // A connection that fails says so before the next check is due.
            let _ = timeout(CHECK, health.changed()).await;
            lost = Instant::now();
            if !upstream.is_healthy() {
                sleep(RECHECK).await;
            }
        } else {
            let _ = timeout(recheck(lost.elapsed()), health.changed()).await;
        }
    }
}

/// How long until a server that has not worked for a time is checked again.
fn recheck(lost: Duration) -> Duration {
    (lost / RECHECK_PART).clamp(RECHECK, CHECK)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// A server that says its name to everybody and then keeps the connection.
    async fn server(name: &'static str) -> (SocketAddr, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut kept = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.write_all(name.as_bytes()).await;
                kept.push(stream);
            }
        });
        (addr, task)
    }

    async fn balancer(servers: &[SocketAddr]) -> (SocketAddr, Arc<Upstreams>) {
        let listener = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let upstreams = Arc::new(Upstreams::default());
        upstreams.set(servers.iter().map(|s| (s.ip().to_string(), s.port())));
        tokio::spawn(serve(listener, upstreams.clone()));
        (addr, upstreams)
    }

    async fn greeting(stream: &mut TcpStream) -> String {
        let mut name = [0; 1];
        stream.read_exact(&mut name).await.unwrap();
        String::from_utf8_lossy(&name).into_owned()
    }

    #[test]
    fn a_server_that_is_gone_for_long_is_checked_rarely() {
        let seconds = |lost| recheck(Duration::from_secs(lost)).as_secs_f64();
        assert_eq!([0, 5, 50, 86400].map(seconds), [0.05, 0.2, 2.0, 20.0]);
    }

    #[tokio::test]
    async fn a_dead_server_costs_a_client_nothing() {
        let (dead, task) = server("d").await;
        task.abort();
        let _ = task.await;
        let (living, _task) = server("l").await;
        let (addr, upstreams) = balancer(&[dead, living]).await;
        for _ in 0..4 {
            assert_eq!(greeting(&mut TcpStream::connect(addr).await.unwrap()).await, "l");
        }
        assert_eq!(upstreams.list().iter().map(|u| u.is_healthy()).collect::<Vec<_>>(), [false, true]);
    }

    #[tokio::test]
    async fn silent_connections_keep_nobody_out() {
        let (a, _task) = server("a").await;
        let listener = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let upstreams = Arc::new(Upstreams::default());
        upstreams.set([(a.ip().to_string(), a.port())]);
        let bounds = Bounds { all: 8, for_administrators: 0, for_known: 0, stranger: 8, known: 8 };
        tokio::spawn(serve_within(bounds, listener, upstreams));
        let mut silent = Vec::new();
        for _ in 0..40 {
            let mut client = TcpStream::connect(addr).await.unwrap();
            assert_eq!(greeting(&mut client).await, "a");
            silent.push(client);
        }
        let mut held = 0;
        for client in &mut silent {
            held += usize::from(timeout(Duration::from_millis(20), client.read(&mut [0; 1])).await.is_err());
        }
        println!("silent connections that were held: {held} of 40");
        assert_eq!(held, 8);
    }

    #[tokio::test]
    async fn connections_through_a_lost_server_are_closed() {
        let (a, _task) = server("a").await;
        let (addr, upstreams) = balancer(&[a]).await;
        let mut client = TcpStream::connect(addr).await.unwrap();
        assert_eq!(greeting(&mut client).await, "a");
        upstreams.mark(&upstreams.list()[0], false);
        let end = timeout(Duration::from_secs(5), client.read(&mut [0; 1])).await.unwrap();
        assert!(matches!(end, Ok(0) | Err(_)));
    }

    #[tokio::test]
    async fn a_server_that_comes_back_is_noticed_without_any_client() {
        let reserved = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = reserved.local_addr().unwrap();
        drop(reserved);
        let (_, upstreams) = balancer(&[addr]).await;
        let upstream = upstreams.list()[0].clone();
        tokio::spawn(check(upstreams.clone(), upstream.clone()));
        sleep(Duration::from_millis(50)).await;
        assert!(!upstream.is_healthy());
        let _back = TcpListener::bind(addr).await.unwrap();
        let mut health = upstream.health();
        timeout(Duration::from_secs(5), health.wait_for(|h| *h)).await.unwrap().unwrap();
    }
}
