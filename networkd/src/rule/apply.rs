//! Routing rules: from what is wanted to the kernel.

use std::sync::Arc;

use async_trait::async_trait;
use proto::internal::specs::NoticeSpec;
use proto::resource::network::RoutingRuleSpecSpec;
use state::{Context, Controller, Input, Next, Output};

use super::plan::{RuleStep, plan};
use crate::apply::{Failures, Wishes};
use crate::kernel::Kernel;
use crate::kernel::watch::Nouns;
use crate::outcome::{Outcome, Report};
use crate::world::World;

/// Takes the steps of a plan; the rules after a failed one go on.
pub async fn execute(steps: &[RuleStep], kernel: &dyn Kernel) -> Report {
    let mut report = Report::default();
    for step in steps {
        let outcome = match (kernel.change_rule(step).await, step) {
            (Err(error), _) => Outcome::Failed(error.to_string()),
            (Ok(()), RuleStep::Delete(_)) => Outcome::Removed,
            (Ok(()), RuleStep::Add(_)) => Outcome::Created,
        };
        report.note(&step.id(), outcome);
    }
    report
}

/// Brings routing rules in line whenever the wishes or the rules themselves change.
pub struct RoutingRuleSpecController {
    world: Arc<World>,
    failures: Failures,
    registered: bool,
}

impl RoutingRuleSpecController {
    /// What it looks at in the kernel.
    const NOUNS: Nouns = Nouns { links: false, addresses: false, routes: false, rules: true };

    /// A controller over the kernel behind `world`.
    pub fn new(world: Arc<World>) -> Self {
        Self { world, failures: Failures::of("routing rules"), registered: false }
    }
}

#[async_trait]
impl Controller for RoutingRuleSpecController {
    fn name(&self) -> &'static str {
        "network.RoutingRuleSpecController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::strong::<RoutingRuleSpecSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<NoticeSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        if !std::mem::replace(&mut self.registered, true) {
            self.world.wake_on(Self::NOUNS, ctx.waker());
        }
        let wishes = Wishes::<RoutingRuleSpecSpec>::take(ctx).await?;
        let now = self.world.refresh(Self::NOUNS).await?;
        let steps = plan(&wishes.wanted, &wishes.unwanted, &now);
        let report = execute(&steps, self.world.kernel()).await;
        if report.changed_anything() {
            self.world.refresh(Self::NOUNS).await?;
        }
        wishes.release(ctx, &report).await?;
        Ok(self.failures.tell(ctx, &report).await)
    }
}
