//! Servers that know more than we do: asking one, and asking several until one settles the question.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::message;
use crate::random;

/// Time for one attempt with one server.
const ATTEMPT: Duration = Duration::from_millis(1500);

/// Attempts with one server over UDP, where packets get lost.
const ATTEMPTS: usize = 2;

/// First pause before a server that failed is tried again in the background; doubled each time.
const FIRST_CHECK: Duration = Duration::from_secs(1);

/// Longest such pause.
const LAST_CHECK: Duration = Duration::from_secs(30);

/// Bytes of a UDP answer at most.
const UDP_BUFFER: usize = 4096;

/// One server.
#[derive(Debug)]
pub struct Upstream {
    /// Where it listens.
    pub addr: SocketAddr,
    healthy: AtomicBool,
}

impl Upstream {
    /// A server that counts as healthy until it fails.
    pub fn new(addr: SocketAddr) -> Arc<Self> {
        Arc::new(Self { addr, healthy: AtomicBool::new(true) })
    }

    /// It answered when it was asked last.
    pub fn is_healthy(&self) -> bool {
        self.healthy.load(Ordering::Relaxed)
    }

    /// Asks it; a short answer that was cut is fetched again over TCP.
    pub async fn ask(&self, query: &[u8]) -> io::Result<Vec<u8>> {
        let mut last = io::Error::from(io::ErrorKind::TimedOut);
        for _ in 0..ATTEMPTS {
            match timeout(ATTEMPT, self.over_udp(query)).await {
                Ok(Ok(answer)) if message::is_truncated(&answer) => {
                    return timeout(ATTEMPT, self.over_tcp(query)).await?;
                }
                Ok(Ok(answer)) => return Ok(answer),
                // Nobody listens there: asking again does not help.
                Ok(Err(error)) => return Err(error),
                Err(elapsed) => last = elapsed.into(),
            }
        }
        Err(last)
    }

    async fn over_udp(&self, query: &[u8]) -> io::Result<Vec<u8>> {
        let local: SocketAddr = match self.addr {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        // A socket of its own for each query: the port is then random, which makes forging an answer hard.
        let socket = UdpSocket::bind(local).await?;
        socket.connect(self.addr).await?;
        socket.send(query).await?;
        let mut buffer = vec![0; UDP_BUFFER];
        loop {
            let length = socket.recv(&mut buffer).await?;
            let answer = buffer.get(..length).unwrap_or_default();
            if message::answers(query, answer) {
                return Ok(answer.to_vec());
            }
        }
    }

    async fn over_tcp(&self, query: &[u8]) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(self.addr).await?;
        write_framed(&mut stream, query).await?;
        let answer = read_framed(&mut stream).await?;
        if message::answers(query, &answer) {
            return Ok(answer);
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "the answer is to another question"))
    }
}

/// Reads one message with its length in front (RFC 1035 4.2.2).
pub async fn read_framed(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = stream.read_u16().await?;
    let mut message = vec![0; usize::from(length)];
    stream.read_exact(&mut message).await?;
    Ok(message)
}

/// Writes one message with its length in front.
pub async fn write_framed(stream: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut framed = length.to_be_bytes().to_vec();
    framed.extend_from_slice(message);
    stream.write_all(&framed).await
}

/// The servers in order of preference, with their health.
#[derive(Default)]
pub struct Upstreams {
    list: Mutex<Vec<Arc<Upstream>>>,
    /// Woken when a server's health changes.
    pub changed: Arc<Notify>,
}

impl Upstreams {
    /// Replaces the servers; those that stay keep their health. True when anything changed.
    pub fn set(&self, addresses: &[SocketAddr]) -> bool {
        let mut list = sys::sync::lock(&self.list);
        if list.iter().map(|u| u.addr).eq(addresses.iter().copied()) {
            return false;
        }
        let old = std::mem::take(&mut *list);
        *list = addresses
            .iter()
            .map(|addr| old.iter().find(|u| u.addr == *addr).cloned().unwrap_or_else(|| Upstream::new(*addr)))
            .collect();
        true
    }

    /// The servers.
    pub fn list(&self) -> Vec<Arc<Upstream>> {
        sys::sync::lock(&self.list).clone()
    }

    /// Asks one server after the other, healthy ones first, until one settles the question. Without one, the
    /// last answer that came; `None` when there was none at all.
    pub async fn ask(self: &Arc<Self>, query: &[u8]) -> Option<Vec<u8>> {
        let mut servers = self.list();
        servers.sort_by_key(|u| !u.is_healthy());
        let mut unsettled = None;
        for server in servers {
            match server.ask(query).await {
                Ok(answer) => {
                    self.mark(&server, true);
                    if message::is_settled(&answer) {
                        return Some(answer);
                    }
                    unsettled = Some(answer);
                }
                Err(error) => {
                    tracing::debug!(server = %server.addr, "asking: {error}");
                    self.mark(&server, false);
                }
            }
        }
        unsettled
    }

    fn mark(self: &Arc<Self>, server: &Arc<Upstream>, healthy: bool) {
        if server.healthy.swap(healthy, Ordering::Relaxed) == healthy {
            return;
        }
        self.changed.notify_one();
        if !healthy {
            tracing::warn!(server = %server.addr, "DNS server does not answer");
            tokio::spawn(recover(self.clone(), server.clone()));
        }
    }
}

/// Asks a server that failed until it answers again, or nobody wants it any more. A server that works is only
/// watched through the queries that it gets anyway.
async fn recover(all: Arc<Upstreams>, server: Arc<Upstream>) {
    let mut pause = FIRST_CHECK;
    loop {
        tokio::time::sleep(pause).await;
        if server.is_healthy() || !all.list().iter().any(|u| Arc::ptr_eq(u, &server)) {
            return;
        }
        if server.ask(&message::health_query(random::u16())).await.is_ok() {
            tracing::info!(server = %server.addr, "DNS server answers again");
            all.mark(&server, true);
            return;
        }
        pause = (pause * 2).min(LAST_CHECK);
    }
}
