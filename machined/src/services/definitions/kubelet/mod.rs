//! kubelet: the node's part of Kubernetes, as a privileged container.

mod bootstrap;
mod files;
mod identity;
mod mounts;

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use containerd::Client;
use proto::resource::k8s::KubeletSpecSpec;
use proto::resource::secrets::{KubeletSpec as KubeletSecrets, KubernetesRootSpec};
use state::ops;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{CRI_SOCKET, FIFOS, SYSTEM_NAMESPACE};
use crate::services::oci::{Capabilities, ContainerConfig};
use crate::services::runner::{ContainerPlan, ContainerRunner};
use crate::services::{Condition, Environment, HealthSettings, Reporter, Runner, Service, Verdict};

/// Where it says whether it is well (contract os.md 6.3).
const HEALTH: &str = "127.0.0.1:10248";
/// Silent checks in a row, about 1.5 s apart, after which it is killed. A busy machine makes it slow to
/// answer, and pods do not mind its restart, so neither matters much.
const KILL_AFTER: u32 = 24;

/// The kubelet as a container.
pub struct Kubelet {
    environment: Environment,
    client: Client,
}

impl Kubelet {
    /// The service, with its own connection to the runtime.
    pub fn new(environment: Environment) -> containerd::Result<Self> {
        Ok(Self { environment, client: Client::new(CRI_SOCKET, SYSTEM_NAMESPACE)? })
    }
}

#[async_trait]
impl Service for Kubelet {
    fn id(&self) -> &str {
        "kubelet"
    }

    fn dependencies(&self) -> Vec<String> {
        vec!["cri".to_owned()]
    }

    fn conditions(&self) -> Vec<Condition> {
        let volumes = ["/var/lib", "/var/lib/kubelet", "/var/log", "/var/log/audit", "/var/mnt", "/opt"];
        vec![
            Condition::Volumes(volumes.map(str::to_owned).to_vec()),
            Condition::time_sync(),
            Condition::network(),
            Condition::resource::<KubeletSpecSpec>("kubelet spec", "kubelet", |_| true),
        ]
    }

    fn health(&self) -> Option<HealthSettings> {
        Some(HealthSettings { kill_after: Some(KILL_AFTER), ..Default::default() })
    }

    async fn prepare(&self, report: &Reporter) -> anyhow::Result<Box<dyn Runner>> {
        let state = self.environment.state.as_ref();
        let spec =
            ops::get::<KubeletSpecSpec>(state, "kubelet").await?.context("the kubelet spec has gone")?.spec;
        let secrets = ops::wait_for::<KubeletSecrets>(state, "kubelet", |_| true).await?;
        if let Some(cluster) = ops::get::<KubernetesRootSpec>(state, "k8s").await? {
            let now = std::time::SystemTime::now();
            identity::ensure(Path::new("/"), &spec.expected_nodename, &cluster.spec, now)
                .context("making the client certificate of the kubelet")?;
        }
        let (image, _) = tokio::join!(
            super::ensure_image(&self.environment, &self.client, &spec.image, report),
            bootstrap::join(Path::new("/"), &spec, &secrets.spec, report),
        );
        let (image, info) = image?;
        files::write(Path::new("/"), &spec, &secrets.spec).context("writing the files of the kubelet")?;
        let mounts = mounts::prepare(&spec.extra_mounts)?;
        let mut args = vec!["/usr/local/bin/kubelet".to_owned()];
        args.extend(spec.args.iter().cloned());
        let mut env = info.env.clone();
        env.extend((self.environment.variables)().iter().map(|(k, v)| format!("{k}={v}")));
        let config = ContainerConfig {
            args,
            env,
            user: (0, 0),
            mounts,
            capabilities: Capabilities::All,
            oom_score: -450,
            open_files: None,
            cgroup: "/podruntime/kubelet".to_owned(),
            privileged: true,
        };
        let plan = ContainerPlan {
            id: self.id().to_owned(),
            image: image.name,
            chain_id: info.chain_id,
            spec: config.render(&self.environment.host).context("describing the kubelet container")?,
            shim_cgroup: None,
        };
        Ok(Box::new(ContainerRunner {
            client: self.client.clone(),
            plan,
            log: self.environment.log(self.id()),
            fifos: FIFOS.into(),
        }))
    }

    async fn check(&self) -> Verdict {
        match tokio::time::timeout(Duration::from_millis(450), healthz()).await {
            Ok(Ok(())) => Verdict::Healthy,
            Ok(Err(error)) => Verdict::Unhealthy(format!("Get \"http://{HEALTH}/healthz\": {error}")),
            Err(_) => Verdict::Silent(format!("Get \"http://{HEALTH}/healthz\": no answer")),
        }
    }
}

async fn healthz() -> std::io::Result<()> {
    let mut stream = TcpStream::connect(HEALTH).await?;
    stream.write_all(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.take(512).read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split_ascii_whitespace().nth(1).unwrap_or_default();
    if status == "200" { Ok(()) } else { Err(std::io::Error::other(format!("status {status}"))) }
}
