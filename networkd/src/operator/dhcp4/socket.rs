//! A client's socket: UDP on one link, usable before the link has an address.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

/// Port of clients.
const CLIENT: u16 = 68;
/// Port of servers.
const SERVER: u16 = 67;

/// Longest message, bytes.
const MESSAGE: usize = 1500;

/// The socket.
pub struct LinkSocket {
    socket: UdpSocket,
    buffer: Vec<u8>,
}

impl LinkSocket {
    /// Opens a socket that sends and receives on `link` only. Needs CAP_NET_RAW and CAP_NET_BIND_SERVICE.
    pub fn open(link: &str) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
        socket.set_reuse_address(true)?;
        socket.set_broadcast(true)?;
        socket.bind_device(Some(link.as_bytes()))?;
        socket.bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, CLIENT).into())?;
        Ok(Self { socket: UdpSocket::from_std(socket.into())?, buffer: vec![0; MESSAGE] })
    }

    /// Sends to everybody on the link, or to one server.
    pub async fn send(&self, message: &[u8], to: Option<Ipv4Addr>) -> io::Result<()> {
        let to = SocketAddrV4::new(to.unwrap_or(Ipv4Addr::BROADCAST), SERVER);
        self.socket.send_to(message, to).await.map(drop)
    }

    /// The next message.
    pub async fn receive(&mut self) -> io::Result<&[u8]> {
        let length = self.socket.recv(&mut self.buffer).await?;
        Ok(self.buffer.get(..length).unwrap_or_default())
    }
}
