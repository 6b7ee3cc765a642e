//! What this host lets us give to processes. Probed once; what it refuses is left out rather than failing a start.

use std::collections::BTreeSet;

use caps::{CapSet, Capability};
use nix::sys::resource::{Resource, getrlimit};

/// Limits that a container's configuration must respect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostLimits {
    /// Our own OOM preference: without CAP_SYS_RESOURCE nobody below us gets a lower one.
    pub oom_score_adj: i32,
    /// Whether limits may be raised and OOM preferences lowered (CAP_SYS_RESOURCE).
    pub may_raise: bool,
    /// Our own hard limit of open files.
    pub open_files: u64,
    /// Capabilities that can be handed on.
    pub capabilities: BTreeSet<String>,
    /// Whether the control groups are of version 2.
    pub cgroup_v2: bool,
}

impl HostLimits {
    /// Looks at this process and its host.
    pub fn probe() -> Self {
        let own = std::fs::read_to_string("/proc/self/oom_score_adj").unwrap_or_default();
        let capabilities = [CapSet::Permitted, CapSet::Bounding]
            .into_iter()
            .map(|set| caps::read(None, set).unwrap_or_default())
            .reduce(|a, b| a.intersection(&b).copied().collect())
            .unwrap_or_default();
        let layout = sys::cgroup::Layout::detect();
        Self {
            oom_score_adj: own.trim().parse().unwrap_or(0),
            may_raise: sys::capability::has(Capability::CAP_SYS_RESOURCE),
            open_files: getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(_, hard)| hard),
            capabilities: capabilities.iter().map(ToString::to_string).collect(),
            cgroup_v2: layout.is_ok_and(|l| l.version == sys::cgroup::Version::V2),
        }
    }

    /// A host that refuses nothing.
    pub fn generous() -> Self {
        Self {
            oom_score_adj: 0,
            may_raise: true,
            open_files: 1_048_576,
            capabilities: caps::all().iter().map(ToString::to_string).collect(),
            cgroup_v2: true,
        }
    }

    /// The OOM preference to ask for; `None` to leave it alone.
    pub fn oom_score(&self, wanted: i32) -> Option<i32> {
        (self.may_raise || wanted >= self.oom_score_adj).then_some(wanted)
    }

    /// The limit of open files to ask for.
    pub fn files(&self, wanted: u64) -> u64 {
        if self.may_raise { wanted } else { wanted.min(self.open_files) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_refuses_gets_only_what_it_allows() {
        let strict =
            HostLimits { oom_score_adj: 0, may_raise: false, open_files: 20_000, ..HostLimits::generous() };
        assert_eq!(
            (strict.oom_score(-998), strict.oom_score(0), strict.oom_score(300)),
            (None, Some(0), Some(300))
        );
        assert_eq!((strict.files(10_240), strict.files(65_536)), (10_240, 20_000));
        let generous = HostLimits::generous();
        assert_eq!((generous.oom_score(-998), generous.files(65_536)), (Some(-998), 65_536));
    }

    #[test]
    fn this_host_can_be_probed() {
        let probed = HostLimits::probe();
        assert!(probed.open_files > 0);
        assert!(probed.capabilities.iter().all(|c| c.starts_with("CAP_")));
    }
}
