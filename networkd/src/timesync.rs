//! Time synchronisation as others wait for it: TimeStatus.
//!
//! In a container the clock is the host's: it counts as synchronised and is left alone (contract os.md 5.5); so
//! does a clock that the configuration leaves alone.

use async_trait::async_trait;
use proto::resource::time::StatusSpec;
use state::{Context, Controller, Input, Next, Output};

use crate::machine::ActiveMachine;

/// Identifier of the only time status.
const NODE: &str = "node";

/// Publishes TimeStatus.
pub struct SyncController {
    machine: ActiveMachine,
    container: bool,
}

impl SyncController {
    /// A controller for a node in a container, or on a machine of its own.
    pub fn new(machine: ActiveMachine, container: bool) -> Self {
        Self { machine, container }
    }
}

#[async_trait]
impl Controller for SyncController {
    fn name(&self) -> &'static str {
        "time.SyncController"
    }

    fn inputs(&self) -> Vec<Input> {
        vec![ActiveMachine::input()]
    }

    fn outputs(&self) -> Vec<Output> {
        vec![Output::exclusive::<StatusSpec>()]
    }

    async fn reconcile(&mut self, ctx: &Context) -> anyhow::Result<Next> {
        let left_alone = self.container || self.machine.get(ctx).await?.is_some_and(|m| !m.time.enabled);
        ctx.modify::<StatusSpec>(NODE, |s| {
            s.synced |= left_alone;
            s.sync_disabled = left_alone;
        })
        .await?;
        Ok(Next::Wait)
    }
}
