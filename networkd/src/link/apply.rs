//! Links: from what is wanted to the kernel.

use std::sync::Arc;

use async_trait::async_trait;
use proto::internal::specs::NoticeSpec;
use proto::resource::network::LinkSpecSpec;
use state::{Context, Controller, Input, Next, Output};

use super::plan::{LinkPlan, LinkStep, plan};
use crate::apply::{Failures, Wishes};
use crate::kernel::watch::Nouns;
use crate::kernel::{Kernel, Snapshot};
use crate::outcome::{Outcome, Report};
use crate::world::World;

/// Takes the steps of a plan; a link whose step failed is left alone, the others go on.
pub async fn execute(plan: &LinkPlan, before: &Snapshot, kernel: &dyn Kernel) -> Report {
    let mut report = Report::default();
    for (id, reason) in &plan.waiting {
        report.note(id, Outcome::Waiting(reason.clone()));
    }
    for (id, reason) in &plan.refused {
        report.note(id, Outcome::Failed(reason.clone()));
    }
    for step in &plan.steps {
        let id = step.name();
        if report.has_failed(id) {
            continue;
        }
        let outcome = match kernel.change_link(step).await {
            Err(error) => Outcome::Failed(error.to_string()),
            Ok(()) => match step {
                LinkStep::Create(_) => Outcome::Created,
                LinkStep::Delete { .. } => Outcome::Removed,
                _ if before.links.contains_key(id) => Outcome::Changed,
                _ => Outcome::Created,
            },
        };
        report.note(id, outcome);
    }
    report
}

/// Brings links in line whenever the wishes or the links themselves change.
pub struct LinkSpecController {
    world: Arc<World>,
    failures: Failures,
    registered: bool,
}

impl LinkSpecController {
    /// A controller over the kernel behind `world`.
    pub fn new(world: Arc<World>) -> Self {
        Self { world, failures: Failures::of("links"), registered: false }
    }
}

#[async_trait]
impl Controller for LinkSpecController {
    fn name(&self) -> &'static str {
        "network.LinkSpecController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::strong::<LinkSpecSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<NoticeSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        if !std::mem::replace(&mut self.registered, true) {
            self.world.wake_on(Nouns::LINKS, ctx.waker());
        }
        let wishes = Wishes::<LinkSpecSpec>::take(ctx).await?;
        let now = self.world.refresh(Nouns::LINKS).await?;
        let plan = plan(&wishes.wanted, &wishes.unwanted, &now);
        let report = execute(&plan, &now, self.world.kernel()).await;
        if report.changed_anything() {
            self.world.refresh(Nouns::LINKS).await?;
        }
        wishes.release(ctx, &report).await?;
        Ok(self.failures.tell(ctx, &report).await)
    }
}
