//! Listeners: one address over UDP or TCP, with bounds on what clients can keep busy.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rpc::gate::{Gate, Place};
use rpc::places::{Bounds, Standing, network};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::resolve::{Resolver, Transport};
use super::upstream::{read_framed, write_framed};

/// Queries that are answered at the same time, per listener; more wait in the socket's buffer.
const MAX_QUERIES: usize = 256;

/// TCP connections at the same time, per listener; those of one address leave room for others, and one on which no
/// question is being answered goes for a new one.
const PLACES: Bounds = Bounds { all: 128, for_administrators: 0, for_known: 0, stranger: 32, known: 32 };

/// Time to write an answer (contract os.md 5.5).
const WRITE: Duration = Duration::from_secs(5);

/// Time that a connection may be silent (contract os.md 5.5).
const IDLE: Duration = Duration::from_secs(10);

/// Largest query over UDP, bytes: queries hold one name and options.
const QUERY: usize = 1500;

/// Pause after a listener failed, before it is used again.
const AFTER_ERROR: Duration = Duration::from_millis(200);

/// A socket for `addr` whose packets live `hops` hops, so that answers do not leave the node (1) or its pod
/// network (2). It can be made before the address is on a link.
fn socket(addr: SocketAddr, kind: Type, protocol: Protocol, hops: u32) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(addr), kind.nonblocking(), Some(protocol))?;
    socket.set_reuse_address(true)?;
    match addr {
        SocketAddr::V4(_) => {
            socket.set_freebind_v4(true)?;
            socket.set_ttl_v4(hops)?;
        }
        SocketAddr::V6(_) => {
            socket.set_only_v6(true)?;
            socket.set_freebind_v6(true)?;
            socket.set_unicast_hops_v6(hops)?;
        }
    }
    socket.bind(&addr.into())?;
    Ok(socket)
}

/// Listens on UDP.
pub fn bind_udp(addr: SocketAddr, hops: u32) -> io::Result<UdpSocket> {
    UdpSocket::from_std(socket(addr, Type::DGRAM, Protocol::UDP, hops)?.into())
}

/// Listens on TCP.
pub fn bind_tcp(addr: SocketAddr, hops: u32) -> io::Result<TcpListener> {
    let socket = socket(addr, Type::STREAM, Protocol::TCP, hops)?;
    socket.listen(128)?;
    TcpListener::from_std(socket.into())
}

/// Answers over UDP until the task is dropped.
pub async fn serve_udp(socket: UdpSocket, resolver: Arc<Resolver>) {
    let socket = Arc::new(socket);
    let room = Arc::new(Semaphore::new(MAX_QUERIES));
    let mut buffer = vec![0; QUERY];
    loop {
        let Ok(permit) = room.clone().acquire_owned().await else { return };
        let (length, client) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            // An answer to a client that is gone comes back as an error here.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
            Err(error) => {
                tracing::warn!("receiving DNS queries: {error}");
                tokio::time::sleep(AFTER_ERROR).await;
                continue;
            }
        };
        let query = buffer.get(..length).unwrap_or_default().to_vec();
        let (socket, resolver) = (socket.clone(), resolver.clone());
        tokio::spawn(async move {
            if let Some(answer) = resolver.answer(&query, Transport::Udp).await {
                let _ = socket.send_to(&answer, client).await;
            }
            drop(permit);
        });
    }
}

/// Answers over TCP until the task is dropped.
pub async fn serve_tcp(listener: TcpListener, resolver: Arc<Resolver>) {
    let gate = Gate::new(PLACES);
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                let Ok(place) = gate.enter(network(from.ip()), Standing::Stranger) else { continue };
                let resolver = resolver.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        () = converse(stream, &resolver, &place) => {}
                        () = place.lost() => {}
                    }
                });
            }
            Err(error) => {
                tracing::warn!("accepting DNS clients: {error}");
                tokio::time::sleep(AFTER_ERROR).await;
            }
        }
    }
}

