//! Takes pods off a node that goes down.

use std::time::{Duration, Instant};

use futures::future::join_all;
use kubernetes::{Client, Error, PodObject, evictable};
use proto::resource::k8s::{NodeStatusSpec, NodenameSpec};
use state::{State, ops};

use super::access;

/// Longest wait until nothing new is scheduled (contract os.md 2.4).
const CORDON: Duration = Duration::from_secs(60);

/// Longest wait for all pods to go.
const DRAIN: Duration = Duration::from_secs(300);

/// Pause between looks at a pod that is asked to go.
const PAUSE: Duration = Duration::from_millis(500);

/// Waits until the node is cordoned, which follows from what the machine is about, then evicts its pods.
///
/// # Errors
/// When Kubernetes cannot be asked, or pods stay.
pub async fn drain(state: &dyn State) -> anyhow::Result<()> {
    let Some(name) = ops::get::<NodenameSpec>(state, "nodename").await?.map(|n| n.spec) else {
        return Ok(());
    };
    if name.skip_node_registration {
        return Ok(());
    }
    let Some(access) = access::kubelet(state).await? else { return Ok(()) };
    let cordoned = ops::wait_for::<NodeStatusSpec>(state, &name.nodename, |n| n.spec.unschedulable);
    if tokio::time::timeout(CORDON, cordoned).await.is_err() {
        tracing::warn!("Kubernetes does not say that this node is cordoned; draining it nevertheless");
    }
    let client = Client::new(&access)?;
    let path = format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{}", name.nodename);
    let list = client.get(&path).await?;
    let pods = evictable(&list);
    tracing::info!("evicting {} pods", pods.len());
    let evictions = join_all(pods.into_iter().map(|pod| evict(&client, pod)));
    match tokio::time::timeout(DRAIN, evictions).await {
        Ok(results) => Ok(results.into_iter().collect::<Result<(), Error>>()?),
        Err(_) => anyhow::bail!("some pods did not go within {} s", DRAIN.as_secs()),
    }
}

/// Asks for the eviction as long as a disruption budget forbids it, then waits until the pod is gone.
async fn evict(client: &Client, pod: PodObject<'_>) -> Result<(), Error> {
    let began = Instant::now();
    loop {
        match client.evict(&pod).await {
            Ok(()) => break,
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) if error.is_too_many() && began.elapsed() < DRAIN => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(error),
        }
    }
    let path = format!("/api/v1/namespaces/{}/pods/{}", pod.namespace(), pod.name());
    loop {
        match client.find(&path).await? {
            Some(found) if PodObject(&found).uid() == pod.uid() => tokio::time::sleep(PAUSE).await,
            _ => return Ok(()),
        }
    }
}
