//! The tables of sockets below /proc/net, as proc_pid_net(5) describes them. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proto::machine::ConnectRecord;
use proto::machine::connect_record::{State, TimerActive};

/// Which sockets of a table are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    All,
    /// With a peer, or on the way to or from one.
    Connected,
    /// Waiting for whoever comes.
    Listening,
}

/// The sockets of a table. Lines that make no sense are left out.
pub(super) fn parse(protocol: &str, text: &str, want: Want) -> Vec<ConnectRecord> {
    let records = text.lines().skip(1).filter_map(|line| record(protocol, line));
    records.filter(|record| wanted(record, want)).collect()
}

fn wanted(record: &ConnectRecord, want: Want) -> bool {
    // Without connections, a socket that nobody is bound to is one that waits.
    let waits = match record.l4proto.starts_with("tcp") {
        true => record.state() == State::Listen,
        false => record.state() == State::Close,
    };
    match want {
        Want::All => true,
        Want::Listening => waits,
        Want::Connected => !waits,
    }
}

fn record(protocol: &str, line: &str) -> Option<ConnectRecord> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let mut next = || fields.next();
    let (localip, localport) = place(next()?)?;
    let (remoteip, remoteport) = place(next()?)?;
    let state = i32::from_str_radix(next()?, 16).ok()?;
    let (txqueue, rxqueue) = pair(next()?)?;
    let (timer, timerwhen) = pair(next()?)?;
    let retrnsmt = hex(next()?)?;
    Some(ConnectRecord {
        l4proto: protocol.to_owned(),
        localip,
        localport,
        remoteip,
        remoteport,
        state: State::try_from(state).unwrap_or(State::Reserved) as i32,
        txqueue,
        rxqueue,
        tr: i32::try_from(timer).ok().and_then(|t| TimerActive::try_from(t).ok()).unwrap_or_default() as i32,
        timerwhen,
        retrnsmt,
        uid: next()?.parse().ok()?,
        timeout: next()?.parse().ok()?,
        inode: next()?.parse().ok()?,
        r#ref: next()?.parse().ok()?,
        pointer: hex(next()?)?,
        process: None,
        netns: String::new(),
    })
}

fn hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}

fn pair(text: &str) -> Option<(u64, u64)> {
    let (left, right) = text.split_once(':')?;
    Some((hex(left)?, hex(right)?))
}

/// Address and port of `0100007F:1F90`; the address is in words of the machine's byte order.
fn place(text: &str) -> Option<(String, u32)> {
    let (address, port) = text.split_once(':')?;
    let word = |i: usize| Some(u32::from_str_radix(address.get(i * 8..i * 8 + 8)?, 16).ok()?.to_ne_bytes());
    let address: IpAddr = match address.len() {
        8 => Ipv4Addr::from(word(0)?).into(),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?];
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            Ipv6Addr::from(bytes).into()
        }
        _ => return None,
    };
    Some((address.to_string(), u32::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2808 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20838 1 ffff8881 100 0 0 10 0
   1: 0202050A:C350 0302050A:9C40 01 00000010:00000020 02:000003E7 00000003    50        7 20616 2 0000000000000000 20 4 30 10 -1
   2: broken
";

    const TCP6: &str = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:C350 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000    50        0 7 1 0 100 0 0 10 0
   1: 0000000000000000FFFF00000202050A:C350 B80D0120000000000000000001000000:0001 06 00000000:00000000 03:00000001 00000000     0        0 0 3 0
";

    const UDP: &str = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  500: 6C74FEA9:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000    52        0 31 2 0000000000000000 0
  501: 0202050A:D431 0102050A:0035 01 00000000:00000000 00:00000000 00000000     0        0 32 2 0000000000000000 0
";

    #[test]
    fn every_field_of_a_connection_is_read() {
        let all = parse("tcp", TCP, Want::All);
        assert_eq!(all.len(), 2);
        let c = &all[1];
        assert_eq!((c.localip.as_str(), c.localport), ("10.5.2.2", 50000));
        assert_eq!((c.remoteip.as_str(), c.remoteport), ("10.5.2.3", 40000));
        assert_eq!((c.state(), c.txqueue, c.rxqueue), (State::Established, 16, 32));
        assert_eq!((c.tr(), c.timerwhen, c.retrnsmt), (TimerActive::Keepalive, 999, 3));
        assert_eq!((c.uid, c.timeout, c.inode, c.r#ref), (50, 7, 20616, 2));
    }

    #[test]
    fn addresses_of_both_families_are_read() {
        let all = parse("tcp6", TCP6, Want::All);
        assert_eq!((all[0].localip.as_str(), all[0].remoteip.as_str()), ("::", "::"));
        assert_eq!((all[1].localip.as_str(), all[1].remoteip.as_str()), ("::ffff:10.5.2.2", "2001:db8::1"));
    }

    #[test]
    fn sockets_that_wait_and_sockets_with_a_peer_are_told_apart() {
        let ports = |protocol, text, want| -> Vec<u32> {
            parse(protocol, text, want).iter().map(|r| r.localport).collect()
        };
        assert_eq!(ports("tcp", TCP, Want::Listening), [10248]);
        assert_eq!(ports("tcp", TCP, Want::Connected), [50000]);
        assert_eq!(ports("udp", UDP, Want::Listening), [53]);
        assert_eq!(ports("udp", UDP, Want::Connected), [54321]);
    }
}
