//! Empties a node of its pods before it goes down, and lets pods come back (contract api.md 8.5).

use std::time::Duration;

use anyhow::Context as _;
use futures::future::try_join_all;
use kubernetes::{Client, NodeObject, Patch, PodObject, evictable};
use proto::resource::k8s::NodenameSpec;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::commands::kubeconfig;
use crate::kubeconfig::Kubeconfig;
use crate::output::note;
use crate::resource::store::{self, Kind};
use crate::session::Session;

/// What a node is called in Kubernetes.
const NODENAME: (Kind<'static>, &str) =
    (Kind { namespace: "k8s", typ: "Nodenames.kubernetes.talos.dev" }, "nodename");

/// Between two looks at the pods that are left, and before an eviction is asked for again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// Does `work` between draining the session's nodes and making them schedulable again. `limit`: how long
/// draining may take; `None` if the nodes are not to be drained. Without `waits` the nodes are still down
/// after `work`, and stay cordoned.
///
/// # Errors
/// If the nodes cannot be drained, or `work` fails.
pub async fn around(
    session: &Session,
    limit: Option<Duration>,
    waits: bool,
    work: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let Some(limit) = limit else { return work.await };
    let drain = Drain::open(session, limit).await.context("error draining")?;
    drain.empty().await.context("error draining")?;
    // A failed action leaves them cordoned: pods are no use on a node that is half down.
    work.await?;
    if !waits {
        note(&format!("left cordoned: {}; make them schedulable with kubectl uncordon", drain.names()));
        return Ok(());
    }
    drain.release().await.context("error making nodes schedulable")
}

/// Nodes to be drained.
struct Drain {
    kubernetes: Client,
    nodes: Vec<Drained>,
    limit: Duration,
}

struct Drained {
    name: String,
    /// The user had cordoned it: it stays so.
    was_cordoned: bool,
}

impl Drain {
    async fn open(session: &Session, limit: Duration) -> anyhow::Result<Self> {
        // Workers have no kubeconfig to give; endpoints are control planes.
        let text = kubeconfig::fetch(&session.endpoint()?).await?;
        let kubernetes = Client::new(&Kubeconfig::parse(text.as_bytes())?.access(None)?)?;
        let known = &kubernetes;
        let look = |node: crate::node::Node| async move {
            let resource = store::get(&node, NODENAME.0, NODENAME.1).await?;
            let name = store::spec::<NodenameSpec>(&resource)?.nodename;
            let object = known.get(&format!("/api/v1/nodes/{name}")).await?;
            let was_cordoned = !NodeObject(&object).is_schedulable();
            anyhow::Ok(Drained { name, was_cordoned })
        };
        let nodes = try_join_all(session.nodes()?.into_iter().map(look)).await?;
        Ok(Self { kubernetes, nodes, limit })
    }

    fn names(&self) -> String {
        self.nodes.iter().map(|node| node.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    async fn empty(&self) -> anyhow::Result<()> {
        let deadline = sys::clock::after(self.limit);
        try_join_all(self.nodes.iter().map(|node| self.empty_one(&node.name, deadline))).await?;
        Ok(())
    }

    async fn empty_one(&self, name: &str, deadline: Instant) -> anyhow::Result<()> {
        note(&format!("cordoning node {name}"));
        self.cordon(name, true).await?;
        let path = format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{name}");
        let mut asked: Vec<(String, Instant)> = Vec::new();
        loop {
            let list = self.kubernetes.get(&path).await?;
            let left: Vec<PodObject<'_>> = evictable(&list);
            if left.is_empty() {
                note(&format!("drained node {name}"));
                return Ok(());
            }
            let mut refused = String::new();
            for pod in &left {
                let id = format!("{}/{}", pod.namespace(), pod.name());
                let again = |at: &Instant| at.elapsed() < PAUSES.1;
                if pod.is_going() || asked.iter().any(|(asked, at)| *asked == id && again(at)) {
                    continue;
                }
                asked.retain(|(other, _)| *other != id);
                asked.push((id.clone(), Instant::now()));
                match self.kubernetes.evict(pod).await {
                    Ok(()) => note(&format!("evicting pod {id}")),
                    Err(error) if error.is_not_found() => {}
                    // A disruption budget: others may make room for it.
                    Err(error) if error.is_busy() => refused = format!(": {id}: {error}"),
                    Err(error) => {
                        return Err(anyhow::Error::from(error).context(format!("cannot evict {id}")));
                    }
                }
            }
            if Instant::now() > deadline {
                anyhow::bail!("node {name} still has {} pods to evict{refused}", left.len());
            }
            sleep(PAUSES.0).await;
        }
    }

    async fn cordon(&self, name: &str, cordoned: bool) -> kubernetes::Result<()> {
        let patch = json!({"spec": {"unschedulable": cordoned}});
        self.kubernetes.patch(&format!("/api/v1/nodes/{name}"), Patch::Merge, &patch).await.map(drop)
    }

    async fn release(&self) -> anyhow::Result<()> {
        let deadline = sys::clock::after(self.limit);
        for node in self.nodes.iter().filter(|node| !node.was_cordoned) {
            // The API may have gone down with the only control plane.
            while let Err(error) = self.cordon(&node.name, false).await {
                if !error.is_busy() || Instant::now() > deadline {
                    return Err(anyhow::Error::from(error).context(node.name.clone()));
                }
                sleep(PAUSES.0).await;
            }
            note(&format!("uncordoned node {}", node.name));
        }
        Ok(())
    }
}
