//! /proc/mounts with sizes.

use proto::machine::{MountStat, Mounts};
use tonic::Status;

/// Handles `Mounts`; what cannot be measured is left out. Sizes are bytes.
pub fn mounts() -> Result<Mounts, Status> {
    let mut stats = Vec::new();
    for (filesystem, mounted_on) in parse(&super::read("/proc/mounts")?) {
        let Ok(usage) = sys::statfs::usage(std::path::Path::new(&mounted_on)) else { continue };
        stats.push(MountStat { filesystem, size: usage.total, available: usage.available, mounted_on });
    }
    Ok(Mounts { metadata: None, stats })
}

/// Source and target of each line of fstab(5) form, octal escapes undone.
fn parse(text: &str) -> Vec<(String, String)> {
    let line = |line: &str| {
        let mut fields = line.split_ascii_whitespace();
        Some((unescape(fields.next()?), unescape(fields.next()?)))
    };
    text.lines().filter_map(line).collect()
}

fn unescape(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_in_names_are_escaped_by_the_kernel() {
        let parsed = parse("/dev/sda1 /mnt/a\\040b ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n");
        assert_eq!(parsed[0], ("/dev/sda1".to_owned(), "/mnt/a b".to_owned()));
        assert_eq!(parsed.len(), 2);
    }
}
