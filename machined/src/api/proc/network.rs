//! /proc/net/dev.

use proto::machine::{NetDev, NetworkDeviceStats};
use tonic::Status;

use super::number;

/// Handles `NetworkDeviceStats`.
pub fn network_device_stats() -> Result<NetworkDeviceStats, Status> {
    Ok(parse(&super::read("/proc/net/dev")?))
}

/// Parses proc_pid_net(5) `dev`, and adds the devices up.
pub fn parse(text: &str) -> NetworkDeviceStats {
    let device = |line: &str| {
        let (name, values) = line.split_once(':')?;
        let fields: Vec<&str> = values.split_ascii_whitespace().collect();
        let n = |i| number(&fields, i);
        Some(NetDev {
            name: name.trim().to_owned(),
            rx_bytes: n(0),
            rx_packets: n(1),
            rx_errors: n(2),
            rx_dropped: n(3),
            rx_fifo: n(4),
            rx_frame: n(5),
            rx_compressed: n(6),
            rx_multicast: n(7),
            tx_bytes: n(8),
            tx_packets: n(9),
            tx_errors: n(10),
            tx_dropped: n(11),
            tx_fifo: n(12),
            tx_collisions: n(13),
            tx_carrier: n(14),
            tx_compressed: n(15),
        })
    };
    let devices: Vec<NetDev> = text.lines().filter_map(device).collect();
    let total = devices.iter().fold(NetDev::default(), |mut total, d| {
        total.rx_bytes += d.rx_bytes;
        total.rx_packets += d.rx_packets;
        total.rx_errors += d.rx_errors;
        total.rx_dropped += d.rx_dropped;
        total.rx_fifo += d.rx_fifo;
        total.rx_frame += d.rx_frame;
        total.rx_compressed += d.rx_compressed;
        total.rx_multicast += d.rx_multicast;
        total.tx_bytes += d.tx_bytes;
        total.tx_packets += d.tx_packets;
        total.tx_errors += d.tx_errors;
        total.tx_dropped += d.tx_dropped;
        total.tx_fifo += d.tx_fifo;
        total.tx_collisions += d.tx_collisions;
        total.tx_carrier += d.tx_carrier;
        total.tx_compressed += d.tx_compressed;
        total
    });
    NetworkDeviceStats { metadata: None, total: Some(total), devices }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_heading_lines_are_no_devices() {
        let text = "Inter-|   Receive    |  Transmit\n face |bytes packets|bytes\n    lo:  10 1 0 0 0 0 0 0 10 1 0 0 0 0 0 0\n  eth0: 5 2 0 0 0 0 0 0 7 3 0 0 0 0 0 0\n";
        let stats = parse(text);
        let names: Vec<_> = stats.devices.iter().map(|d| d.name.as_str()).collect();
        assert_eq!(names, ["lo", "eth0"]);
        let total = stats.total.unwrap();
        assert_eq!((total.rx_bytes, total.tx_packets), (15, 4));
    }
}
