//! containerd, twice: `containerd` for the system's own containers, which starts only when something needs it, and `cri`
//! for Kubernetes, etcd and the kubelet.

use async_trait::async_trait;
use caps::Capability;
use containerd::Client;
use sys::process::{CapabilityPolicy, Command};

use super::{CONTAINERD_SOCKET, CRI_SOCKET, SYSTEM_NAMESPACE, cri};
use crate::services::runner::ProcessRunner;
use crate::services::{Condition, Environment, HealthSettings, Reporter, Runner, Service, Verdict};

const PROGRAM: &str = "/usr/bin/containerd";

/// Silent checks in a row after which a runtime is killed: containers live on in their shims.
const KILL_AFTER: u32 = 4;

/// One of the two.
pub struct Containerd {
    id: &'static str,
    environment: Environment,
    /// A connection of its own for health checks.
    client: Client,
    conditions: fn() -> Vec<Condition>,
    command: fn(&Environment) -> Command,
}

impl Containerd {
    /// The system's runtime.
    pub fn system(environment: Environment) -> containerd::Result<Self> {
        let client = Client::new(CONTAINERD_SOCKET, SYSTEM_NAMESPACE)?;
        Ok(Self { id: "containerd", environment, client, conditions: Vec::new, command: system })
    }

    /// The runtime for Kubernetes.
    pub fn cri(environment: Environment) -> containerd::Result<Self> {
        let client = Client::new(CRI_SOCKET, SYSTEM_NAMESPACE)?;
        Ok(Self { id: "cri", environment, client, conditions: cri::conditions, command: for_kubernetes })
    }
}

fn system(environment: &Environment) -> Command {
    environment
        .command(PROGRAM, "system/runtime", -999)
        .args(["--address", CONTAINERD_SOCKET])
        .args(["--state", "/system/run/containerd"])
        .args(["--root", "/system/var/lib/containerd"])
        .capabilities(CapabilityPolicy::Without(vec![Capability::CAP_SYS_BOOT, Capability::CAP_SYS_MODULE]))
}

fn for_kubernetes(environment: &Environment) -> Command {
    // containerd puts the shims of pods there, and refuses to start any while the group is missing.
    environment.place("podruntime/shim");
    let command = environment
        .command(PROGRAM, "podruntime/runtime", -500)
        .args(["--address", CRI_SOCKET])
        .args(["--config", cri::CONFIG]);
    (environment.variables)().into_iter().fold(command, |command, (key, value)| command.env(key, value))
}

#[async_trait]
impl Service for Containerd {
    fn id(&self) -> &str {
        self.id
    }

    fn conditions(&self) -> Vec<Condition> {
        (self.conditions)()
    }

    fn health(&self) -> Option<HealthSettings> {
        Some(HealthSettings { kill_after: Some(KILL_AFTER), ..Default::default() })
    }

    async fn prepare(&self, _report: &Reporter) -> anyhow::Result<Box<dyn Runner>> {
        let environment = &self.environment;
        let command = (self.command)(environment);
        Ok(Box::new(ProcessRunner::new(environment.spawn.clone(), command, environment.log(self.id))))
    }

    async fn check(&self) -> Verdict {
        match self.client.health(HealthSettings::default().timeout).await {
            Ok(()) => Verdict::Healthy,
            Err(error @ containerd::Error::Timeout { .. }) => Verdict::Silent(error.to_string()),
            Err(error) => Verdict::Unhealthy(error.to_string()),
        }
    }
}
