//! Tells followers of events where the node is (contract api.md 9.1).

use std::time::{Duration, Instant};

use proto::machine::AddressEvent;
use proto::resource::network::{HostnameStatusSpec, NodeAddressSpec};
use state::{Context, Controller, Input, Next, Output};

use crate::controllers::{Deps, node_addresses};

/// How often it is told though nothing changed (contract api.md 9.1).
const PERIOD: Duration = Duration::from_secs(600);

/// Publishes AddressEvents.
pub struct AddressEvents {
    deps: Deps,
    told: Option<(AddressEvent, Instant)>,
}

impl AddressEvents {
    /// A controller that has told nothing yet.
    pub fn new(deps: Deps) -> Self {
        Self { deps, told: None }
    }
}

#[async_trait::async_trait]
impl Controller for AddressEvents {
    fn name(&self) -> &'static str {
        "runtime.EventsAddressController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::weak::<HostnameStatusSpec>(), Input::weak::<NodeAddressSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let hostname = ctx.get::<HostnameStatusSpec>("hostname").await?.map(|h| h.spec.hostname);
        let addresses = node_addresses(ctx, "current-no-k8s").await?;
        let event = AddressEvent {
            hostname: hostname.unwrap_or_default(),
            addresses: addresses.iter().map(ToString::to_string).collect(),
        };
        if let Some((last, at)) = &self.told
            && *last == event
            && at.elapsed() < PERIOD
        {
            return Ok(Next::After(PERIOD.saturating_sub(at.elapsed())));
        }
        self.deps.events.publish("", &event);
        self.told = Some((event, Instant::now()));
        Ok(Next::After(PERIOD))
    }
}
