//! When the clients among the control plane's pods start: after the API server of this node is ready. Before,
//! they would only crash, and the kubelet starts a pod that crashed again after ten seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use proto::resource::secrets::KubernetesCertsSpec;
use state::Context;
use tokio::task::JoinHandle;

use crate::controllers::k8s::components::{CONTROLLER_MANAGER, SCHEDULER};
use crate::kubernetes::client::{Access, Client};

/// First and longest pause between questions.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(400));

/// After that they start nevertheless: the API server may be well and its readiness hang on something else.
const LIMIT: Duration = Duration::from_secs(120);

/// Whether a pod waits for the API server.
pub fn withheld(id: &str) -> bool {
    [CONTROLLER_MANAGER, SCHEDULER].contains(&id)
}

/// Asks the API server of this node once for its readiness.
#[derive(Default)]
pub struct Release {
    done: Arc<AtomicBool>,
    asking: Option<JoinHandle<()>>,
}

impl Release {
    /// True once clients may start, and from then on. Until then the controller is woken when that changes.
    pub async fn check(&mut self, ctx: &Context) -> anyhow::Result<bool> {
        if self.done.load(Ordering::Acquire) {
            return Ok(true);
        }
        let Some(certs) = ctx.get::<KubernetesCertsSpec>("k8s-certs").await? else { return Ok(false) };
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
        Ok(false)
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
    let mut pause = PAUSES.0;
    while client.probe("/readyz").await.is_err() {
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clients_of_the_api_server_wait_for_it() {
        assert!(withheld("kube-scheduler") && withheld("kube-controller-manager"));
        assert!(!withheld("kube-apiserver") && !withheld("default-mine"));
    }
}
