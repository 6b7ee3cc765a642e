//! What runs in containers on this node, as users see it (contract api.md 5.5).
//!
//! Our own daemons are listed with the system's containers: to a user they are what runs there.

mod children;
mod ids;
mod log_file;
mod pods;
mod tasks;

use std::path::PathBuf;

use containerd::{Client, Cri};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use proto::machine::{ContainerInfo, Stat};

use super::ServiceManager;
use super::definitions::{CONTAINERD_SOCKET, CRI_SOCKET, PODS_NAMESPACE, SYSTEM_NAMESPACE};

pub use log_file::LogFile;

/// Which side of a runtime is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    /// containerd's own interface.
    Containerd,
    /// The runtime interface of Kubernetes.
    Cri,
}

/// Why something cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// The driver does not know the namespace.
    #[error("the CRI driver knows the namespace k8s.io only, not {0:?}")]
    Namespace(String),
    /// There is no such container.
    #[error("container {0:?} not found")]
    NotFound(String),
    /// The container has no process that could be told anything.
    #[error("container {0:?} does not run")]
    NotRunning(String),
    /// The runtime did not answer.
    #[error(transparent)]
    Runtime(#[from] containerd::Error),
}

/// Asks the runtimes. Clones share the connections.
#[derive(Clone)]
pub struct Inventory {
    manager: ServiceManager,
    system: Client,
    pods: Client,
    cri: Cri,
}

impl Inventory {
    /// Connects when it is first asked.
    pub fn new(manager: ServiceManager) -> containerd::Result<Self> {
        Ok(Self {
            manager,
            system: Client::new(CONTAINERD_SOCKET, SYSTEM_NAMESPACE)?,
            pods: Client::new(CRI_SOCKET, PODS_NAMESPACE)?,
            cri: Cri::new(CRI_SOCKET),
        })
    }

    /// All containers of a namespace.
    pub async fn containers(
        &self,
        namespace: &str,
        driver: Driver,
    ) -> Result<Vec<ContainerInfo>, InventoryError> {
        match (driver, namespace) {
            (Driver::Cri, PODS_NAMESPACE) => Ok(pods::list(&self.cri).await?),
            (Driver::Cri, other) => Err(InventoryError::Namespace(other.to_owned())),
            (Driver::Containerd, SYSTEM_NAMESPACE) => {
                let mut all = children::list(&self.manager);
                // A runtime that nothing needed yet runs nothing.
                if self.manager.is_started("containerd") {
                    all.extend(tasks::list(&self.system).await?);
                }
                Ok(all)
            }
            (Driver::Containerd, other) => Ok(tasks::list(&self.pods.in_namespace(other)?).await?),
        }
    }

    /// Memory and processor time of all containers of a namespace.
    pub async fn stats(&self, namespace: &str, driver: Driver) -> Result<Vec<Stat>, InventoryError> {
        match (driver, namespace) {
            (Driver::Cri, PODS_NAMESPACE) => Ok(pods::stats(&self.cri).await?),
            (Driver::Cri, other) => Err(InventoryError::Namespace(other.to_owned())),
            (Driver::Containerd, SYSTEM_NAMESPACE) => {
                let mut all = children::stats(&self.manager);
                if self.manager.is_started("containerd") {
                    all.extend(tasks::stats(&self.system).await?);
                }
                Ok(all)
            }
            (Driver::Containerd, other) => Ok(tasks::stats(&self.pods.in_namespace(other)?).await?),
        }
    }

    /// Tells the process of a container to end; whoever keeps the container starts it again.
    pub async fn restart(&self, namespace: &str, driver: Driver, id: &str) -> Result<(), InventoryError> {
        let found = self.find(namespace, driver, id).await?;
        let pid = i32::try_from(found.pid).unwrap_or_default();
        if pid <= 1 || kill(Pid::from_raw(pid), Signal::SIGTERM).is_err() {
            return Err(InventoryError::NotRunning(id.to_owned()));
        }
        Ok(())
    }

    /// Where the log of a pod's container is.
    pub async fn log(&self, namespace: &str, driver: Driver, id: &str) -> Result<PathBuf, InventoryError> {
        if driver == Driver::Cri && namespace != PODS_NAMESPACE {
            return Err(InventoryError::Namespace(namespace.to_owned()));
        }
        let found = self.find(PODS_NAMESPACE, Driver::Cri, id).await?;
        let path = pods::log_path(&self.cri, &found.internal_id).await?;
        path.map(PathBuf::from).ok_or_else(|| InventoryError::NotFound(id.to_owned()))
    }

    async fn find(&self, namespace: &str, driver: Driver, id: &str) -> Result<ContainerInfo, InventoryError> {
        let all = self.containers(namespace, driver).await?;
        // A pod and its containers are told apart by their names; of two containers of one name the
        // running one is meant.
        let mut meant: Vec<_> = all
            .into_iter()
            .filter(|c| ids::means(id, &c.id) || c.internal_id == id && !id.is_empty())
            .collect();
        meant.sort_by_key(|c| c.pid == 0);
        meant.into_iter().next().ok_or_else(|| InventoryError::NotFound(id.to_owned()))
    }
}
