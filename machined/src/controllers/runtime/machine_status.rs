//! Stage and readiness of the machine, as a resource and as events (contract api.md 9.1, 9.2).

use proto::machine::machine_status_event::{self as event, MachineStage};
use proto::machine::{MachineStatusEvent, MachineStatusEvent as Event};
use proto::resource::config::MachineTypeSpec;
use proto::resource::enums::MachineType;
use proto::resource::k8s::{NodeStatusSpec, NodenameSpec, StaticPodSpec, StaticPodStatusSpec};
use proto::resource::network::StatusSpec as NetworkStatusSpec;
use proto::resource::runtime::{MachineStatusSpec, MachineStatusStatus};
use proto::resource::time::StatusSpec as TimeStatusSpec;
use proto::resource::v1alpha1::ServiceSpec;
use state::{Context, Controller, Input, Next, Output};

use super::unmet::{Node, Service, Situation, unmet};
use crate::controllers::{Deps, config_input};
use crate::kubernetes::json::from_struct;

/// Publishes MachineStatuses/machine.
pub struct MachineStatus {
    deps: Deps,
    following: bool,
    told: Option<MachineStatusSpec>,
}

impl MachineStatus {
    /// A controller that has told nothing yet.
    pub fn new(deps: Deps) -> Self {
        Self { deps, following: false, told: None }
    }

    /// Asks for a reconciliation whenever the stage changes.
    fn follow(&mut self, ctx: &Context) {
        if std::mem::replace(&mut self.following, true) {
            return;
        }
        let (mut stage, wake) = (self.deps.stage.follow(), ctx.waker());
        tokio::spawn(async move {
            while stage.changed().await.is_ok() {
                wake.notify_one();
            }
        });
    }

    async fn situation(&self, ctx: &Context) -> anyhow::Result<Situation> {
        let services = ctx.list::<ServiceSpec>().await?;
        let running = services
            .iter()
            .filter(|s| s.spec.running)
            .map(|s| (s.id().to_owned(), Service { healthy: s.spec.healthy || s.spec.unknown }));
        let mut situation = Situation {
            time_synced: ctx.get::<TimeStatusSpec>("node").await?.is_some_and(|t| t.spec.synced),
            network: ctx.get::<NetworkStatusSpec>("status").await?.map(|n| n.spec),
            running: running.collect(),
            required: vec!["apid", "machined"],
            not_up: self.deps.services.not_up(),
            ..Situation::default()
        };
        if self.deps.config().await?.is_none() {
            return Ok(situation);
        }
        situation.required.push("kubelet");
        if let Some(machine) = ctx.get::<MachineTypeSpec>("machine-type").await?
            && let Ok(MachineType::TypeInit | MachineType::TypeControlPlane) =
                MachineType::try_from(machine.spec.machine_type)
        {
            situation.required.extend(["etcd", "trustd"]);
        }
        if let Some(name) = ctx.get::<NodenameSpec>("nodename").await?.map(|n| n.spec) {
            situation.static_pods = static_pods(ctx, &name.nodename).await?;
            if !name.skip_node_registration {
                let status = ctx.get::<NodeStatusSpec>(&name.nodename).await?;
                let ready = status.map(|s| s.spec.node_ready);
                situation.node = Some(Node { name: name.nodename, ready });
            }
        }
        Ok(situation)
    }
}

/// The wanted static pods with what the kubelet says of each.
async fn static_pods(ctx: &Context, nodename: &str) -> anyhow::Result<Vec<(String, Option<bool>)>> {
    let mut pods = Vec::new();
    for wanted in ctx.list::<StaticPodSpec>().await? {
        let pod = wanted.spec.pod.as_ref().map(from_struct).unwrap_or_default();
        let text = |key: &str| pod.pointer(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
        let namespace = Some(text("/metadata/namespace")).filter(|n| !n.is_empty());
        let id =
            format!("{}/{}-{nodename}", namespace.as_deref().unwrap_or("default"), text("/metadata/name"));
        let status = ctx.get::<StaticPodStatusSpec>(&id).await?;
        let ready = status.map(|s| s.spec.pod_status.as_ref().map(from_struct).is_some_and(|s| is_ready(&s)));
        pods.push((id, ready));
    }
    Ok(pods)
}

/// Whether a pod's status says it is ready.
fn is_ready(status: &serde_json::Value) -> bool {
    let conditions = status.get("conditions").and_then(|c| c.as_array());
    conditions.into_iter().flatten().any(|c| {
        c.get("type").and_then(|t| t.as_str()) == Some("Ready")
            && c.get("status").and_then(|s| s.as_str()) == Some("True")
    })
}

#[async_trait::async_trait]
impl Controller for MachineStatus {
    fn name(&self) -> &'static str {
        "runtime.MachineStatusController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![
            config_input(),
            Input::weak::<TimeStatusSpec>(),
            Input::weak::<NetworkStatusSpec>(),
            Input::weak::<ServiceSpec>(),
            Input::weak::<MachineTypeSpec>(),
            Input::weak::<NodenameSpec>(),
            Input::weak::<NodeStatusSpec>(),
            Input::weak::<StaticPodSpec>(),
            Input::weak::<StaticPodStatusSpec>(),
        ]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<MachineStatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        self.follow(ctx);
        let stage = self.deps.stage.get();
        let status = match stage {
            MachineStage::Booting | MachineStage::Running => {
                let unmet_conditions = unmet(&self.situation(ctx).await?);
                MachineStatusStatus { ready: unmet_conditions.is_empty(), unmet_conditions }
            }
            _ => MachineStatusStatus { ready: true, unmet_conditions: vec![] },
        };
        let spec = MachineStatusSpec { stage: stage as i32, status: Some(status) };
        ctx.put("machine", spec.clone()).await?;
        if self.told.as_ref() != Some(&spec) {
            self.deps.events.publish("", &told(&spec));
            self.told = Some(spec);
        }
        Ok(Next::Wait)
    }
}

fn told(spec: &MachineStatusSpec) -> Event {
    let status = spec.status.clone().unwrap_or_default();
    let unmet = |c: proto::resource::runtime::UnmetCondition| event::machine_status::UnmetCondition {
        name: c.name,
        reason: c.reason,
    };
    MachineStatusEvent {
        stage: spec.stage,
        status: Some(event::MachineStatus {
            ready: status.ready,
            unmet_conditions: status.unmet_conditions.into_iter().map(unmet).collect(),
        }),
    }
}
