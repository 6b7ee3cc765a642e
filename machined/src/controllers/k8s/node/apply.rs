//! Makes the node object as it should be.

use std::time::Duration;

use proto::internal::specs::NodeCordonedSpecSpec;
use proto::resource::k8s::{
    NodeAnnotationSpecSpec, NodeLabelSpecSpec, NodeStatusSpec, NodeTaintSpecSpec, NodenameSpec,
};
use state::{Context, Controller, Input, Next, Output};

use super::access::Clients;
use super::plan::{Wanted, plan};
use kubernetes::{Error, Patch};

/// Pause before a change that was refused or lost is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Applies labels, annotations, taints and the cordon.
pub struct NodeApply {
    clients: Clients,
}

impl NodeApply {
    /// A controller that uses these clients.
    pub fn new(clients: Clients) -> Self {
        Self { clients }
    }
}

async fn wanted(ctx: &Context) -> anyhow::Result<Wanted> {
    let labels = ctx.list::<NodeLabelSpecSpec>().await?;
    let annotations = ctx.list::<NodeAnnotationSpecSpec>().await?;
    let taints = ctx.list::<NodeTaintSpecSpec>().await?;
    Ok(Wanted {
        labels: labels.into_iter().map(|l| (l.spec.key, l.spec.value)).collect(),
        annotations: annotations.into_iter().map(|a| (a.spec.key, a.spec.value)).collect(),
        taints: taints.into_iter().map(|t| (t.spec.key, (t.spec.value, t.spec.effect))).collect(),
        cordoned: ctx.get::<NodeCordonedSpecSpec>("cordoned").await?.is_some(),
    })
}

#[async_trait::async_trait]
impl Controller for NodeApply {
    fn name(&self) -> &'static str {
        "k8s.NodeApplyController"
    }

    fn inputs(&self) -> Vec<Input> {
        let own = [
            Input::weak::<NodeLabelSpecSpec>(),
            Input::weak::<NodeAnnotationSpecSpec>(),
            Input::weak::<NodeTaintSpecSpec>(),
            Input::weak::<NodeCordonedSpecSpec>(),
            Input::weak::<NodenameSpec>(),
            // Says that the node exists, and when somebody changed it.
            Input::weak::<NodeStatusSpec>(),
        ];
        own.into_iter().chain(Clients::inputs()).collect()
    }

    fn outputs(&self) -> Vec<Output> {
        vec![]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let Some(name) = ctx.get::<NodenameSpec>("nodename").await?.map(|n| n.spec) else {
            return Ok(Next::Wait);
        };
        let exists = ctx.get::<NodeStatusSpec>(&name.nodename).await?.is_some();
        if name.skip_node_registration || !exists {
            return Ok(Next::Wait);
        }
        let Some(client) = self.clients.get(&**ctx.state()).await? else { return Ok(Next::Wait) };
        let path = format!("/api/v1/nodes/{}", name.nodename);
        let node = match client.find(&path).await {
            Ok(Some(node)) => node,
            Ok(None) => return Ok(Next::Wait),
            Err(Error::Unreachable { .. }) => return Ok(Next::After(AGAIN)),
            Err(error) => return Err(error.into()),
        };
        let Some(patch) = plan(&node, &wanted(ctx).await?) else { return Ok(Next::Wait) };
        match client.patch(&path, Patch::Merge, &patch).await {
            Ok(_) => Ok(Next::Wait),
            // Somebody else was faster: look again.
            Err(error) if error.is_conflict() => Ok(Next::After(Duration::ZERO)),
            Err(Error::Unreachable { .. }) => Ok(Next::After(AGAIN)),
            Err(error) => Err(error.into()),
        }
    }
}
