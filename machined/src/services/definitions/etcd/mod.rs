//! etcd: the memory of Kubernetes, on control planes.

mod args;
mod membership;
mod restore;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use containerd::{Client, Image, ImageInfo};
use proto::resource::etcd::{PkiStatusSpec, SpecSpec};
use state::ops;

pub use args::{Cluster, ClusterState, peer_urls};
pub use membership::Membership;

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

/// A snapshot that a new cluster begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restore {
    /// The file.
    pub snapshot: PathBuf,
    /// It is a bare copy of a member's database, without a checksum behind it.
    pub skip_hash_check: bool,
}

/// What is to happen when etcd starts with an empty data directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Wish {
    /// Joining a cluster.
    #[default]
    Join,
    /// A new cluster.
    Begin,
    /// A new cluster with the contents of an old one.
    Restore(Restore),
}

/// Asks for a new cluster at the next start.
#[derive(Debug, Default)]
pub struct Bootstrap(Mutex<Wish>);

impl Bootstrap {
    /// The next start with an empty data directory begins a new cluster.
    pub fn ask(&self) {
        self.set(Wish::Begin);
    }

    /// The next start with an empty data directory begins a new cluster from a snapshot.
    pub fn ask_to_restore(&self, restore: Restore) {
        self.set(Wish::Restore(restore));
    }

    fn wish(&self) -> Wish {
        sys::sync::lock(&self.0).clone()
    }

    fn done(&self) {
        self.set(Wish::Join);
    }

    fn set(&self, wish: Wish) {
        *sys::sync::lock(&self.0) = wish;
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
    async fn cluster(
        &self,
        spec: &SpecSpec,
        image: &Image,
        info: &ImageInfo,
        report: &Reporter,
    ) -> anyhow::Result<Cluster> {
        if !is_empty(Path::new(DATA)) {
            self.bootstrap.done();
            return Ok(Cluster::existing());
        }
        let peer_urls = args::peer_urls(spec);
        match self.bootstrap.wish() {
            Wish::Begin => return Ok(Cluster::new(&spec.name, &peer_urls)),
            Wish::Restore(restore) => {
                report.preparing("Restoring etcd from a snapshot");
                let plan = restore::plan(&restore, &spec.name, &peer_urls);
                restore::run(&self.environment, &self.client, image, info, &plan).await?;
                self.bootstrap.done();
                return Ok(Cluster::existing());
            }
            Wish::Join => {}
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
        ]
    }

    fn health(&self) -> Option<HealthSettings> {
        // Contract os.md 6.1.
        let (period, timeout) = (Duration::from_secs(20), Duration::from_secs(15));
        Some(HealthSettings { period, timeout, ..Default::default() })
    }

    async fn prepare(&self, report: &Reporter) -> anyhow::Result<Box<dyn Runner>> {
        ops::wait_for::<PkiStatusSpec>(self.environment.state.as_ref(), "etcd", |pki| pki.spec.ready).await?;
        let spec = self.spec().await?;
        prepare_data(Path::new(DATA))?;
        let (image, info) = super::ensure_image(&self.environment, &self.client, &spec.image, report).await?;
        let cluster = self.cluster(&spec, &image, &info, report).await?;
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
