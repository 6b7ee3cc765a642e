//! Addresses and prefixes between their wire form (bytes) and the standard library's types.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;
use proto::common::{NetIp, NetIpPort, NetIpPrefix};
use proto::resource::enums::NethelpersFamily;

/// Host DNS address that pods reach through the node, IPv4 (contract os.md 5.5).
pub const HOST_DNS_V4: Ipv4Addr = Ipv4Addr::new(169, 254, 116, 108);
/// Host DNS address that pods reach through the node, IPv6 (contract os.md 5.5).
pub const HOST_DNS_V6: Ipv6Addr = Ipv6Addr::new(0xfd54, 0x616c, 0x6f73, 0, 0x204f, 0x5320, 0x444e, 0x0531);
/// Host DNS address that the node itself uses (contract os.md 5.5).
pub const HOST_DNS_LOCAL: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 53);

/// Address of 4 or 16 bytes; longer forms (an IPv6 zone follows) keep their first 16 bytes.
pub fn ip_from_bytes(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::from(v4));
    }
    let v6: [u8; 16] = bytes.get(..16)?.try_into().ok()?;
    Some(IpAddr::from(v6))
}

/// Bytes of an address.
pub fn ip_bytes(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

/// Address of a message field; `None` where it is absent or empty.
pub fn ip(field: &Option<NetIp>) -> Option<IpAddr> {
    field.as_ref().and_then(|f| ip_from_bytes(&f.ip))
}

/// Message field of an address.
pub fn net_ip(ip: IpAddr) -> NetIp {
    NetIp { ip: ip_bytes(ip) }
}

/// Prefix of a message field, host bits kept; `None` where it is absent, empty or out of range.
pub fn prefix(field: &Option<NetIpPrefix>) -> Option<IpNet> {
    field.as_ref().and_then(prefix_of)
}

/// Prefix of a message, host bits kept.
pub fn prefix_of(message: &NetIpPrefix) -> Option<IpNet> {
    let ip = ip_from_bytes(&message.ip)?;
    IpNet::new(ip, u8::try_from(message.prefix_length).ok()?).ok()
}

/// Message of a prefix.
pub fn net_prefix(prefix: IpNet) -> NetIpPrefix {
    NetIpPrefix { ip: ip_bytes(prefix.addr()), prefix_length: i32::from(prefix.prefix_len()) }
}

/// Message of an address and port.
pub fn net_ip_port(addr: SocketAddr) -> NetIpPort {
    NetIpPort { ip: ip_bytes(addr.ip()), port: i32::from(addr.port()) }
}

/// Address and port of a message.
pub fn ip_port(message: &NetIpPort) -> Option<SocketAddr> {
    Some(SocketAddr::new(ip_from_bytes(&message.ip)?, u16::try_from(message.port).ok()?))
}

/// The kernel's number of the address family.
pub fn family(ip: IpAddr) -> i32 {
    match ip {
        IpAddr::V4(_) => NethelpersFamily::FamilyInet4 as i32,
        IpAddr::V6(_) => NethelpersFamily::FamilyInet6 as i32,
    }
}

/// Prefix that holds one address only.
pub fn host_prefix(ip: IpAddr) -> IpNet {
    IpNet::from(ip)
}

/// True for fe80::/10 and 169.254.0.0/16.
pub fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

/// Colon-separated hexadecimal form of a hardware address.
pub fn mac_text(mac: &[u8]) -> String {
    mac.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_and_odd_lengths_are_no_address() {
        for bytes in [&[][..], &[1, 2, 3], &[0; 5], &[0; 15]] {
            assert_eq!(ip_from_bytes(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn prefixes_keep_their_host_bits() {
        let p: IpNet = "10.5.0.2/24".parse().unwrap();
        assert_eq!(prefix_of(&net_prefix(p)), Some(p));
        assert_eq!(net_prefix(p).ip, [10, 5, 0, 2]);
    }

    #[test]
    fn a_prefix_longer_than_the_address_is_none() {
        assert_eq!(prefix_of(&NetIpPrefix { ip: vec![10, 0, 0, 1], prefix_length: 33 }), None);
        assert_eq!(prefix_of(&NetIpPrefix { ip: vec![10, 0, 0, 1], prefix_length: -1 }), None);
    }
}
