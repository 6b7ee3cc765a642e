//! What the node should be like in Kubernetes.

use proto::internal::specs::NodeCordonedSpecSpec;
use proto::machine::machine_status_event::MachineStage;
use proto::resource::k8s::{NodeAnnotationSpecSpec, NodeLabelSpecSpec, NodeTaintSpecSpec};
use proto::resource::runtime::MachineStatusSpec;
use state::{Context, Controller, Input, Next, Output, Runtime};

use crate::controllers::{Deps, config_input};

/// Registers the controllers that follow the configuration.
pub fn register(runtime: &mut Runtime, deps: &Deps) {
    runtime.register(NodeSpecs { deps: deps.clone() });
}

/// Publishes NodeLabelSpecs, NodeAnnotationSpecs and NodeTaintSpecs.
struct NodeSpecs {
    deps: Deps,
}

#[async_trait::async_trait]
impl Controller for NodeSpecs {
    fn name(&self) -> &'static str {
        "k8s.NodeSpecController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![config_input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![
            Output::exclusive::<NodeLabelSpecSpec>(),
            Output::exclusive::<NodeAnnotationSpecSpec>(),
            Output::exclusive::<NodeTaintSpecSpec>(),
        ]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let labels = ctx.outputs::<NodeLabelSpecSpec>();
        let annotations = ctx.outputs::<NodeAnnotationSpecSpec>();
        let taints = ctx.outputs::<NodeTaintSpecSpec>();
        if let Some(active) = self.deps.config().await? {
            let node = active.config.kube_node();
            for (key, value) in node.labels {
                labels.put(&key, NodeLabelSpecSpec { key: key.clone(), value }).await?;
            }
            for (key, value) in node.annotations {
                annotations.put(&key, NodeAnnotationSpecSpec { key: key.clone(), value }).await?;
            }
            for taint in node.taints {
                let id = taint.key.clone();
                let spec = NodeTaintSpecSpec { key: taint.key, effect: taint.effect, value: taint.value };
                taints.put(&id, spec).await?;
            }
        }
        labels.finish().await?;
        annotations.finish().await?;
        taints.finish().await?;
        Ok(Next::Wait)
    }
}

/// Publishes NodeCordonedSpecs/cordoned while the machine goes down.
pub struct Cordoned {
    deps: Deps,
}

impl Cordoned {
    /// A controller that follows the stage.
    pub fn new(deps: Deps) -> Self {
        Self { deps }
    }
}

/// Contract os.md 6.5.
fn cordons(stage: MachineStage) -> bool {
    matches!(stage, MachineStage::ShuttingDown | MachineStage::Upgrading | MachineStage::Resetting)
}

#[async_trait::async_trait]
impl Controller for Cordoned {
    fn name(&self) -> &'static str {
        "k8s.NodeCordonedSpecController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<MachineStatusSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<NodeCordonedSpecSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let outputs = ctx.outputs::<NodeCordonedSpecSpec>();
        if cordons(self.deps.stage.get()) {
            outputs.put("cordoned", NodeCordonedSpecSpec {}).await?;
        }
        outputs.finish().await?;
        Ok(Next::Wait)
    }
}
