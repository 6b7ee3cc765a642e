//! Runs one client: its socket, its clock, and what it found for the node.

use std::net::Ipv4Addr;
use std::time::Duration;

use dhcproto::v4::Message;
use dhcproto::{Decodable, Decoder, Encodable};
use proto::resource::network::Dhcp4OperatorSpec;
use tokio::sync::watch;
use tokio::time::Instant;

use super::client::{Action, Client};
use super::message::{Identity, client_id_duid, client_id_mac};
use super::socket::LinkSocket;
use super::wishes::wishes;
use crate::arp;
use crate::random;
use crate::wishes::Wishes;
use proto::resource::enums::NethelpersClientIdentifier;

/// Pause before a socket that could not be opened is tried again.
const REOPEN: Duration = Duration::from_secs(1);

/// What the runner is told from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The link works.
    Run,
    /// The link has no carrier: keep what there is.
    Pause,
    /// Give the address back and end.
    Stop,
}

/// Who the client on a link is.
pub fn identity(hardware: &[u8], spec: &Dhcp4OperatorSpec, hostname: &str) -> Identity {
    let id = spec.client_identifier.clone().unwrap_or_default();
    let client_id = match NethelpersClientIdentifier::try_from(id.client_identifier) {
        Ok(NethelpersClientIdentifier::ClientIdentifierMac) => client_id_mac(hardware),
        Ok(NethelpersClientIdentifier::ClientIdentifierDuid) => {
            client_id_duid(hardware, &hex(&id.duid_raw_hex))
        }
        Ok(NethelpersClientIdentifier::ClientIdentifierNone) | Err(_) => Vec::new(),
    };
    Identity {
        hardware: hardware.to_vec(),
        client_id,
        hostname: hostname.to_owned(),
        skip_hostname: spec.skip_hostname_request,
    }
}

/// Bytes of hexadecimal text, with or without colons; what is none is left out.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().filter_map(|c| c.to_digit(16)).filter_map(|d| u8::try_from(d).ok()).collect();
    digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect()
}

/// Runs until told to stop, on the link with this name and number. `found` gets the wishes of each lease, and
/// nothing while there is none.
pub async fn run(
    link: String,
    index: u32,
    identity: Identity,
    spec: Dhcp4OperatorSpec,
    mut orders: watch::Receiver<Order>,
    found: impl Fn(Option<Wishes>),
) {
    let start = Instant::now();
    let hardware = identity.hardware.clone();
    let mut client = Client::new(identity, Duration::ZERO);
    let mut socket = None;
    let mut using = None;
    loop {
        let order = *orders.borrow_and_update();
        match order {
            Order::Stop => break,
            Order::Pause => {
                if orders.changed().await.is_err() {
                    break;
                }
                client.reconnected(start.elapsed(), random::u32());
                continue;
            }
            Order::Run => {}
        }
        let open = match &mut socket {
            Some(open) => open,
            empty => match LinkSocket::open(&link, index, &hardware) {
                Ok(opened) => empty.insert(opened),
                Err(error) => {
                    tracing::warn!(link, "DHCP cannot open its socket: {error}");
                    let _ = tokio::time::timeout(REOPEN, orders.changed()).await;
                    continue;
                }
            },
        };
        let actions = tokio::select! {
            changed = orders.changed() => {
                if changed.is_err() { break }
                continue;
            }
            () = tokio::time::sleep_until(start + client.wake_at().min(FAR)) => {
                client.tick(start.elapsed(), random::u32())
            }
            received = open.receive() => match received {
                Ok(bytes) => match Message::decode(&mut Decoder::new(bytes)) {
                    Ok(message) => client.receive(&message, start.elapsed()),
                    Err(error) => {
                        tracing::debug!(link, "a DHCP message cannot be read: {error}");
                        continue;
                    }
                },
                Err(error) => {
                    tracing::debug!(link, "receiving DHCP messages: {error}");
                    socket = None;
                    tokio::time::sleep(REOPEN).await;
                    continue;
                }
            },
        };
        let actions = match new_address(&actions, using) {
            Some(address) if arp::is_taken(index, &hardware, address).await => {
                tracing::warn!(link, %address, "the leased address is somebody else's; declining it");
                client.conflict(start.elapsed())
            }
            _ => actions,
        };
        using = client.lease().map(|l| l.address.addr());
        if !perform(&link, &spec, open, actions, &found).await {
            socket = None;
        }
    }
    if let Some(open) = &socket {
        perform(&link, &spec, open, client.release(), &found).await;
    }
    found(None);
}

/// The address that the client is about to use, unless it does so already.
fn new_address(actions: &[Action], using: Option<Ipv4Addr>) -> Option<Ipv4Addr> {
    let used = |a: &Action| if let Action::Use(lease) = a { Some(lease.address.addr()) } else { None };
    actions.iter().find_map(used).filter(|address| Some(*address) != using)
}

/// Furthest time that is waited for: clocks overflow beyond.
const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Does what the client wants; false when the socket does not work.
async fn perform(
    link: &str,
    spec: &Dhcp4OperatorSpec,
    socket: &LinkSocket,
    actions: Vec<Action>,
    found: &impl Fn(Option<Wishes>),
) -> bool {
    let mut works = true;
    for action in actions {
        let (message, to) = match action {
            Action::Broadcast(message) => (message, None),
            Action::Unicast(message, server) => (message, Some(server)),
            Action::Use(lease) => {
                tracing::info!(link, address = %lease.address, time = ?lease.time, "DHCP lease");
                found(Some(wishes(link, spec, &lease)));
                continue;
            }
            Action::Stop => {
                tracing::info!(link, "DHCP lease ended");
                found(None);
                continue;
            }
        };
        let sent = match (message.to_vec(), to) {
            (Ok(bytes), Some(server)) => socket.send(&bytes, server).await.map_err(|e| e.to_string()),
            (Ok(bytes), None) => socket.broadcast(&bytes, message.ciaddr()).map_err(|e| e.to_string()),
            (Err(error), _) => Err(error.to_string()),
        };
        if let Err(error) = sent {
            // No way to the server, or the link is gone: the client's own clock tries again.
            tracing::debug!(link, "sending a DHCP message: {error}");
            works = false;
        }
    }
    works
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::resource::network::ClientIdentifierSpec;

    #[test]
    fn clients_identify_themselves_as_configured() {
        let mac = [2, 0, 0, 0, 0, 9];
        let with = |kind, duid: &str| {
            let id = ClientIdentifierSpec { client_identifier: kind, duid_raw_hex: duid.into() };
            let spec = Dhcp4OperatorSpec { client_identifier: Some(id), ..Default::default() };
            identity(&mac, &spec, "").client_id
        };
        assert!(with(0, "").is_empty());
        assert_eq!(with(1, ""), [1, 2, 0, 0, 0, 0, 9]);
        assert_eq!(with(2, "00:01:aB"), [255, 0, 0, 0, 9, 0, 1, 0xab]);
    }
}
