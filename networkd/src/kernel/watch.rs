//! Being told by the kernel what changed: only which noun, because the whole noun is read again anyway.

use std::io;

use netlink_sys::{AsyncSocket, AsyncSocketExt, SocketAddr, TokioSocket, protocols::NETLINK_ROUTE};

/// What the kernel keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Nouns {
    /// Links.
    pub links: bool,
    /// Addresses.
    pub addresses: bool,
    /// Routes.
    pub routes: bool,
    /// Routing rules.
    pub rules: bool,
}

impl Nouns {
    /// All of them.
    pub const ALL: Self = Self { links: true, addresses: true, routes: true, rules: true };
    /// Links only.
    pub const LINKS: Self = Self { links: true, addresses: false, routes: false, rules: false };

    /// Both sets together.
    pub fn and(self, other: Self) -> Self {
        Self {
            links: self.links || other.links,
            addresses: self.addresses || other.addresses,
            routes: self.routes || other.routes,
            rules: self.rules || other.rules,
        }
    }

    /// Some noun is in both sets.
    pub fn overlaps(self, other: Self) -> bool {
        self.links && other.links
            || self.addresses && other.addresses
            || self.routes && other.routes
            || self.rules && other.rules
    }

    /// Nothing.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// Multicast groups of rtnetlink that are listened to (linux/rtnetlink.h): link 1, IPv4 address 5, IPv4 route 7,
/// IPv4 rule 8, IPv6 address 9, IPv6 route 11, IPv6 rule 19.
const GROUPS: [u32; 7] = [1, 5, 7, 8, 9, 11, 19];

/// A socket on which the kernel tells its changes.
pub struct Watch {
    socket: TokioSocket,
    buffer: Vec<u8>,
}

impl Watch {
    /// Subscribes in the current network namespace.
    pub fn open() -> io::Result<Self> {
        let mut socket = TokioSocket::new(NETLINK_ROUTE)?;
        let groups = GROUPS.iter().fold(0, |mask, group| mask | 1 << (group - 1));
        socket.socket_mut().bind(&SocketAddr::new(0, groups))?;
        Ok(Self { socket, buffer: Vec::with_capacity(16 << 10) })
    }

    /// Waits for the next change. Messages that the kernel had to drop are told as a change of everything.
    pub async fn next(&mut self) -> io::Result<Nouns> {
        loop {
            self.buffer.clear();
            match self.socket.recv(&mut self.buffer).await {
                Ok(_) => {
                    let changed = nouns(&self.buffer);
                    if !changed.is_empty() {
                        return Ok(changed);
                    }
                }
                Err(error) if error.raw_os_error() == Some(ENOBUFS) => return Ok(Nouns::ALL),
                Err(error) => return Err(error),
            }
        }
    }
}

/// No buffer space: the kernel dropped messages (asm-generic/errno).
const ENOBUFS: i32 = 105;

/// Nouns of the messages in a datagram: each begins with a length and a type (struct nlmsghdr).
fn nouns(mut datagram: &[u8]) -> Nouns {
    let mut found = Nouns::default();
    while let (Some(Ok(length)), Some(Ok(kind))) =
        (datagram.get(..4).map(<[u8; 4]>::try_from), datagram.get(4..6).map(<[u8; 2]>::try_from))
    {
        match u16::from_ne_bytes(kind) {
            16 | 17 => found.links = true,     // RTM_NEWLINK, RTM_DELLINK
            20 | 21 => found.addresses = true, // RTM_NEWADDR, RTM_DELADDR
            24 | 25 => found.routes = true,    // RTM_NEWROUTE, RTM_DELROUTE
            32 | 33 => found.rules = true,     // RTM_NEWRULE, RTM_DELRULE
            _ => {}
        }
        // Messages are aligned to 4 bytes.
        let length =
            (u32::from_ne_bytes(length) as usize).max(16).checked_next_multiple_of(4).unwrap_or(usize::MAX);
        datagram = datagram.get(length..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, length: u32) -> Vec<u8> {
        let mut m = length.to_ne_bytes().to_vec();
        m.extend(kind.to_ne_bytes());
        m.resize((length as usize).max(16).next_multiple_of(4), 0);
        m
    }

    #[test]
    fn every_message_of_a_datagram_counts() {
        let datagram = [message(16, 33), message(99, 16), message(25, 20)].concat();
        assert_eq!(nouns(&datagram), Nouns { links: true, routes: true, ..Nouns::default() });
    }

    #[test]
    fn a_message_that_lies_about_its_length_ends_the_datagram() {
        assert_eq!(nouns(&message(20, 0)), Nouns { addresses: true, ..Nouns::default() });
        let mut endless = message(20, 16);
        endless[..4].copy_from_slice(&u32::MAX.to_ne_bytes());
        assert_eq!(nouns(&endless), Nouns { addresses: true, ..Nouns::default() });
        assert_eq!(nouns(&[1, 2, 3]), Nouns::default());
    }
}
