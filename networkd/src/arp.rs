//! ARP: telling the neighbours where an address lives, and asking whether somebody has it already.

use std::io::{self, Read};
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::Interest;
use tokio::time::timeout;

/// EtherType of ARP.
const ARP: u16 = 0x0806;

/// Questions before an address counts as free, and the time for each answer: on a link, answers take well under a
/// millisecond, and an address should not wait long.
const PROBES: usize = 2;
const PROBE_TIME: Duration = Duration::from_millis(150);

/// An Ethernet frame that asks everybody who has `target`, in the name of `sender`.
pub fn request(hardware: [u8; 6], sender: Ipv4Addr, target: Ipv4Addr) -> Vec<u8> {
    let mut frame = vec![0xff; 6];
    frame.extend(hardware);
    frame.extend(ARP.to_be_bytes());
    frame.extend([0, 1, 0x08, 0, 6, 4, 0, 1]); // Ethernet, IPv4, address lengths, request
    frame.extend(hardware);
    frame.extend(sender.octets());
    frame.extend([0; 6]);
    frame.extend(target.octets());
    frame
}

/// Who sent an ARP frame, and in whose name.
fn sender(frame: &[u8]) -> Option<([u8; 6], Ipv4Addr)> {
    if frame.get(12..20)? != [0x08, 0x06, 0, 1, 0x08, 0, 6, 4] {
        return None;
    }
    let hardware: [u8; 6] = frame.get(22..28)?.try_into().ok()?;
    let ip: [u8; 4] = frame.get(28..32)?.try_into().ok()?;
    Some((hardware, ip.into()))
}

/// Somebody else on the link answers for `address` (RFC 5227 2.1.1). Where that cannot be asked, nobody does.
pub async fn is_taken(link: u32, hardware: &[u8], address: Ipv4Addr) -> bool {
    let Ok(own) = <[u8; 6]>::try_from(hardware) else { return false };
    match ask(link, own, address).await {
        Ok(taken) => taken,
        Err(error) => {
            tracing::debug!(%address, "asking whether the address is free: {error}");
            false
        }
    }
}

async fn ask(link: u32, own: [u8; 6], address: Ipv4Addr) -> io::Result<bool> {
    let socket = sys::packet::listen(link, ARP).map_err(|e| e.source)?;
    let socket = sys::watch::watch(std::fs::File::from(socket), Interest::READABLE).map_err(|e| e.source)?;
    let question = request(own, Ipv4Addr::UNSPECIFIED, address);
    for _ in 0..PROBES {
        sys::packet::send(link, &question).map_err(|e| e.source)?;
        let answered = timeout(PROBE_TIME, async {
            let mut frame = [0; 64];
            loop {
                let length = socket.async_io(Interest::READABLE, |mut s| s.read(&mut frame)).await?;
                let from = sender(frame.get(..length).unwrap_or_default());
                if from.is_some_and(|(hardware, ip)| ip == address && hardware != own) {
                    return io::Result::Ok(());
                }
            }
        });
        match answered.await {
            Ok(answer) => return answer.map(|()| true),
            Err(_) => continue,
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: [u8; 6] = [2, 0, 0, 0, 0, 7];
    const IP: Ipv4Addr = Ipv4Addr::new(10, 5, 0, 9);

    #[test]
    fn a_request_asks_everybody() {
        let frame = request(MAC, IP, IP);
        assert_eq!(frame.len(), 42);
        assert_eq!(&frame[..12], [[0xff; 6], MAC].concat());
        assert_eq!(&frame[38..], IP.octets());
    }

    #[test]
    fn senders_are_read_back_and_other_frames_are_not_taken_for_arp() {
        assert_eq!(sender(&request(MAC, IP, IP)), Some((MAC, IP)));
        assert_eq!(sender(&request(MAC, IP, IP)[..30]), None);
        assert_eq!(sender(&[0; 64]), None);
    }
}
