//! DNS on the gateway: the cluster's own names, everything else from elsewhere if so wanted.
//!
//! Own names are `<node>`, `<node>.<cluster>` and `<cluster>` (the endpoint). A server elsewhere
//! that does not answer is left alone for a while: without a network every query would otherwise
//! take its whole patience.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use crate::local::error::{Error, Result};
use crate::local::network::is_usable_server;
use crate::local::options::DnsUpstream;
use crate::local::state::ClusterInfo;

const PORT: u16 = 53;
/// Seconds that clients may keep the cluster's own names: nodes come and go.
const TTL: u32 = 10;
/// Largest UDP message taken or given.
const UDP_SIZE: usize = 4096;
/// How long a server elsewhere may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long one that took longer is left alone.
const PENALTY: Duration = Duration::from_secs(30);
/// Queries in work at once; more are dropped, and clients ask again.
const MOST: usize = 128;

/// Starts to answer on the gateway address, over UDP and TCP.
pub(super) async fn listen(cluster: Arc<ClusterInfo>) -> Result<()> {
    let address = SocketAddrV4::new(cluster.gateway, PORT);
    let failed = |error| Error::network(format!("answer DNS on {address}"), error);
    let udp = Arc::new(UdpSocket::bind(address).await.map_err(failed)?);
    let tcp = TcpListener::bind(address).await.map_err(failed)?;
    let responder = Arc::new(Responder::new(cluster));
    let room = Arc::new(Semaphore::new(MOST));
    tokio::spawn(serve_udp(udp, Arc::clone(&responder), Arc::clone(&room)));
    tokio::spawn(serve_tcp(tcp, responder, room));
    Ok(())
}

async fn serve_udp(socket: Arc<UdpSocket>, responder: Arc<Responder>, room: Arc<Semaphore>) {
    let mut buffer = vec![0; UDP_SIZE];
    loop {
        let Ok((count, from)) = socket.recv_from(&mut buffer).await else { continue };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else { continue };
        let query = buffer.get(..count).unwrap_or_default().to_vec();
        let (socket, responder) = (Arc::clone(&socket), Arc::clone(&responder));
        tokio::spawn(async move {
            if let Some(answer) = responder.answer(&query, Transport::Udp).await {
                _ = socket.send_to(&answer, from).await;
            }
            drop(permit);
        });
    }
}

