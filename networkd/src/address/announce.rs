//! Telling the neighbours that an address lives here now (gratuitous ARP).

use std::net::IpAddr;

use crate::kernel::Link;

/// Announces addresses.
pub trait Announce: Send + Sync + 'static {
    /// Tells everybody on `link` that `address` lives here.
    fn announce(&self, link: &Link, address: IpAddr) -> std::io::Result<()>;
}

/// Announces nothing: where there are no raw sockets, and in tests.
pub struct Silent;

impl Announce for Silent {
    fn announce(&self, _: &Link, _: IpAddr) -> std::io::Result<()> {
        Ok(())
    }
}

/// Announces IPv4 addresses on the wire.
pub struct GratuitousArp;

impl Announce for GratuitousArp {
    fn announce(&self, link: &Link, address: IpAddr) -> std::io::Result<()> {
        match gratuitous_arp(&link.status.hardware_addr, address) {
            Some(frame) => sys::packet::send(link.status.index, &frame).map_err(|e| e.source),
            None => Ok(()),
        }
    }
}

/// An Ethernet frame with an ARP request for an address by its own holder, to everybody; `None` for IPv6 and for
/// links without an Ethernet address.
pub fn gratuitous_arp(hardware: &[u8], address: IpAddr) -> Option<Vec<u8>> {
    let (IpAddr::V4(ip), Ok(mac)) = (address, <[u8; 6]>::try_from(hardware)) else { return None };
    let mut frame = vec![0xff; 6];
    frame.extend(mac);
    frame.extend([0x08, 0x06]); // EtherType ARP
    frame.extend([0, 1, 0x08, 0, 6, 4, 0, 1]); // Ethernet, IPv4, address lengths, request
    frame.extend(mac);
    frame.extend(ip.octets());
    frame.extend([0; 6]);
    frame.extend(ip.octets());
    Some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_asks_everybody_for_ones_own_address() {
        let mac = [2, 0, 0, 0, 0, 7];
        let frame = gratuitous_arp(&mac, "10.5.0.9".parse().unwrap()).unwrap();
        assert_eq!(frame.len(), 42);
        assert_eq!(&frame[..12], [[0xff; 6], mac].concat());
        assert_eq!(&frame[22..32], [&mac[..], &[10, 5, 0, 9]].concat());
        assert_eq!(&frame[38..], [10, 5, 0, 9]);
    }

    #[test]
    fn ipv6_and_links_without_ethernet_are_not_announced() {
        assert_eq!(gratuitous_arp(&[2; 6], "::1".parse().unwrap()), None);
        assert_eq!(gratuitous_arp(&[], "10.5.0.9".parse().unwrap()), None);
    }
}
