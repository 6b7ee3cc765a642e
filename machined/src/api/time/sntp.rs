//! One question to a time server (RFC 4330): how far its clock is from ours.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use tokio::net::UdpSocket;

/// Port of time servers.
pub(super) const PORT: u16 = 123;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// Seconds from 1900, where the protocol begins, to 1970.
const EPOCH: u64 = 2_208_988_800;
/// Length of question and answer.
const LENGTH: usize = 48;

/// A time of the protocol: seconds since 1900 and fractions of 2^-32 s.
type Stamp = [u8; 8];

/// How far the server's clock is ahead of ours, in nanoseconds.
pub(super) async fn offset(server: SocketAddr) -> io::Result<i128> {
    tokio::time::timeout(PATIENCE, ask(server))
        .await
        .unwrap_or_else(|_| Err(io::Error::other(format!("no answer within {} s", PATIENCE.as_secs()))))
}

async fn ask(address: SocketAddr) -> io::Result<i128> {
    let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(address).await?;
    let sent = SystemTime::now();
    socket.send(&question(sent)).await?;
    let mut answer = [0; LENGTH];
    loop {
        let length = socket.recv(&mut answer).await?;
        // Anything else was not meant for this question.
        if length == LENGTH && answer.get(24..32) == Some(&stamp(sent)[..]) {
            return read(&answer, sent, SystemTime::now()).map_err(io::Error::other);
        }
    }
}

fn question(now: SystemTime) -> [u8; LENGTH] {
    let mut packet = [0; LENGTH];
    // Version 4, client.
    packet[0] = 0x23;
    packet[LENGTH - 8..].copy_from_slice(&stamp(now));
    packet
}

/// The offset that an answer tells, received at `now`.
fn read(answer: &[u8; LENGTH], sent: SystemTime, now: SystemTime) -> Result<i128, &'static str> {
    let [first, stratum, ..] = *answer;
    if first & 7 != 4 {
        return Err("the answer is not a server's");
    }
    if stratum == 0 {
        return Err("the server refuses to tell the time");
    }
    if first >> 6 == 3 {
        return Err("the server does not know the time itself");
    }
    let at = |start: usize| {
        let mut stamp = [0; 8];
        stamp.copy_from_slice(answer.get(start..start + 8).unwrap_or(&[0; 8]));
        nanos_of(stamp)
    };
    let (received, transmitted) = (at(32), at(40));
    Ok(((received - nanos(sent)) + (transmitted - nanos(now))) / 2)
}

/// Nanoseconds since 1970.
fn nanos(time: SystemTime) -> i128 {
    let since = |d: Duration| i128::try_from(d.as_nanos()).unwrap_or(i128::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => since(after),
        Err(before) => -since(before.duration()),
    }
}

fn nanos_of(stamp: Stamp) -> i128 {
    let [a, b, c, d, e, f, g, h] = stamp;
    let (mut seconds, fraction) =
        (i128::from(u32::from_be_bytes([a, b, c, d])), i128::from(u32::from_be_bytes([e, f, g, h])));
    // The counter of seconds starts again in 2036; small numbers are of the era after that.
    if seconds < 1 << 31 {
        seconds += 1 << 32;
    }
    (seconds - i128::from(EPOCH)) * 1_000_000_000 + ((fraction * 1_000_000_000) >> 32)
}

fn stamp(time: SystemTime) -> Stamp {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs().wrapping_add(EPOCH);
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    ((seconds << 32) | fraction).to_be_bytes()
}

/// A time moved by an offset.
pub(super) fn shifted(time: SystemTime, offset: i128) -> SystemTime {
    let by = Duration::from_nanos(u64::try_from(offset.unsigned_abs()).unwrap_or(u64::MAX));
    let moved = if offset < 0 { time.checked_sub(by) } else { time.checked_add(by) };
    moved.unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(stratum: u8, first: u8, server: SystemTime) -> [u8; LENGTH] {
        let mut packet = [0; LENGTH];
        (packet[0], packet[1]) = (first, stratum);
        packet[32..40].copy_from_slice(&stamp(server));
        packet[40..48].copy_from_slice(&stamp(server));
        packet
    }

    #[test]
    fn the_offset_is_that_of_the_middle_of_the_exchange() {
        let sent = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let now = sent + Duration::from_millis(100);
        let server = sent + Duration::from_millis(2050);
        let offset = read(&answer(1, 0x24, server), sent, now).unwrap();
        assert!((offset - 2_000_000_000).abs() < 10, "{offset}");
        assert_eq!(shifted(now, -1_000_000_000), now - Duration::from_secs(1));
    }

    #[test]
    fn the_counter_of_seconds_may_start_again() {
        let late = SystemTime::UNIX_EPOCH + Duration::from_secs(2_200_000_000);
        assert!((nanos_of(stamp(late)) - nanos(late)).abs() < 10);
    }

    #[test]
    fn servers_that_refuse_or_do_not_know_are_not_believed() {
        let now = SystemTime::now();
        for (stratum, first) in [(0, 0x24), (1, 0x23), (1, 0xe4)] {
            assert!(read(&answer(stratum, first, now), now, now).is_err(), "{stratum} {first}");
        }
    }

    #[tokio::test]
    async fn a_server_is_asked_and_its_clock_compared() {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        let serve = async {
            let mut question = [0; LENGTH];
            let (_, peer) = server.recv_from(&mut question).await.unwrap();
            let mut packet = answer(2, 0x24, SystemTime::now() + Duration::from_secs(5));
            packet[24..32].copy_from_slice(&question[40..48]);
            server.send_to(b"noise", peer).await.unwrap();
            server.send_to(&packet, peer).await.unwrap();
        };
        let (offset, ()) = tokio::join!(offset(address), serve);
        let seconds = offset.unwrap() as f64 / 1e9;
        assert!((4.0..6.0).contains(&seconds), "{seconds}");
    }
}
