//! When the control plane's pods start: the API server once etcd runs, its clients once it is ready. Before, they
//! would only crash, and the kubelet starts a pod that crashed again after ten seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kubernetes::{Access, Client};
use proto::resource::secrets::KubernetesCertsSpec;
use state::Context;
use tokio::task::JoinHandle;

use crate::controllers::etcd::Started;
use crate::controllers::k8s::components::{API_SERVER, CONTROLLER_MANAGER, SCHEDULER};

/// Pause between questions.
const PAUSE: Duration = Duration::from_millis(100);

/// After that they start nevertheless: the API server may be well and its readiness hang on something else.
const LIMIT: Duration = Duration::from_secs(120);

/// What the control plane's pods wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// etcd of this node has not started since the machine did.
    Etcd,
    /// The API server of this node has not been ready yet.
    ApiServer,
    /// All may run.
    Nothing,
}

impl Wait {
    /// Whether a pod is kept back.
    pub fn withholds(self, id: &str) -> bool {
        let clients = [CONTROLLER_MANAGER, SCHEDULER].contains(&id);
        match self {
            Self::Etcd => clients || id == API_SERVER,
            Self::ApiServer => clients,
            Self::Nothing => false,
        }
    }
}

/// Sees etcd start, then asks the API server of this node for its readiness. What has been given free stays free.
#[derive(Default)]
pub struct Release {
    etcd: Started,
    done: Arc<AtomicBool>,
    asking: Option<JoinHandle<()>>,
}

impl Release {
    /// What is waited for. The controller is woken when that changes.
    pub async fn check(&mut self, ctx: &Context) -> anyhow::Result<Wait> {
        if self.done.load(Ordering::Acquire) {
            return Ok(Wait::Nothing);
        }
        if !self.etcd.check(&**ctx.state()).await? {
            return Ok(Wait::Etcd);
        }
        let Some(certs) = ctx.get::<KubernetesCertsSpec>("k8s-certs").await? else {
            return Ok(Wait::ApiServer);
        };
        if self.asking.is_none() {
            let client = Client::new(&Access::from_kubeconfig(&certs.spec.localhost_admin_kubeconfig)?)?;
            let (done, waker) = (self.done.clone(), ctx.waker());
            self.asking = Some(tokio::spawn(async move {
                if tokio::time::timeout(LIMIT, ready(&client)).await.is_err() {
                    tracing::warn!(
                        "the API server is not ready after {} s: its clients start",
                        LIMIT.as_secs()
                    );
                }
                done.store(true, Ordering::Release);
                waker.notify_one();
            }));
        }
        Ok(Wait::ApiServer)
    }
}

impl Drop for Release {
    fn drop(&mut self) {
        if let Some(task) = &self.asking {
            task.abort();
        }
    }
}

async fn ready(client: &Client) {
    while client.probe("/readyz").await.is_err() {
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_control_plane_waits_and_only_for_what_it_needs() {
        let withheld = |wait: Wait| -> Vec<&str> {
            let all = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "default-mine"];
            all.into_iter().filter(|id| wait.withholds(id)).collect()
        };
        assert_eq!(withheld(Wait::Etcd), ["kube-apiserver", "kube-controller-manager", "kube-scheduler"]);
        assert_eq!(withheld(Wait::ApiServer), ["kube-controller-manager", "kube-scheduler"]);
        assert!(withheld(Wait::Nothing).is_empty());
    }
}
