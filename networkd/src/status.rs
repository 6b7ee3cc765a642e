//! Statuses of the kernel's nouns: a copy of the snapshot into the store, by one controller per noun.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use resources::Spec;
use state::{Context, Controller, Input, Next, Output};

use crate::kernel::Snapshot;
use crate::kernel::watch::Nouns;
use crate::publish::Publisher;
use crate::world::World;

/// How long until a status that somebody still holds is looked at again.
const PENDING: Duration = Duration::from_secs(1);

/// A status that is read from the kernel.
pub trait Observed: Spec {
    /// Name of the controller that publishes it.
    const CONTROLLER: &'static str;
    /// What of the kernel it depends on.
    const NOUNS: Nouns;
    /// All statuses by id.
    fn observed(now: &Snapshot) -> BTreeMap<String, Self>;
}

/// Publishes one noun.
pub struct StatusController<S> {
    world: Arc<World>,
    publisher: Publisher<S>,
    registered: bool,
}

impl<S: Observed> StatusController<S> {
    /// A controller over the kernel behind `world`.
    pub fn new(world: Arc<World>) -> Self {
        Self { world, publisher: Publisher::default(), registered: false }
    }
}

#[async_trait]
impl<S: Observed> Controller for StatusController<S> {
    fn name(&self) -> &'static str {
        S::CONTROLLER
    }

    fn inputs(&self) -> Vec<Input> {
        Vec::new()
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<S>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        if !std::mem::replace(&mut self.registered, true) {
            self.world.wake_on(S::NOUNS, ctx.waker());
            self.world.refresh(S::NOUNS).await?;
        }
        let done = self.publisher.publish(ctx, S::observed(&self.world.now())).await?;
        Ok(if done { Next::Wait } else { Next::After(PENDING) })
    }
}
