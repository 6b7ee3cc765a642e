//! `ip=`: addresses, a gateway, a name, resolvers and a time server for one link.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

/// One `ip=`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ip {
    /// The address with the length of its prefix.
    pub address: Option<IpNet>,
    /// Where everything else is sent.
    pub gateway: Option<IpAddr>,
    /// The host name.
    pub hostname: Option<String>,
    /// The link; the first one that is not loopback by default.
    pub device: Option<String>,
    /// Whether DHCP gives the address.
    pub dhcp: bool,
    /// Resolvers.
    pub resolvers: Vec<IpAddr>,
    /// A time server.
    pub time_server: Option<String>,
}

/// Reads a value; none if it says what happens anyway (`dhcp` alone).
pub(crate) fn parse(value: &str) -> Result<Option<Ip>, String> {
    let fields = split(value)?;
    let field = |at: usize| fields.get(at).map(String::as_str).filter(|field| !field.is_empty());
    match (field(0), field(1), fields.len()) {
        (Some("dhcp" | "on" | "any" | "off" | "none"), None, 1) | (None, None, 1) => return Ok(None),
        (Some(device), Some("dhcp" | "on" | "any"), 2) => {
            return Ok(Some(Ip { device: Some(device.to_owned()), dhcp: true, ..Ip::default() }));
        }
        _ => {}
    }
    let dhcp = match field(6) {
        None | Some("none" | "off") => false,
        Some("dhcp" | "on" | "any") => true,
        Some(other) => {
            return Err(format!("{other:?} is no way to get an address that is known: dhcp or none"));
        }
    };
    let address = match (field(0), field(3)) {
        (None, _) => None,
        (Some(client), mask) => Some(network(address(client, "address")?, mask)?),
    };
    let gateway = field(2).map(|text| self::address(text, "gateway")).transpose()?;
    if let (Some(address), Some(gateway)) = (&address, &gateway)
        && address.addr().is_ipv4() != gateway.is_ipv4()
    {
        return Err("the address and the gateway are of different kinds".to_owned());
    }
    let resolvers = [7, 8].into_iter().filter_map(field);
    let resolvers = resolvers.map(|text| self::address(text, "resolver")).collect::<Result<_, _>>()?;
    Ok(Some(Ip {
        address,
        gateway,
        hostname: field(4).map(str::to_owned),
        device: field(5).map(str::to_owned),
        dhcp,
        resolvers,
        time_server: field(9).map(|text| text.trim_matches(['[', ']']).to_owned()),
    }))
}

/// Fields between colons; an address of IPv6 stands in brackets.
fn split(value: &str) -> Result<Vec<String>, String> {
    let (mut fields, mut inside) = (vec![String::new()], false);
    for c in value.chars() {
        match c {
            '[' if inside => return Err("brackets stand in brackets".to_owned()),
            '[' => inside = true,
            ']' if !inside => return Err("a bracket is closed that was never opened".to_owned()),
            ']' => inside = false,
            ':' if !inside => {
                fields.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(field) = fields.last_mut() {
            field.push(c);
        }
    }
    if inside { Err("a bracket is not closed".to_owned()) } else { Ok(fields) }
}

fn address(text: &str, what: &str) -> Result<IpAddr, String> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().map_err(|_| format!("{text:?} is no {what}"))
}

/// A mask is dotted or the length of a prefix; without one there is only the address itself.
fn network(address: IpAddr, mask: Option<&str>) -> Result<IpNet, String> {
    let whole = if address.is_ipv4() { 32 } else { 128 };
    let wrong = |mask: &str| format!("{mask:?} is no mask for {address}");
    let length = match mask {
        None => whole,
        Some(mask) => match mask.parse::<u8>() {
            Ok(length) => length,
            Err(_) => {
                let dotted: Ipv4Addr = mask.parse().map_err(|_| wrong(mask))?;
                ipnet::ipv4_mask_to_prefix(dotted).map_err(|_| wrong(mask))?
            }
        },
    };
    IpNet::new(address, length).map_err(|_| wrong(mask.unwrap_or_default()))
}
