//! KubePrism: its configuration from the machine configuration and the cluster's members.

use std::collections::BTreeMap;

use async_trait::async_trait;
use proto::resource::cluster::MemberSpec;
use proto::resource::k8s::{KubePrismConfigSpec, KubePrismEndpointsSpec};
use resources::Phase;
use state::{Context, Controller, Input, Next, Output};

use super::controller::{CONFIG, ENDPOINTS};
use super::endpoints::{Facts, endpoints};
use crate::machine::ActiveMachine;
use crate::publish::Publisher;

/// Where clients on the node reach it.
const HOST: &str = "127.0.0.1";

/// Publishes where API servers may be.
#[derive(Default)]
pub struct KubePrismEndpointsController {
    machine: ActiveMachine,
    publisher: Publisher<KubePrismEndpointsSpec>,
}

impl KubePrismEndpointsController {
    /// A controller that shares the machine configuration with others.
    pub fn new(machine: ActiveMachine) -> Self {
        Self { machine, ..Self::default() }
    }
}

#[async_trait]
impl Controller for KubePrismEndpointsController {
    fn name(&self) -> &'static str {
        "k8s.KubePrismEndpointsController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![ActiveMachine::input(), Input::weak::<MemberSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<KubePrismEndpointsSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let machine = self.machine.get(ctx).await?;
        let mut wanted = BTreeMap::new();
        if let Some(machine) = machine.filter(|m| m.kube_prism.is_some()) {
            let members = ctx.list::<MemberSpec>().await?;
            let running = members.into_iter().filter(|m| m.metadata.phase == Phase::Running);
            let facts = Facts {
                cluster: machine.endpoint.clone(),
                local_port: machine.local_api_port,
                members: running.map(|m| (m.metadata.id, m.spec)).collect(),
            };
            wanted.insert(ENDPOINTS.to_owned(), KubePrismEndpointsSpec { endpoints: endpoints(&facts) });
        }
        self.publisher.publish(ctx, wanted).await?;
        Ok(Next::Wait)
    }
}

/// Publishes how the balancer runs.
#[derive(Default)]
pub struct KubePrismConfigController {
    machine: ActiveMachine,
    publisher: Publisher<KubePrismConfigSpec>,
}

impl KubePrismConfigController {
    /// A controller that shares the machine configuration with others.
    pub fn new(machine: ActiveMachine) -> Self {
        Self { machine, ..Self::default() }
    }
}

#[async_trait]
impl Controller for KubePrismConfigController {
    fn name(&self) -> &'static str {
        "k8s.KubePrismConfigController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![ActiveMachine::input(), Input::weak::<KubePrismEndpointsSpec>().id(ENDPOINTS)]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<KubePrismConfigSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let machine = self.machine.get(ctx).await?;
        let endpoints = ctx.get::<KubePrismEndpointsSpec>(ENDPOINTS).await?;
        let prism = machine.as_ref().and_then(|m| m.kube_prism.as_ref());
        let mut wanted = BTreeMap::new();
        if let (Some(prism), Some(endpoints)) = (prism, endpoints) {
            let spec = KubePrismConfigSpec {
                host: HOST.to_owned(),
                port: i64::from(prism.port),
                endpoints: endpoints.spec.endpoints,
            };
            wanted.insert(CONFIG.to_owned(), spec);
        }
        self.publisher.publish(ctx, wanted).await?;
        Ok(Next::Wait)
    }
}
