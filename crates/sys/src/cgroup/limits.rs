//! Resource limits of a group, as the files that hold them.

use super::Version;

/// Limits; what is `None` stays as it is. Memory in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Memory that is never reclaimed (v2 only).
    pub memory_min: Option<u64>,
    /// Memory that is reclaimed last (v1: soft limit).
    pub memory_low: Option<u64>,
    /// Memory above which the group is killed into.
    pub memory_max: Option<u64>,
    /// Swap the group may use (v2 only).
    pub swap_max: Option<u64>,
    /// CPU share, in thousandths of a core that the group would get under full contention.
    pub cpu_millicores: Option<u64>,
    /// Number of tasks.
    pub pids_max: Option<u64>,
}

impl Limits {
    /// File names and contents that express these limits on a host with `cores` CPUs.
    pub fn files(&self, version: Version, cores: u64) -> Vec<(&'static str, String)> {
        let shares = self.cpu_millicores.map(|millicores| shares(millicores, cores));
        let table = match version {
            Version::V2 => vec![
                ("memory.min", self.memory_min),
                ("memory.low", self.memory_low),
                ("memory.max", self.memory_max),
                ("memory.swap.max", self.swap_max),
                ("cpu.weight", shares.map(weight)),
                ("pids.max", self.pids_max),
            ],
            Version::V1 => vec![
                ("memory.soft_limit_in_bytes", self.memory_low),
                ("memory.limit_in_bytes", self.memory_max),
                ("cpu.shares", shares),
                ("pids.max", self.pids_max),
            ],
        };
        table.into_iter().filter_map(|(file, value)| Some((file, value?.to_string()))).collect()
    }
}

/// v1 shares: 1024 a core, and the kernel's minimum of 2.
fn shares(millicores: u64, cores: u64) -> u64 {
    (millicores.min(cores.saturating_mul(1000)).saturating_mul(1024) / 1000).max(2)
}

/// Shares 2…262144 mapped to weights 1…10000 (contract os.md 7.1).
fn weight(shares: u64) -> u64 {
    (shares - 2) * 9999 / 262_142 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_a_weight_on_v2_and_shares_on_v1() {
        let limits = Limits { cpu_millicores: Some(2000), ..Limits::default() };
        assert_eq!(limits.files(Version::V2, 4), [("cpu.weight", "79".into())]);
        assert_eq!(limits.files(Version::V1, 4), [("cpu.shares", "2048".into())]);
        let capped = limits.files(Version::V1, 1);
        assert_eq!(capped, [("cpu.shares", "1024".into())], "never more than the machine has");
    }

    #[test]
    fn only_what_is_set_is_written() {
        let limits = Limits { memory_max: Some(1 << 20), swap_max: Some(0), ..Limits::default() };
        let v2 = limits.files(Version::V2, 1);
        assert_eq!(v2, [("memory.max", "1048576".into()), ("memory.swap.max", "0".into())]);
        assert_eq!(limits.files(Version::V1, 1), [("memory.limit_in_bytes", "1048576".into())]);
        assert_eq!(Limits::default().files(Version::V2, 1), []);
    }
}