async fn serve_tcp(listener: TcpListener, responder: Arc<Responder>, room: Arc<Semaphore>) {
    loop {
        let Ok((mut stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else { continue };
        let responder = Arc::clone(&responder);
        tokio::spawn(async move {
            while let Ok(Ok(query)) = timeout(Duration::from_secs(10), read_message(&mut stream)).await {
                let Some(answer) = responder.answer(&query, Transport::Tcp).await else { break };
                if write_message(&mut stream, &answer).await.is_err() {
                    break;
                }
            }
            drop(permit);
        });
    }
}

async fn read_message(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let length = stream.read_u16().await?;
    let mut message = vec![0; length.into()];
    stream.read_exact(&mut message).await?;
    Ok(message)
}

async fn write_message(stream: &mut TcpStream, message: &[u8]) -> std::io::Result<()> {
    let length = u16::try_from(message.len()).map_err(|_| std::io::Error::other("message too long"))?;
    stream.write_u16(length).await?;
    stream.write_all(message).await
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    Udp,
    Tcp,
}

struct Server {
    address: SocketAddr,
    /// Left alone until then.
    silent_until: Mutex<Option<Instant>>,
}

struct Responder {
    cluster: Arc<ClusterInfo>,
    servers: Vec<Server>,
}

impl Responder {
    fn new(cluster: Arc<ClusterInfo>) -> Self {
        let addresses = match &cluster.dns {
            DnsUpstream::Nobody => Vec::new(),
            DnsUpstream::Servers(list) => list.clone(),
            DnsUpstream::Machine => {
                name_servers(&std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default())
            }
        };
        let usable = addresses.into_iter().filter(|address| is_usable_server(*address, cluster.gateway));
        let servers = usable
            .map(|address| Server { address: (address, PORT).into(), silent_until: Mutex::new(None) })
            .collect();
        Self { cluster, servers }
    }

    /// The answer to a query; `None` if it deserves none.
    async fn answer(&self, query: &[u8], transport: Transport) -> Option<Vec<u8>> {
        match local(&self.cluster, query, !self.servers.is_empty()) {
            Local::Answer(bytes) => Some(bytes),
            Local::Nothing => None,
            Local::Elsewhere => match self.ask(query, transport).await {
                Some(answer) => Some(answer),
                None => failure(query, ResponseCode::ServFail),
            },
        }
    }

    async fn ask(&self, query: &[u8], transport: Transport) -> Option<Vec<u8>> {
        for server in &self.servers {
            let until = *sys::sync::lock(&server.silent_until);
            if until.is_some_and(|until| Instant::now() < until) {
                continue;
            }
            let answer = timeout(PATIENCE, async {
                match transport {
                    Transport::Udp => ask_udp(server.address, query).await,
                    Transport::Tcp => ask_tcp(server.address, query).await,
                }
            });
            match answer.await {
                Ok(Ok(answer)) => return Some(answer),
                _ => {
                    let mut until = sys::sync::lock(&server.silent_until);
                    *until = Some(sys::clock::after(PENALTY));
                }
            }
        }
        None
    }
}

async fn ask_udp(server: SocketAddr, query: &[u8]) -> std::io::Result<Vec<u8>> {
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (std::net::Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    // A socket, and so a port, for each query: an answer cannot be guessed by its id alone.
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    socket.send(query).await?;
    let mut buffer = vec![0; UDP_SIZE];
    loop {
        let count = socket.recv(&mut buffer).await?;
        let answer = buffer.get(..count).unwrap_or_default();
        if answer.get(..2) == query.get(..2) {
            return Ok(answer.to_vec());
        }
    }
}

async fn ask_tcp(server: SocketAddr, query: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    write_message(&mut stream, query).await?;
    read_message(&mut stream).await
}

/// What can be said without asking anybody.
enum Local {
    Answer(Vec<u8>),
    Elsewhere,
    Nothing,
}

fn local(cluster: &ClusterInfo, query: &[u8], have_servers: bool) -> Local {
    let Ok(message) = Message::from_vec(query) else {
        return failure(query, ResponseCode::FormErr).map_or(Local::Nothing, Local::Answer);
    };
    if message.metadata.message_type != MessageType::Query {
        return Local::Nothing;
    }
    let [question] = message.queries.as_slice() else {
        return failure(query, ResponseCode::FormErr).map_or(Local::Nothing, Local::Answer);
    };
    let name = question.name.to_ascii().trim_end_matches('.').to_ascii_lowercase();
    let Some(address) = own_address(cluster, &name) else {
        if have_servers {
            return Local::Elsewhere;
        }
        return failure(query, ResponseCode::NXDomain).map_or(Local::Nothing, Local::Answer);
    };
    let mut response = response_to(&message);
    response.metadata.authoritative = true;
    if question.query_type == RecordType::A {
        response.add_answer(Record::from_rdata(question.name.clone(), TTL, RData::A(A(address))));
    }
    response.to_vec().map_or(Local::Nothing, Local::Answer)
}

fn own_address(cluster: &ClusterInfo, name: &str) -> Option<Ipv4Addr> {
    if name == cluster.name {
        return Some(cluster.gateway);
    }
    let host = match name.split_once('.') {
        None => name,
        Some((host, domain)) if domain == cluster.name => host,
        Some(_) => return None,
    };
    cluster.nodes.iter().find(|node| node.name == host).map(|node| node.address)
}

fn response_to(query: &Message) -> Message {
    let mut response = Message::response(query.metadata.id, OpCode::Query);
    response.metadata.recursion_desired = query.metadata.recursion_desired;
    response.metadata.recursion_available = true;
    response.queries.clone_from(&query.queries);
    response
}

/// A refusal of what may not even parse; `None` for what is too short or itself an answer.
fn failure(query: &[u8], code: ResponseCode) -> Option<Vec<u8>> {
    let mut response = match Message::from_vec(query) {
        Ok(message) => response_to(&message),
        Err(_) => {
            let id = query
                .first_chunk::<2>()
                .filter(|_| query.len() >= 12 && query.get(2).is_some_and(|f| f & 0x80 == 0))?;
            Message::error_msg(u16::from_be_bytes(*id), OpCode::Query, code)
        }
    };
    response.metadata.response_code = code;
    response.to_vec().ok()
}

/// The servers that resolv.conf names.
fn name_servers(resolv_conf: &str) -> Vec<IpAddr> {
    let lines = resolv_conf.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    lines.filter_map(|rest| rest.split_whitespace().next()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::str::FromStr;

    use hickory_proto::op::Query;
    use hickory_proto::rr::Name;

    use super::*;
    use crate::local::state::tests::cluster;

    fn query(name: &str, kind: RecordType) -> Vec<u8> {
        let mut message = Message::query();
        message.add_query(Query::query(Name::from_str(name).unwrap(), kind));
        message.to_vec().unwrap()
    }

    fn ask(name: &str, kind: RecordType) -> (ResponseCode, Vec<String>) {
        match local(&cluster(Path::new("/x")), &query(name, kind), false) {
            Local::Answer(bytes) => {
                let answer = Message::from_vec(&bytes).unwrap();
                let records = answer.answers.iter().map(|record| record.data.to_string()).collect();
                (answer.metadata.response_code, records)
            }
            _ => panic!("no answer"),
        }
    }

    #[test]
    fn nodes_are_known_by_name_with_and_without_the_clusters_and_in_any_case() {
        for name in ["demo-worker-1.", "DEMO-worker-1.demo."] {
            assert_eq!(ask(name, RecordType::A), (ResponseCode::NoError, vec!["10.5.0.3".into()]));
        }
        assert_eq!(ask("demo.", RecordType::A), (ResponseCode::NoError, vec!["10.5.0.1".into()]));
        assert_eq!(ask("demo-worker-1.", RecordType::AAAA), (ResponseCode::NoError, vec![]));
        assert_eq!(ask("demo-worker-1.example.com.", RecordType::A).0, ResponseCode::NXDomain);
    }

    #[test]
    fn answers_and_fragments_are_not_answered() {
        let cluster = cluster(Path::new("/x"));
        let mut answer = query("demo.", RecordType::A);
        answer[2] |= 0x80;
        assert!(matches!(local(&cluster, &answer, true), Local::Nothing));
        assert!(matches!(local(&cluster, &[1, 2, 3], true), Local::Nothing));
        assert!(matches!(local(&cluster, &query("example.com.", RecordType::A), true), Local::Elsewhere));
    }

    #[tokio::test]
    async fn a_server_that_does_not_answer_is_left_alone_for_a_while() {
        // Bound, so nothing is refused, and never read.
        let deaf = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let servers = vec![Server { address: deaf.local_addr().unwrap(), silent_until: Mutex::new(None) }];
        let responder = Responder { cluster: Arc::new(cluster(Path::new("/x"))), servers };
        let query = query("example.com.", RecordType::A);
        for most in [PATIENCE + Duration::from_secs(2), Duration::from_millis(500)] {
            let started = Instant::now();
            let answer = responder.answer(&query, Transport::Udp).await.unwrap();
            assert_eq!(Message::from_vec(&answer).unwrap().metadata.response_code, ResponseCode::ServFail);
            assert!(started.elapsed() < most, "{:?}", started.elapsed());
        }
    }

    #[test]
    fn servers_are_read_from_resolv_conf() {
        let text = "# a\nsearch x\nnameserver 192.0.2.1\n nameserver fd00::1 \nnameserver nonsense\n";
        assert_eq!(name_servers(text), ["192.0.2.1".parse::<IpAddr>().unwrap(), "fd00::1".parse().unwrap()]);
    }
}
