//! Addresses: from what is wanted to the kernel.

use std::sync::Arc;

use async_trait::async_trait;
use proto::internal::specs::NoticeSpec;
use proto::resource::network::AddressSpecSpec;
use state::{Context, Controller, Input, Next, Output};

use super::announce::Announce;
use super::plan::{AddressPlan, AddressStep, plan};
use crate::apply::{Failures, Wishes};
use crate::kernel::watch::Nouns;
use crate::kernel::{Kernel, Snapshot};
use crate::outcome::{Outcome, Report};
use crate::world::World;
use crate::{id, net};

/// Takes the steps of a plan; an address whose step failed is left alone, the others go on.
pub async fn execute(plan: &AddressPlan, before: &Snapshot, kernel: &dyn Kernel) -> Report {
    let mut report = Report::default();
    for (id, reason) in &plan.waiting {
        report.note(id, Outcome::Waiting(reason.clone()));
    }
    for step in &plan.steps {
        let id = step.id();
        if report.has_failed(&id) {
            continue;
        }
        let existed = before.addresses.iter().any(|a| id::address_status(a) == id);
        let outcome = match (kernel.change_address(step).await, step) {
            (Err(error), _) => Outcome::Failed(error.to_string()),
            (Ok(()), AddressStep::Delete { .. }) => Outcome::Removed,
            (Ok(()), AddressStep::Put(_)) if existed => Outcome::Changed,
            (Ok(()), AddressStep::Put(_)) => Outcome::Created,
        };
        report.note(&id, outcome);
    }
    report
}

/// Brings addresses in line whenever the wishes, the links or the addresses themselves change.
pub struct AddressSpecController {
    world: Arc<World>,
    announce: Arc<dyn Announce>,
    failures: Failures,
    registered: bool,
}

impl AddressSpecController {
    /// What it looks at in the kernel.
    const NOUNS: Nouns = Nouns { links: true, addresses: true, routes: false, rules: false };

    /// A controller over the kernel behind `world`.
    pub fn new(world: Arc<World>, announce: Arc<dyn Announce>) -> Self {
        Self { world, announce, failures: Failures::of("addresses"), registered: false }
    }

    /// Tells the neighbours where addresses that others may remember elsewhere live now.
    fn announce_new(&self, wanted: &[AddressSpecSpec], now: &Snapshot, report: &Report) {
        for spec in wanted.iter().filter(|s| s.announce_with_arp) {
            let created = report.0.get(&id::address_spec(spec)) == Some(&Outcome::Created);
            let link = now.links.get(&spec.link_name);
            if let (true, Some(link), Some(prefix)) = (created, link, net::prefix(&spec.address))
                && let Err(error) = self.announce.announce(link, prefix.addr())
            {
                tracing::warn!(address = %prefix, link = link.name, "announcing: {error}");
            }
        }
    }
}

#[async_trait]
impl Controller for AddressSpecController {
    fn name(&self) -> &'static str {
        "network.AddressSpecController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![Input::strong::<AddressSpecSpec>()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::shared::<NoticeSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        if !std::mem::replace(&mut self.registered, true) {
            self.world.wake_on(Self::NOUNS, ctx.waker());
        }
        let wishes = Wishes::<AddressSpecSpec>::take(ctx).await?;
        let now = self.world.refresh(Self::NOUNS).await?;
        let plan = plan(&wishes.wanted, &wishes.unwanted, &now);
        let report = execute(&plan, &now, self.world.kernel()).await;
        if report.changed_anything() {
            self.announce_new(&wishes.wanted, &now, &report);
            self.world.refresh(Self::NOUNS).await?;
        }
        wishes.release(ctx, &report).await?;
        Ok(self.failures.tell(ctx, &report).await)
    }
}
