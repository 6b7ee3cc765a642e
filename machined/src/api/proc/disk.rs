//! /proc/diskstats.

use proto::machine::{DiskStat, DiskStats};
use tonic::Status;

use super::number;

/// Handles `DiskStats`.
pub fn disk_stats() -> Result<DiskStats, Status> {
    Ok(parse(&super::read("/proc/diskstats")?))
}

/// Parses the kernel's iostats (Documentation/admin-guide/iostats.rst), and adds them up.
pub fn parse(text: &str) -> DiskStats {
    let device = |line: &str| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let name = (*fields.get(2)?).to_owned();
        let n = |i| number(&fields, i);
        Some(DiskStat {
            name,
            read_completed: n(3),
            read_merged: n(4),
            read_sectors: n(5),
            read_time_ms: n(6),
            write_completed: n(7),
            write_merged: n(8),
            write_sectors: n(9),
            write_time_ms: n(10),
            io_in_progress: n(11),
            io_time_ms: n(12),
            io_time_weighted_ms: n(13),
            discard_completed: n(14),
            discard_merged: n(15),
            discard_sectors: n(16),
            discard_time_ms: n(17),
        })
    };
    let devices: Vec<DiskStat> = text.lines().filter_map(device).collect();
    let total = devices.iter().fold(DiskStat::default(), |mut total, d| {
        total.read_completed += d.read_completed;
        total.read_merged += d.read_merged;
        total.read_sectors += d.read_sectors;
        total.read_time_ms += d.read_time_ms;
        total.write_completed += d.write_completed;
        total.write_merged += d.write_merged;
        total.write_sectors += d.write_sectors;
        total.write_time_ms += d.write_time_ms;
        total.io_in_progress += d.io_in_progress;
        total.io_time_ms += d.io_time_ms;
        total.io_time_weighted_ms += d.io_time_weighted_ms;
        total.discard_completed += d.discard_completed;
        total.discard_merged += d.discard_merged;
        total.discard_sectors += d.discard_sectors;
        total.discard_time_ms += d.discard_time_ms;
        total
    });
    DiskStats { metadata: None, total: Some(total), devices }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_lines_of_old_kernels_count_as_zero_and_the_total_is_the_sum() {
        let stats = parse(" 8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n 8 1 sda1 1 0 8 0\n");
        assert_eq!(stats.devices.len(), 2);
        assert_eq!(stats.devices[0].discard_time_ms, 15);
        assert_eq!(stats.total.unwrap().read_sectors, 11);
    }
}
