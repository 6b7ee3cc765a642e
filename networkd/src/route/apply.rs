//! Routes: from what is wanted to the kernel.

use std::sync::Arc;

use async_trait::async_trait;
use proto::internal::specs::NoticeSpec;
use proto::resource::network::RouteSpecSpec;
use state::{Context, Controller, Input, Next, Output};

use super::plan::{RoutePlan, RouteStep, plan};
use crate::apply::{Failures, Wishes};
use crate::id;
use crate::kernel::watch::Nouns;
use crate::kernel::{Kernel, Snapshot};
use crate::outcome::{Outcome, Report};
use crate::world::World;

/// Takes the steps of a plan; the routes after a failed one go on.
pub async fn execute(plan: &RoutePlan, before: &Snapshot, kernel: &dyn Kernel) -> Report {
    let mut report = Report::default();
    for (id, reason) in &plan.waiting {
        report.note(id, Outcome::Waiting(reason.clone()));
    }
    for step in &plan.steps {
        let id = step.id();
        let existed = before.routes.iter().any(|r| id::route_status(r) == id);
        let outcome = match (kernel.change_route(step).await, step) {
            (Err(error), _) => Outcome::Failed(error.to_string()),
            (Ok(()), RouteStep::Delete(_)) => Outcome::Removed,
            (Ok(()), RouteStep::Put(_)) if existed => Outcome::Changed,
            (Ok(()), RouteStep::Put(_)) => Outcome::Created,
        };
        report.note(&id, outcome);
    }
    report
}

/// Brings routes in line whenever the wishes, or links, addresses and routes themselves change.
pub struct RouteSpecController {
    world: Arc<World>,
    failures: Failures,
    registered: bool,
}

impl RouteSpecController {
    /// What it looks at in the kernel.
    const NOUNS: Nouns = Nouns { links: true, addresses: false, routes: true, rules: false };

    /// A controller over the kernel behind `world`.
    pub fn new(world: Arc<World>) -> Self {
        Self { world, failures: Failures::of("routes"), registered: false }
    }
}

#[async_trait]
impl Controller for RouteSpecController {
    fn name(&self) -> &'static str {
        "network.RouteSpecController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::strong::<RouteSpecSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<NoticeSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        if !std::mem::replace(&mut self.registered, true) {
            // A route whose gateway was out of reach may be possible once there is another address.
            self.world.wake_on(Nouns { addresses: true, ..Self::NOUNS }, ctx.waker());
        }
        let wishes = Wishes::<RouteSpecSpec>::take(ctx).await?;
        let now = self.world.refresh(Self::NOUNS).await?;
        let plan = plan(&wishes.wanted, &wishes.unwanted, &now);
        let report = execute(&plan, &now, self.world.kernel()).await;
        if report.changed_anything() {
            self.world.refresh(Self::NOUNS).await?;
        }
        wishes.release(ctx, &report).await?;
        Ok(self.failures.tell(ctx, &report).await)
    }
}
