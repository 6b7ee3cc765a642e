//! Telling the neighbours that an address lives here now (gratuitous ARP).

use std::net::IpAddr;

use crate::arp;
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
        let hardware = <[u8; 6]>::try_from(link.status.hardware_addr.as_slice());
        match (hardware, address) {
            (Ok(hardware), IpAddr::V4(ip)) => {
                sys::packet::send(link.status.index, &arp::request(hardware, ip, ip)).map_err(|e| e.source)
            }
            // IPv6 has its own way, which the kernel takes by itself; other links have no ARP.
            _ => Ok(()),
        }
    }
}
