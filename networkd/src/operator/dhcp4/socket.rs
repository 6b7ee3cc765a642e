//! A client's way to servers on one link, usable before the link has an address.
//!
//! What goes to everybody is sent as whole frames: the kernel would put the address of another link into packets
//! of a link that has none. What comes is received over UDP, broadcast or to our own address.

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
    index: u32,
    hardware: Vec<u8>,
}

impl LinkSocket {
    /// Opens a socket that sends and receives on `link` only. Needs CAP_NET_RAW and CAP_NET_BIND_SERVICE.
    pub fn open(link: &str, index: u32, hardware: &[u8]) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
        socket.set_reuse_address(true)?;
        socket.set_broadcast(true)?;
        socket.bind_device(Some(link.as_bytes()))?;
        socket.bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, CLIENT).into())?;
        let socket = UdpSocket::from_std(socket.into())?;
        Ok(Self { socket, buffer: vec![0; MESSAGE], index, hardware: hardware.to_vec() })
    }

    /// Sends to one server.
    pub async fn send(&self, message: &[u8], to: Ipv4Addr) -> io::Result<()> {
        self.socket.send_to(message, SocketAddrV4::new(to, SERVER)).await.map(drop)
    }

    /// Sends to everybody on the link, from `source` (0.0.0.0 while there is no address).
    pub fn broadcast(&self, message: &[u8], source: Ipv4Addr) -> io::Result<()> {
        let frame = frame(&self.hardware, source, message);
        let frame =
            frame.ok_or_else(|| io::Error::other("the link is not Ethernet, or the message too long"))?;
        sys::packet::send(self.index, &frame).map_err(|e| e.source)
    }

    /// The next message.
    pub async fn receive(&mut self) -> io::Result<&[u8]> {
        let length = self.socket.recv(&mut self.buffer).await?;
        Ok(self.buffer.get(..length).unwrap_or_default())
    }
}

/// Sum of 16-bit words in ones' complement arithmetic, inverted (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|c| match c {
        [high, low] => u32::from(u16::from_be_bytes([*high, *low])),
        [high] => u32::from(u16::from_be_bytes([*high, 0])),
        _ => 0,
    });
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or_default()
}

/// A message in UDP, IPv4 and Ethernet, from `source` to everybody.
fn frame(hardware: &[u8], source: Ipv4Addr, message: &[u8]) -> Option<Vec<u8>> {
    let mac: [u8; 6] = hardware.try_into().ok()?;
    let udp_length = u16::try_from(message.len() + 8).ok()?;
    let ip_length = udp_length.checked_add(20)?;
    let target = Ipv4Addr::BROADCAST;

    let mut ip = vec![0x45, 0x10];
    ip.extend(ip_length.to_be_bytes());
    ip.extend([0, 0, 0, 0, 64, 17, 0, 0]); // not fragmented, 64 hops, UDP, checksum to come
    ip.extend(source.octets());
    ip.extend(target.octets());
    let sum = checksum(&ip).to_be_bytes();
    ip.get_mut(10..12)?.copy_from_slice(&sum);

    let mut udp = Vec::with_capacity(usize::from(udp_length));
    udp.extend(CLIENT.to_be_bytes());
    udp.extend(SERVER.to_be_bytes());
    udp.extend(udp_length.to_be_bytes());
    udp.extend([0, 0]);
    udp.extend(message);
    // The sum covers the addresses too (RFC 768).
    let mut covered = [source.octets(), target.octets()].concat();
    covered.extend([0, 17]);
    covered.extend(udp_length.to_be_bytes());
    covered.extend(&udp);
    let sum = checksum(&covered).to_be_bytes();
    udp.get_mut(6..8)?.copy_from_slice(&sum);

    let mut frame = vec![0xff; 6];
    frame.extend(mac);
    frame.extend([0x08, 0x00]);
    frame.extend(ip);
    frame.extend(udp);
    Some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_rfc() {
        // The example of RFC 1071, section 3: the sum is ddf2.
        assert_eq!(checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), !0xddf2);
    }

    #[test]
    fn frames_verify() {
        let frame = frame(&[2, 0, 0, 0, 0, 9], Ipv4Addr::UNSPECIFIED, &[1, 2, 3]).unwrap();
        assert_eq!(frame.len(), 14 + 20 + 8 + 3);
        // A header that holds its own checksum sums up to zero.
        assert_eq!(checksum(&frame[14..34]), 0);
        let mut covered = frame[26..34].to_vec();
        covered.extend([0, 17, 0, 11]);
        covered.extend(&frame[34..]);
        assert_eq!(checksum(&covered), 0);
    }
}
