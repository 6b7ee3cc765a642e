//! cri: the runtime for Kubernetes, and for etcd and the kubelet.

pub mod config;

use async_trait::async_trait;
use containerd::Client;

use super::containerd::{KILL_AFTER, serving};
use super::{CRI_SOCKET, SYSTEM_NAMESPACE};
use crate::services::runner::ProcessRunner;
use crate::services::{Condition, Environment, HealthSettings, Reporter, Runner, Service, Verdict};

/// Its main configuration file (contract os.md 4).
pub const CONFIG: &str = "/etc/cri/containerd.toml";

/// The runtime for Kubernetes.
pub struct Cri {
    environment: Environment,
    client: Client,
}

impl Cri {
    /// The service, with its own connection for health checks.
    pub fn new(environment: Environment) -> containerd::Result<Self> {
        Ok(Self { environment, client: Client::new(CRI_SOCKET, SYSTEM_NAMESPACE)? })
    }
}

#[async_trait]
impl Service for Cri {
    fn id(&self) -> &str {
        "cri"
    }

    fn conditions(&self) -> Vec<Condition> {
        let volumes = ["/var/lib", "/var/lib/cni", "CRI", "/var/run", "/var/run/lock", "/opt"];
        let mut conditions =
            vec![Condition::Volumes(volumes.map(str::to_owned).to_vec()), Condition::network()];
        let files = [CONFIG, "/etc/cri/conf.d/cri.toml", "/etc/cri/conf.d/base-spec.json", "/etc/machine-id"];
        conditions.extend(files.map(|f| Condition::File(f.into())));
        conditions
    }

    fn health(&self) -> Option<HealthSettings> {
        Some(HealthSettings { kill_after: Some(KILL_AFTER), ..Default::default() })
    }

    async fn prepare(&self, _report: &Reporter) -> anyhow::Result<Box<dyn Runner>> {
        // containerd puts the shims of pods there, and refuses to start any while the group is missing.
        self.environment.place("podruntime/shim");
        let mut command = self.environment.command("/usr/bin/containerd", "podruntime/runtime", -500).args([
            "--address",
            CRI_SOCKET,
            "--config",
            CONFIG,
        ]);
        for (key, value) in (self.environment.variables)() {
            command = command.env(key, value);
        }
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
