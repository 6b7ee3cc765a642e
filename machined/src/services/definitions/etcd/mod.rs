//! etcd: the memory of Kubernetes, on control planes.

mod args;
mod membership;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use containerd::Client;
use proto::resource::etcd::{PkiStatusSpec, SpecSpec};
use state::ops;

pub use args::{Cluster, ClusterState};
pub use membership::{Membership, NoMembership};

use super::{CRI_SOCKET, FIFOS, SYSTEM_NAMESPACE};
use crate::services::oci::{Capabilities, ContainerConfig, Mount};
use crate::services::runner::{ContainerPlan, ContainerRunner};
use crate::services::{Condition, Environment, HealthSettings, Reporter, Runner, Service, Verdict};

/// Its uid and gid (contract os.md 6.1).
const USER: u32 = 60;
/// Where its data is (contract os.md 6.1).
pub const DATA: &str = "/var/lib/etcd";
/// Where its keys are (contract os.md 6.1).
const SECRETS: &str = "/system/secrets/etcd";

/// etcd as a container.
pub struct Etcd {
    environment: Environment,
    client: Client,
    membership: Arc<dyn Membership>,
    bootstrap: Arc<Bootstrap>,
}

/// Asks for a new cluster at the next start. Clones share the wish.
#[derive(Debug, Default)]
pub struct Bootstrap(Mutex<bool>);

impl Bootstrap {
    /// The next start with an empty data directory begins a new cluster.
    pub fn ask(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    fn is_asked(&self) -> bool {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn done(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }
}

impl Etcd {
    /// The service. `bootstrap` is asked by the Bootstrap call, `membership` speaks to the cluster.
    pub fn new(
        environment: Environment,
        membership: Arc<dyn Membership>,
        bootstrap: Arc<Bootstrap>,
    ) -> containerd::Result<Self> {
        let client = Client::new(CRI_SOCKET, SYSTEM_NAMESPACE)?;
        Ok(Self { environment, client, membership, bootstrap })
    }

    async fn spec(&self) -> anyhow::Result<SpecSpec> {
        let spec = ops::get::<SpecSpec>(self.environment.state.as_ref(), "etcd").await?;
        Ok(spec.context("the etcd spec has gone")?.spec)
    }

    /// How this member enters its cluster. Waits, for as long as it takes, for the cluster to take it.
    async fn cluster(&self, spec: &SpecSpec, report: &Reporter) -> anyhow::Result<Cluster> {
        if !is_empty(Path::new(DATA)) {
            self.bootstrap.done();
            return Ok(Cluster::existing());
        }
        let peer_urls = args::peer_urls(spec);
        if self.bootstrap.is_asked() {
            return Ok(Cluster::new(&spec.name, &peer_urls));
        }
        report.preparing("Waiting for etcd to join the cluster, or for the bootstrap call");
        let members = self.membership.join(&spec.name, &peer_urls).await?;
        Ok(Cluster { initial: Some(members), state: ClusterState::Existing })
    }
}

/// Whether a folder holds nothing (or is not there).
fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none())
}

#[async_trait]
impl Service for Etcd {
    fn id(&self) -> &str {
        "etcd"
    }

    fn dependencies(&self) -> Vec<String> {
        vec!["cri".to_owned()]
    }

    fn conditions(&self) -> Vec<Condition> {
        vec![
            Condition::Volumes(vec!["/var/lib".to_owned(), "ETCD".to_owned()]),
            Condition::time_sync(),
            Condition::network(),
            Condition::resource::<SpecSpec>("etcd spec", "etcd", |_| true),
            Condition::resource::<PkiStatusSpec>("etcd PKI", "etcd", |s| s.ready),
        ]
    }

    fn health(&self) -> Option<HealthSettings> {
        // Contract os.md 6.1.
        let (period, timeout) = (Duration::from_secs(20), Duration::from_secs(15));
        Some(HealthSettings { period, timeout, ..Default::default() })
    }

    async fn prepare(&self, report: &Reporter) -> anyhow::Result<Box<dyn Runner>> {
        let spec = self.spec().await?;
        prepare_data(Path::new(DATA))?;
        let (image, info) = super::ensure_image(&self.environment, &self.client, &spec.image, report).await?;
        let cluster = self.cluster(&spec, report).await?;
        let mut env: Vec<String> = info.env.clone();
        env.extend((self.environment.variables)().iter().map(|(k, v)| format!("{k}={v}")));
        let config = ContainerConfig {
            args: args::command(&spec, &cluster),
            env,
            user: (USER, USER),
            mounts: vec![Mount::same(SECRETS, &["ro"]), Mount::same(DATA, &["rw"])],
            capabilities: Capabilities::None,
            oom_score: -998,
            open_files: Some(10_240),
            cgroup: "/podruntime/etcd".to_owned(),
            privileged: false,
        };
        let plan = ContainerPlan {
            id: self.id().to_owned(),
            image: image.name,
            chain_id: info.chain_id,
            spec: config.render(&self.environment.host).context("describing the etcd container")?,
            shim_cgroup: None,
        };
        if cluster.state == ClusterState::Existing && cluster.initial.is_some() {
            // A learner until the cluster has seen that it keeps up.
            let membership = Arc::clone(&self.membership);
            tokio::spawn(async move { membership.promote().await });
        }
        Ok(Box::new(ContainerRunner {
            client: self.client.clone(),
            plan,
            log: self.environment.log(self.id()),
            fifos: FIFOS.into(),
        }))
    }

    async fn check(&self) -> Verdict {
        match self.membership.quorum_read().await {
            Ok(()) => {
                self.bootstrap.done();
                Verdict::Healthy
            }
            Err(error) => Verdict::Unhealthy(format!("{error:#}")),
        }
    }
}

fn prepare_data(data: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, chown};
    if !data.exists() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(data)
            .with_context(|| format!("creating {}", data.display()))?;
    }
    chown(data, Some(USER), Some(USER)).with_context(|| format!("giving {} to etcd", data.display()))
}
