//! containerd: the runtime for the system's own containers. It starts only when something needs it.

use std::time::Duration;

use async_trait::async_trait;
use caps::Capability;
use containerd::Client;
use sys::process::CapabilityPolicy;

use super::{CONTAINERD_SOCKET, SYSTEM_NAMESPACE};
use crate::services::runner::ProcessRunner;
use crate::services::{Environment, HealthSettings, Reporter, Runner, Service, Verdict};

/// Silent checks in a row after which a runtime is killed: containers live on in their shims.
pub(super) const KILL_AFTER: u32 = 4;

/// The system's runtime.
pub struct Containerd {
    environment: Environment,
    client: Client,
}

impl Containerd {
    /// The service, with its own connection for health checks.
    pub fn new(environment: Environment) -> containerd::Result<Self> {
        Ok(Self { environment, client: Client::new(CONTAINERD_SOCKET, SYSTEM_NAMESPACE)? })
    }
}

#[async_trait]
impl Service for Containerd {
    fn id(&self) -> &str {
        "containerd"
    }

    fn health(&self) -> Option<HealthSettings> {
        Some(HealthSettings { kill_after: Some(KILL_AFTER), ..Default::default() })
    }

    async fn prepare(&self, _report: &Reporter) -> anyhow::Result<Box<dyn Runner>> {
        let command = self
            .environment
            .command("/usr/bin/containerd", "system/runtime", -999)
            .args(["--address", CONTAINERD_SOCKET])
            .args(["--state", "/system/run/containerd"])
            .args(["--root", "/system/var/lib/containerd"])
            .capabilities(CapabilityPolicy::Without(vec![
                Capability::CAP_SYS_BOOT,
                Capability::CAP_SYS_MODULE,
            ]));
        Ok(Box::new(ProcessRunner::new(
            self.environment.spawn.clone(),
            command,
            self.environment.log(self.id()),
        )))
    }

    async fn check(&self) -> Verdict {
        serving(&self.client, self.health()).await
    }
}

/// Asks a runtime for its health.
pub(super) async fn serving(client: &Client, settings: Option<HealthSettings>) -> Verdict {
    let limit = settings.map_or(Duration::from_millis(500), |s| s.timeout);
    match client.health(limit).await {
        Ok(()) => Verdict::Healthy,
        Err(error @ containerd::Error::Timeout { .. }) => Verdict::Silent(error.to_string()),
        Err(error) => Verdict::Unhealthy(error.to_string()),
    }
}