/// One query after the other until the client is silent or gone.
async fn converse(mut stream: TcpStream, resolver: &Resolver, place: &Place<IpAddr>) {
    while let Ok(Ok(query)) = timeout(IDLE, read_framed(&mut stream)).await {
        let _under_way = place.under_way();
        let Some(answer) = resolver.answer(&query, Transport::Tcp).await else { return };
        match timeout(WRITE, write_framed(&mut stream, &answer)).await {
            Ok(Ok(())) => {}
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use hickory_proto::op::Message;
    use hickory_proto::rr::RecordType;

    use super::super::message::tests::{query, response};
    use super::super::zone::Zone;
    use super::*;

    async fn listening(resolver: Arc<Resolver>) -> (SocketAddr, SocketAddr) {
        let udp = bind_udp("127.0.0.1:0".parse().unwrap(), 1).unwrap();
        let tcp = bind_tcp("127.0.0.1:0".parse().unwrap(), 1).unwrap();
        let addrs = (udp.local_addr().unwrap(), tcp.local_addr().unwrap());
        tokio::spawn(serve_udp(udp, resolver.clone()));
        tokio::spawn(serve_tcp(tcp, resolver));
        addrs
    }

    async fn ask_udp(server: SocketAddr, query: &[u8]) -> Message {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.send_to(query, server).await.unwrap();
        let mut buffer = vec![0; 4096];
        let n = timeout(Duration::from_secs(10), socket.recv(&mut buffer)).await.unwrap().unwrap();
        Message::from_vec(&buffer[..n]).unwrap()
    }

    async fn ask_tcp(server: SocketAddr, query: &[u8]) -> Message {
        let mut stream = TcpStream::connect(server).await.unwrap();
        write_framed(&mut stream, query).await.unwrap();
        Message::from_vec(&read_framed(&mut stream).await.unwrap()).unwrap()
    }

    /// A server that answers every query with so many addresses, and counts them.
    async fn upstream(records: usize, counter: Arc<std::sync::atomic::AtomicUsize>) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let addr = socket.local_addr().unwrap();
        let listener = TcpListener::bind(addr).await.unwrap();
        let all: Vec<_> = (0..records).map(|_| ("10.9.9.9", 60)).collect();
        let over_tcp = all.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let query = read_framed(&mut stream).await.unwrap();
                write_framed(&mut stream, &response(&query, &over_tcp)).await.unwrap();
            }
        });
        tokio::spawn(async move {
            let mut buffer = vec![0; 2048];
            loop {
                let (n, client) = socket.recv_from(&mut buffer).await.unwrap();
                counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let query = &buffer[..n];
                let mut answer = response(query, &all);
                if answer.len() > 512 {
                    answer = response(query, &[]);
                    answer[2] |= 0x02;
                }
                socket.send_to(&answer, client).await.unwrap();
            }
        });
        addr
    }

    #[tokio::test]
    async fn own_names_are_answered_without_asking_anybody() {
        let resolver = Arc::new(Resolver::default());
        let mut zone = Zone::default();
        zone.add("peer-cp", ["10.5.0.2".parse().unwrap()]);
        resolver.set_zone(zone);
        let (udp, tcp) = listening(resolver).await;
        let query = query("peer-cp.", RecordType::A);
        assert_eq!(ask_udp(udp, &query).await.answers.len(), 1);
        assert_eq!(ask_tcp(tcp, &query).await.answers.len(), 1);
    }

    #[tokio::test]
    async fn silent_connections_keep_nobody_out() {
        let resolver = Arc::new(Resolver::default());
        let mut zone = Zone::default();
        zone.add("peer-cp", ["10.5.0.2".parse().unwrap()]);
        resolver.set_zone(zone);
        let (_, tcp) = listening(resolver).await;
        let mut silent = Vec::new();
        for _ in 0..200 {
            silent.push(TcpStream::connect(tcp).await.unwrap());
        }
        assert_eq!(ask_tcp(tcp, &query("peer-cp.", RecordType::A)).await.answers.len(), 1);
        let mut held = 0;
        for stream in &mut silent {
            use tokio::io::AsyncReadExt as _;
            held += usize::from(timeout(Duration::from_millis(5), stream.read(&mut [0; 1])).await.is_err());
        }
        println!("silent connections of one address that were held: {held} of 200");
        assert!(held <= 32, "{held}");
    }

    #[tokio::test]
    async fn other_names_are_asked_for_once_and_then_known() {
        let counter = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let resolver = Arc::new(Resolver::default());
        resolver.upstreams.set(&[upstream(1, counter.clone()).await]);
        let (udp, tcp) = listening(resolver).await;
        let query = query("some.example.", RecordType::A);
        for _ in 0..3 {
            assert_eq!(ask_udp(udp, &query).await.answers.len(), 1);
        }
        assert_eq!(ask_tcp(tcp, &query).await.answers.len(), 1);
        assert_eq!(counter.load(std::sync::atomic::Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn long_answers_come_over_tcp_all_the_way() {
        let counter = Arc::default();
        let resolver = Arc::new(Resolver::default());
        resolver.upstreams.set(&[upstream(60, counter).await]);
        let (udp, tcp) = listening(resolver).await;
        let query = query("long.example.", RecordType::A);
        assert!(ask_udp(udp, &query).await.metadata.truncation);
        assert_eq!(ask_tcp(tcp, &query).await.answers.len(), 60);
    }

    #[tokio::test]
    async fn a_dead_server_is_passed_over_and_marked() {
        let dead = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let dead_addr = dead.local_addr().unwrap();
        drop(dead);
        let resolver = Arc::new(Resolver::default());
        let living = upstream(1, Arc::default()).await;
        resolver.upstreams.set(&[dead_addr, living]);
        let (udp, _) = listening(resolver.clone()).await;
        assert_eq!(ask_udp(udp, &query("x.example.", RecordType::A)).await.answers.len(), 1);
        let health: Vec<_> = resolver.upstreams.list().iter().map(|u| u.is_healthy()).collect();
        assert_eq!(health, [false, true]);
    }

    #[tokio::test]
    async fn without_any_server_the_failure_is_said() {
        let (udp, _) = listening(Arc::default()).await;
        let answer = ask_udp(udp, &query("x.example.", RecordType::A)).await;
        assert_eq!(answer.metadata.response_code, hickory_proto::op::ResponseCode::ServFail);
    }
}
