//! What definitions of services are made of: the store, the logs, the ways to start things.

use std::path::PathBuf;
use std::sync::Arc;

use state::State;
use sys::cgroup::{CgroupPort, Limits};
use sys::process::{Command, SpawnPort};

use super::host::HostLimits;
use super::runner::StoreServer;
use crate::logs::{Log, Logs};

/// Where programs are looked for (contract os.md 4).
const PATH: &str = "/usr/bin:/usr/local/sbin:/usr/local/bin:/opt/cni/bin";

/// Memory of a daemon, bytes (contract os.md 7.1, for apid and trustd; networkd is ours).
const DAEMON_MEMORY: u64 = 128 << 20;

/// The means that services share. Clones are cheap.
#[derive(Clone)]
pub struct Environment {
    /// The store.
    pub state: Arc<dyn State>,
    /// Logs by service id.
    pub logs: Logs,
    /// Starts processes.
    pub spawn: Arc<dyn SpawnPort>,
    /// Control groups; `None` where there are none.
    pub cgroups: Option<Arc<dyn CgroupPort>>,
    /// What the host allows.
    pub host: Arc<HostLimits>,
    /// Serves the store to our own daemons.
    pub store: StoreServer,
    /// Variables of the machine configuration (proxies and the like) for services that reach outside.
    pub variables: Arc<dyn Fn() -> Vec<(String, String)> + Send + Sync>,
}

impl Environment {
    /// The log of a service.
    pub fn log(&self, id: &str) -> Log {
        self.logs.register(id)
    }

    /// A command with the environment that services have, in its control group.
    pub fn command(&self, program: &str, cgroup: &str, oom_score: i32) -> Command {
        let mut command = Command::new(program).env("PATH", PATH).cgroup(self.place(cgroup));
        command.oom_score_adj = self.host.oom_score(oom_score);
        command
    }

    /// A command for one of our own daemons: if what it is sent makes it take more memory than it may, it ends and
    /// is started again, and nothing else.
    pub fn daemon(&self, program: &str, cgroup: &str) -> Command {
        let (name, value) = sys::memory::TUNABLES;
        if let Some(cgroups) = &self.cgroups {
            // Best effort, as everywhere: a host may refuse.
            let limits = Limits { memory_max: Some(DAEMON_MEMORY), swap_max: Some(0), ..Limits::default() };
            let _ = cgroups.create(cgroup).map(|group| cgroups.limit(&group, &limits));
        }
        self.command(program, cgroup, -998).env(name, value)
    }

    /// Makes sure that a control group exists; the files through which a process joins it.
    pub fn place(&self, cgroup: &str) -> Vec<PathBuf> {
        let Some(cgroups) = &self.cgroups else { return Vec::new() };
        match cgroups.create(cgroup) {
            Ok(group) => group.procs_files(),
            Err(error) => {
                // Accounting is worth less than running.
                tracing::warn!("control group {cgroup} cannot be used: {error}");
                Vec::new()
            }
        }
    }
}
