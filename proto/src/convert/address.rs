//! Addresses, prefixes and ports. An address travels as 4 or 16 bytes, an IPv6 address with a zone
//! as 16 bytes and the name of the zone; no bytes mean no address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use ipnet::IpNet;

use crate::common::{NetIp, NetIpPort, NetIpPrefix};

/// Why a message or a text is not an address, a prefix or an address with a port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// Neither 4 nor at least 16 bytes.
    #[error("an address has 4 or 16 bytes, this one has {0}")]
    Length(usize),
    /// More bits than the address has.
    #[error("prefix length {0} is not one of an address of this family")]
    PrefixLength(i32),
    /// Not in 0 to 65535.
    #[error("port {0} is out of range: it has to be from 0 to 65535")]
    Port(i32),
    /// Text that is none of these.
    #[error("{0:?} is not an address")]
    Text(String),
}

/// Splits off the zone of an IPv6 address.
fn parse(bytes: &[u8]) -> Result<(IpAddr, &[u8]), InvalidAddress> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Ok((IpAddr::V4(Ipv4Addr::from(v4)), &[]));
    }
    let (v6, zone) = bytes.split_first_chunk::<16>().ok_or(InvalidAddress::Length(bytes.len()))?;
    Ok((IpAddr::V6(Ipv6Addr::from(*v6)), zone))
}

fn bytes_of(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

fn bytes_of_text(text: &str) -> Result<Vec<u8>, InvalidAddress> {
    let invalid = || InvalidAddress::Text(text.to_owned());
    match text.split_once('%') {
        None => Ok(bytes_of(text.parse().map_err(|_| invalid())?)),
        Some((_, "")) => Err(invalid()),
        Some((address, zone)) => {
            let v6: Ipv6Addr = address.parse().map_err(|_| invalid())?;
            Ok([v6.octets().as_slice(), zone.as_bytes()].concat())
        }
    }
}

/// `10.0.0.1`, `fe80::1%eth0`, nothing for no address.
fn write_address(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    match parse(bytes) {
        Ok((ip, [])) => write!(f, "{ip}"),
        Ok((ip, zone)) => write!(f, "{ip}%{}", String::from_utf8_lossy(zone)),
        Err(_) => Ok(()),
    }
}

impl NetIp {
    /// Whether this is the absence of an address.
    pub fn is_unset(&self) -> bool {
        self.ip.is_empty()
    }
}

impl From<IpAddr> for NetIp {
    fn from(ip: IpAddr) -> Self {
        NetIp { ip: bytes_of(ip) }
    }
}

impl TryFrom<&NetIp> for IpAddr {
    type Error = InvalidAddress;

    /// Leaves out the zone.
    fn try_from(message: &NetIp) -> Result<Self, InvalidAddress> {
        parse(&message.ip).map(|(ip, _)| ip)
    }
}

impl FromStr for NetIp {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        if text.is_empty() { Ok(NetIp::default()) } else { Ok(NetIp { ip: bytes_of_text(text)? }) }
    }
}

impl fmt::Display for NetIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_address(f, &self.ip)
    }
}

impl From<SocketAddr> for NetIpPort {
    fn from(address: SocketAddr) -> Self {
        NetIpPort { ip: bytes_of(address.ip()), port: address.port().into() }
    }
}

impl TryFrom<&NetIpPort> for SocketAddr {
    type Error = InvalidAddress;

    /// Leaves out the zone.
    fn try_from(message: &NetIpPort) -> Result<Self, InvalidAddress> {
        let (ip, _) = parse(&message.ip)?;
        let port = u16::try_from(message.port).map_err(|_| InvalidAddress::Port(message.port))?;
        Ok(SocketAddr::new(ip, port))
    }
}

impl FromStr for NetIpPort {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        if text.is_empty() {
            return Ok(NetIpPort::default());
        }
        let invalid = || InvalidAddress::Text(text.to_owned());
        let (address, port) = text.rsplit_once(':').ok_or_else(invalid)?;
        let port: u16 = port.parse().map_err(|_| invalid())?;
        let address = match address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(v6) => v6,
            None if address.contains(':') => return Err(invalid()),
            None => address,
        };
        Ok(NetIpPort { ip: bytes_of_text(address)?, port: port.into() })
    }
}

impl fmt::Display for NetIpPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match parse(&self.ip) {
            Err(_) => Ok(()),
            Ok((IpAddr::V4(v4), _)) => write!(f, "{v4}:{}", self.port),
            Ok((IpAddr::V6(_), _)) => {
                f.write_str("[")?;
                write_address(f, &self.ip)?;
                write!(f, "]:{}", self.port)
            }
        }
    }
}

impl From<IpNet> for NetIpPrefix {
    /// Keeps the bits of the host.
    fn from(prefix: IpNet) -> Self {
        NetIpPrefix { ip: bytes_of(prefix.addr()), prefix_length: prefix.prefix_len().into() }
    }
}

impl TryFrom<&NetIpPrefix> for IpNet {
    type Error = InvalidAddress;

    /// Keeps the bits of the host.
    fn try_from(message: &NetIpPrefix) -> Result<Self, InvalidAddress> {
        let (ip, _) = parse(&message.ip)?;
        let invalid = InvalidAddress::PrefixLength(message.prefix_length);
        let length = u8::try_from(message.prefix_length).map_err(|_| invalid.clone())?;
        IpNet::new(ip, length).map_err(|_| invalid)
    }
}

impl FromStr for NetIpPrefix {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        if text.is_empty() {
            return Ok(NetIpPrefix::default());
        }
        let prefix: IpNet = text.parse().map_err(|_| InvalidAddress::Text(text.to_owned()))?;
        Ok(prefix.into())
    }
}

impl fmt::Display for NetIpPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match IpNet::try_from(self) {
            Ok(prefix) => write!(f, "{prefix}"),
            Err(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_as_text_and_as_values() {
        for text in ["10.5.0.2", "::1", "fe80::1%eth0", "::ffff:1.2.3.4", ""] {
            assert_eq!(text.parse::<NetIp>().unwrap().to_string(), text);
        }
        let ip: IpAddr = "fd00::1".parse().unwrap();
        assert_eq!(IpAddr::try_from(&NetIp::from(ip)), Ok(ip));
        assert_eq!(IpAddr::try_from(&NetIp { ip: vec![1, 2] }), Err(InvalidAddress::Length(2)));
    }

    #[test]
    fn ports_survive_as_text_and_as_values() {
        for text in ["10.5.0.2:53", "[::1]:53", "[fe80::1%eth0]:53", ""] {
            assert_eq!(text.parse::<NetIpPort>().unwrap().to_string(), text);
        }
        let address: SocketAddr = "[fd00::1]:50000".parse().unwrap();
        assert_eq!(SocketAddr::try_from(&NetIpPort::from(address)), Ok(address));
        for text in ["10.5.0.2", "::1:53", "10.5.0.2:65536", "%eth0:1"] {
            assert!(text.parse::<NetIpPort>().is_err(), "{text}");
        }
    }

    #[test]
    fn prefixes_keep_the_host_part() {
        for text in ["10.5.0.2/24", "fe80::1/64", ""] {
            assert_eq!(text.parse::<NetIpPrefix>().unwrap().to_string(), text);
        }
        let wrong = NetIpPrefix { ip: vec![10, 0, 0, 1], prefix_length: 33 };
        assert_eq!(IpNet::try_from(&wrong), Err(InvalidAddress::PrefixLength(33)));
    }
}
