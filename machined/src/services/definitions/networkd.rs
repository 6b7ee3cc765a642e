//! networkd: the network, from configuration to the kernel.

use async_trait::async_trait;
use caps::Capability;
use supervisor::Settings;
use sys::process::{CapabilityPolicy, User};

use crate::services::runner::ChildRunner;
use crate::services::{Environment, Reporter, Runner, Service};

/// Its uid.
const UID: u32 = 52;

/// The network daemon.
pub struct Networkd {
    /// Means.
    pub environment: Environment,
    /// Whether the clock is ours to set: not in somebody else's kernel.
    pub sets_clock: bool,
}

#[async_trait]
impl Service for Networkd {
    fn id(&self) -> &str {
        "networkd"
    }

    fn health_checked(&self) -> bool {
        true
    }

    async fn prepare(&self, _report: &Reporter) -> anyhow::Result<Box<dyn Runner>> {
        let mut capabilities =
            vec![Capability::CAP_NET_ADMIN, Capability::CAP_NET_RAW, Capability::CAP_NET_BIND_SERVICE];
        if self.sets_clock {
            capabilities.push(Capability::CAP_SYS_TIME);
        }
        let command = self
            .environment
            .daemon("/usr/bin/networkd", "system/networkd")
            // Its environment is bare, so it is told where it runs.
            .args(["--container".to_owned(), (!self.sets_clock).to_string()])
            .user(User::with_own_group(UID))
            .capabilities(CapabilityPolicy::Only(capabilities))
            .no_new_privs();
        Ok(Box::new(ChildRunner {
            id: self.id().to_owned(),
            command,
            settings: Settings::default(),
            spawn: self.environment.spawn.clone(),
            store: self.environment.store.clone(),
            log: self.environment.log(self.id()),
        }))
    }
}
