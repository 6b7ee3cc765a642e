//! Messages of a client. Pure.

use std::net::Ipv4Addr;

use dhcproto::v4::{DhcpOption, Flags, Message, MessageType, OptionCode};

/// Who the client is and what it wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Hardware address of the link.
    pub hardware: Vec<u8>,
    /// Client identifier; empty sends none.
    pub client_id: Vec<u8>,
    /// Name that the client tells the server; empty tells none.
    pub hostname: String,
    /// The server's idea of the name is not asked for.
    pub skip_hostname: bool,
}

/// Type of hardware in a client identifier: Ethernet.
const ETHERNET: u8 = 1;

/// Mark of a client identifier made of an interface number and a DUID (RFC 4361).
const IAID_DUID: u8 = 255;

/// Client identifier made of the hardware address.
pub fn client_id_mac(hardware: &[u8]) -> Vec<u8> {
    [&[ETHERNET], hardware].concat()
}

/// Client identifier made of a DUID; the interface number is the end of the hardware address.
pub fn client_id_duid(hardware: &[u8], duid: &[u8]) -> Vec<u8> {
    let start = hardware.len().saturating_sub(4);
    [&[IAID_DUID], hardware.get(start..).unwrap_or_default(), duid].concat()
}

/// A message of this client with what all of them have.
fn base(identity: &Identity, xid: u32, elapsed: u16, kind: MessageType) -> Message {
    let zero = Ipv4Addr::UNSPECIFIED;
    let mut message = Message::new_with_id(xid, zero, zero, zero, zero, &identity.hardware);
    message.set_secs(elapsed);
    let options = message.opts_mut();
    options.insert(DhcpOption::MessageType(kind));
    if !identity.client_id.is_empty() {
        options.insert(DhcpOption::ClientIdentifier(identity.client_id.clone()));
    }
    message
}

/// Adds what a client asks for (contract os.md 5.3).
fn ask(message: &mut Message, identity: &Identity) {
    let mut wanted = vec![
        OptionCode::ClasslessStaticRoute,
        OptionCode::SubnetMask,
        OptionCode::Router,
        OptionCode::DomainNameServer,
        OptionCode::DomainSearch,
        OptionCode::NtpServers,
        OptionCode::InterfaceMtu,
    ];
    if !identity.skip_hostname {
        wanted.extend([OptionCode::Hostname, OptionCode::DomainName]);
    }
    message.opts_mut().insert(DhcpOption::ParameterRequestList(wanted));
    if !identity.hostname.is_empty() {
        message.opts_mut().insert(DhcpOption::Hostname(identity.hostname.clone()));
    }
}

/// Is there a server? The answer has to be broadcast: the link has no address to receive it on.
pub fn discover(identity: &Identity, xid: u32, elapsed: u16) -> Message {
    let mut message = base(identity, xid, elapsed, MessageType::Discover);
    message.set_flags(Flags::default().set_broadcast());
    ask(&mut message, identity);
    message
}

/// I take what this server offered.
pub fn request(identity: &Identity, xid: u32, elapsed: u16, address: Ipv4Addr, server: Ipv4Addr) -> Message {
    let mut message = base(identity, xid, elapsed, MessageType::Request);
    message.set_flags(Flags::default().set_broadcast());
    ask(&mut message, identity);
    message.opts_mut().insert(DhcpOption::RequestedIpAddress(address));
    message.opts_mut().insert(DhcpOption::ServerIdentifier(server));
    message
}

/// I want to keep the address that I have (renewing and rebinding).
pub fn extend(identity: &Identity, xid: u32, elapsed: u16, address: Ipv4Addr) -> Message {
    let mut message = base(identity, xid, elapsed, MessageType::Request);
    message.set_ciaddr(address);
    ask(&mut message, identity);
    message
}

/// Somebody else has the address already.
pub fn decline(identity: &Identity, xid: u32, address: Ipv4Addr, server: Ipv4Addr) -> Message {
    let mut message = base(identity, xid, 0, MessageType::Decline);
    message.opts_mut().insert(DhcpOption::RequestedIpAddress(address));
    message.opts_mut().insert(DhcpOption::ServerIdentifier(server));
    message
}

/// I do not need the address any more.
pub fn release(identity: &Identity, xid: u32, address: Ipv4Addr, server: Ipv4Addr) -> Message {
    let mut message = base(identity, xid, 0, MessageType::Release);
    message.set_ciaddr(address);
    message.opts_mut().insert(DhcpOption::ServerIdentifier(server));
    message
}
